"""A small repository that a run has learnt from, as its files lie on disk: real stages, a small real model."""

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_model import build_model
from story import DAY, START, Story, lines

from faultcast import dataset, models
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.adapters.runs import Run
from faultcast.steps.describe import describe
from faultcast.steps.forecasts import forecasts
from faultcast.steps.label import label
from faultcast.steps.materialize import materialize
from faultcast.steps.mine import mine

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
OVERRIDE = "invoice \u202egnp.exe\u202c & \x1b[31mred"
HOSTILE_PATH = 'src/"><script>document.title=1</script>\u202ecod.py'
LONG = "a long story\n\n" + "x" * 1_000_000
WEEKS = 60


@dataclass(frozen=True)
class Finished:
    """A state folder with one finished run, and the commits of its story in order."""

    home: Path
    repository: Path
    commits: list[str]
    model: Path


def tell(story: Story) -> list[str]:
    """A year of small changes; each fourth is mended a week later."""
    found = [story.commit("Begin", by="ana", day=0, files={"src/cart.py": lines("def price(item):", "    return 0")})]
    for week in range(1, WEEKS):
        day = 7 * week
        name = f"src/part{week % 6}.py"
        text = lines("def part(x):", *(f"    x += {n * week}" for n in range(1 + week % 9)), "    return x")
        found.append(
            story.commit(
                f"Extend part {week % 6} for week-{week}", by=("ana", "ben")[week % 2], day=day, files={name: text}
            )
        )
        if week % 4 == 0:
            mended = text.replace(f"x += {week}", f"x -= {week}") if week % 9 > 0 else text + "\n"
            found.append(story.commit(f"Fix crash in part {week % 6}", by="cyd", day=day + 3, files={name: mended}))
    end = 7 * WEEKS
    found.append(story.commit(HOSTILE, by="eve", day=end, files={HOSTILE_PATH: lines("def f(a):", "    return a")}))
    found.append(
        story.commit(
            OVERRIDE,
            by="eve",
            day=end + 1,
            files={"src/cart.py": lines("def price(item):", "    if item:", "        return 1", "    return 0")},
        )
    )
    found.append(
        story.commit(
            LONG,
            by="ana",
            day=end + 2,
            files={"src/new.py": lines(*(f"def f{n}(a):\n    return a + {n}" for n in range(30)))},
        )
    )
    return found


def finish(home: Path, story: Story, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """Mine, label, describe, score; then the run file, as `faultcast run` leaves it."""
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    commits = tell(story)
    folder = home / "artifacts"
    for name in ("mine", "label", "describe", "score", "validate"):
        (folder / name).mkdir(parents=True)
    location, at = str(story.path.resolve()), START + (7 * WEEKS + 2) * DAY
    place = {
        name: folder / name
        for name in (
            "mine/history", "label/labels", "label/links", "label/fixes", "describe/features", "describe/past",
            "score/predictions", "validate/evaluation", "validate/verdict", "validate/chosen",
        )
    }  # fmt: skip
    mine(location, commits[-1], str(place["mine/history"]))
    tables = (str(place[f"label/{name}"]) for name in ("labels", "links", "fixes"))
    label(location, str(place["mine/history"]), *tables, at, 14.0)
    describe(location, str(place["mine/history"]), str(place["describe/features"]), str(place["describe/past"]))
    build_model(place["validate/chosen"])
    model = models.load(place["validate/chosen"])
    frame = pq.read_table(place["describe/features"]).to_pandas(types_mapper=dataset.nullable_types)
    predictions = {
        "model": {"name": "story", "version": "3", "basis": "model"},
        "changes": forecasts(model, frame.tail(30)),
    }
    place["score/predictions"].write_text(json.dumps(predictions))
    entry = {
        "n": 40,
        "positives": 9,
        "auc": 0.81,
        "auc_interval": [0.7, 0.9],
        "average_precision": 0.5,
        "brier": 0.1,
        "ece": 0.02,
        "recall_at": {"20": 0.5},
    }
    lines_added = {
        **entry,
        "auc": 0.6,
        "auc_interval": [0.5, 0.7],
        "brier": None,
        "ece": None,
        "recall_at": {"20": 0.3},
    }
    place["validate/evaluation"].write_text(
        json.dumps({"chosen": "simple", "models": {"simple": entry}, "baselines": {"lines_added": lines_added}})
    )
    place["validate/verdict"].write_text(json.dumps({"outcome": "PASS", "reasons": []}))
    places = Places(home.resolve(), location)
    runs.save(
        Run(location, places.repo_id, commits[-1], at, "", artifacts={name: str(path) for name, path in place.items()}),
        places,
    )
    return Finished(home, story.path, commits, place["validate/chosen"])


def served(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server needs beside the run's files: the store and a champion in the registry."""
    monkeypatch.setenv("FAULTCAST_HOME", str(finished.home))
    location = str(finished.repository.resolve())
    artifacts = finished.home / "artifacts"
    materialize(location, *(str(artifacts / name) for name in ("describe/features", "label/labels", "store.json")))
    places = Places(finished.home.resolve(), location)
    Registry(finished.home).register(
        places.model_name, finished.model, {"auc": 0.8}, "champion", why="first", by="ana", verdict="PASS"
    )
