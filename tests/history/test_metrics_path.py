"""`faultcast metrics`: the 14 change metrics without patches are those of the rows that a run describes."""

import csv
import io
import json
import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from random_history import RandomHistory
from story import FILE, KEY, LINK, PROGRAM, SUBMODULE, Story, history, lines

from faultcast.cli import main
from faultcast.features import Past, describe
from faultcast.features.catalogue import KAMEI_14
from faultcast.history import Pseudonyms, numstat as numstat_module, open_repository
from faultcast.steps.metrics import metrics


def fast(story: Story, workers: int = 1) -> list[tuple[object, ...]]:
    with open_repository(story.path) as repository:
        _, parts = metrics(repository, repository.tip(), Pseudonyms(KEY), workers)
        return [row for _, rows, skipped in parts for row in rows if skipped == ()]


def described(story: Story) -> list[tuple[object, ...]]:
    """The same columns of what a run describes from patches."""
    past, found = Past(), []
    for commit in history(story.path):
        if not commit.is_merge:
            values = describe(commit, past).values
            found.append((commit.id, commit.committed_at, commit.author, *(values[name] for name in KAMEI_14)))
        past.observe(commit)
    return found


def odd(told: RandomHistory, draw: random.Random, on: str) -> None:
    """A change of the kinds that have no lines, or change what has."""
    story, tree = told.story, told.story.trees[told.story.tips[on]]
    told.day += 1
    name = draw.choice(("odd/a", "odd/b"))
    link = (LINK, story.blob(draw.choice(("there", "elsewhere"))))
    match draw.choice(("text", "text", "binary", "link", "submodule", "mode", "empty", "delete")):
        case "text":
            content = lines(*(told.line() for _ in range(draw.randint(1, 9))))
            story.commit(
                files={name: content[: -draw.randint(0, 1)] if draw.random() < 0.3 else content}, day=told.day, on=on
            )
        case "binary":
            story.commit(files={name: b"\0" + draw.randbytes(9)}, day=told.day, on=on)
        case "link":
            story.commit(entries={name: link}, day=told.day, on=on)
        case "submodule":
            story.commit(entries={name: (SUBMODULE, draw.randbytes(20).hex())}, day=told.day, on=on)
        case "mode" if tree.get(name.encode(), ("", ""))[0] == FILE:
            story.commit(entries={name: (PROGRAM, tree[name.encode()][1])}, day=told.day, on=on)
        case "empty":
            story.commit(files={name: ""}, day=told.day, on=on)
        case "delete" if name.encode() in tree:
            story.commit(files={name: None}, day=told.day, on=on)


def join_odd(told: RandomHistory, draw: random.Random, branch: str) -> None:
    """A merge whose files at odd/ are the other side's, or like neither side's."""
    told.join(branch)
    story = told.story
    theirs = story.trees[story.tips[branch]]
    for name in (b"odd/a", b"odd/b"):
        if name in theirs and draw.random() < 0.7:
            own = {name: draw.choice((lines(told.line(), told.line()), b"\0own", lines(told.line())[:-1]))}
            told.fork("side", branch)
            odd(told, draw, "side")
            parents = [story.tips["main"], story.tips["side"]]
            told.day += 1
            story.commit("Merge with content of its own", files=own, day=told.day, parents=parents)


@pytest.mark.parametrize("seed", range(8))
def test_random_histories_have_the_metrics_of_a_run(story: Story, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numstat_module, "_COMMITS_AT_ONCE", 9)  # so that ranges meet
    draw = random.Random(seed)
    told = RandomHistory(story, seed)
    told.grow(3)
    for number in range(6):
        odd(told, draw, "main")
        told.fork(f"topic{number}")
        for _ in range(2):
            odd(told, draw, f"topic{number}")
            told.change(f"topic{number}")
            odd(told, draw, "main")
            told.change()
        join_odd(told, draw, f"topic{number}")
        told.grow(1)
    expected = described(story)
    assert len(expected) > 30
    assert fast(story) == expected
    assert fast(story, workers=2) == expected


def test_both_files_hold_every_change(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    RandomHistory(story, 1).grow(8)
    assert main(["metrics", str(story.path)]) == 0
    out, err = capsys.readouterr()
    assert "8 changes of 8 commits" in err
    assert main(["metrics", str(story.path), "--quiet", "--output", str(tmp_path / "m.csv")]) == 0
    assert (tmp_path / "m.csv").read_text() == out
    assert main(["metrics", str(story.path), "--json", "--output", str(tmp_path / "m.parquet")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["changes"], told["skipped"]) == (8, [])

    table = pq.read_table(tmp_path / "m.parquet").to_pylist()
    for row, text in zip(table, csv.DictReader(io.StringIO(out)), strict=True):
        assert text["committed_at"] == row["committed_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert text == {
            name: text[name] if name == "committed_at" else "" if value is None else str(value)
            for name, value in row.items()
        }


@pytest.mark.parametrize("output", ["m.txt", "none/m.csv"])
def test_an_output_that_cannot_be_is_refused(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    story.commit(files={"a.py": "a\n"})
    assert main(["metrics", str(story.path), "--output", str(tmp_path / output)]) == 2
    assert "--output" in capsys.readouterr().err
    assert not list(tmp_path.glob("*m.*"))
