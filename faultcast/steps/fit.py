"""``faultcast train``: kinds of models from one data set, each judged on its validation split; nothing is registered.

Below the output folder::

    simple/  hybrid/  incremental/    the artifacts
    simple.json …                     how each was trained: the same again is not trained again
    incremental-before/               while incremental goes on from the model that stood here
    tuning/                           the searches for hyper-parameters, which go on where they were killed
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultcast import dataset as data, models
from faultcast.errors import InsufficientSamples
from faultcast.progress import Event
from faultcast.settings import Settings
from faultcast.steps.train import learn
from faultcast.training.order import Launcher
from faultcast.training.rows import read_training_data
from faultcast.validation import choose, choose_thresholds, evaluate

OnEvent = Callable[[Event], None]
_FIGURES = ("auc", "average_precision", "brier", "ece")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to train, from which data set, and where to; `trials` above 0 searches for hyper-parameters first."""

    kinds: tuple[str, ...]
    table: Path
    output: Path
    seed: int
    launcher: Launcher | str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 0


def fit(asked: Asked, now: Settings, on_event: OnEvent) -> dict[str, Any]:
    """Train each kind and judge them on the same validation rows, beside lines added alone.

    Returns:
        ``{"dataset", "rows", "models": {kind: {"artifact", "options", "reused", figures…}}, "lines_added": {…},
        "chosen"}``; `chosen` is what `faultcast run` would put to the test, where there are several kinds.

    Raises:
        InsufficientSamples: the data set says that it is too small.
        NotFound, ContractMismatch: from reading it.
        StageFailed: a process or node of a training ended with an error.
    """
    table, info = data.read(asked.table)
    if info.insufficient:
        raise InsufficientSamples(*(info.insufficient[name] for name in ("what", "found", "needed")))
    asked.output.mkdir(parents=True, exist_ok=True)
    found = {kind: _one(kind, asked, info.data_fingerprint, now, on_event) for kind in asked.kinds}
    validation = table[table["split"] == "validation"]
    judged = _judge({kind: Path(one["artifact"]) for kind, one in found.items()}, table, validation, asked.seed)
    baseline = judged["baselines"]["lines_added"]
    return {
        "dataset": str(asked.table),
        "data_fingerprint": info.data_fingerprint,
        "rows": {split: int((table["split"] == split).sum()) for split in ("train", "validation")},
        "seed": asked.seed,
        "models": {kind: one | _figures(judged["models"][kind]) for kind, one in found.items()},
        "lines_added": {name: baseline[name] for name in ("auc", "average_precision")},
        "chosen": choose(judged) if len(found) > 1 else asked.kinds[0],
    }


def _one(kind: str, asked: Asked, data_fingerprint: str, now: Settings, on_event: OnEvent) -> dict[str, Any]:
    """Train one kind, unless the same training ended here before."""
    options = dict(asked.options)
    if asked.trials:
        options |= _tuned(kind, asked, now, on_event)
    told = {
        "kind": kind, "seed": asked.seed, "options": options, "data_fingerprint": data_fingerprint,
        "code_version": metadata.version("faultcast"),
    }  # fmt: skip
    folder, note = asked.output / kind, asked.output / f"{kind}.json"
    if _is_same(note, told) and (folder / "manifest.json").is_file():
        on_event({"event": "task", "stage": f"train {kind}", "state": "cached"})
        return {"artifact": str(folder), "options": options, "reused": True}
    before = _set_aside(kind, folder, asked)
    with _stage(f"train {kind}", on_event) as tell:

        def report(event: dict[str, object]) -> None:
            if event.get("event") == "epoch":
                tell({"event": "advance", "done": event["epoch"], "total": event["of"], "unit": "epochs"})
            if event.get("event") == "fit" and "anew" in event:
                tell({"event": "found", "text": _went_on(event)})

        goes_on = options | ({"continue_from": str(before)} if before else {})
        learn(kind, asked.table, folder, asked.seed, now, launcher=asked.launcher, options=goes_on, report=report)
    note.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if before:
        shutil.rmtree(before)
    return {"artifact": str(folder), "options": options, "reused": False}


def _set_aside(kind: str, folder: Path, asked: Asked) -> Path | None:
    """Clear the folder of what another training left; what `incremental` can go on from moves beside it.

    A training that was interrupted left no manifest: it goes on from its checkpoints, or from what was set aside.
    """
    before = folder.with_name(f"{folder.name}-before")
    goes_on = kind == "incremental" and isinstance(asked.launcher, str) and "continue_from" not in asked.options
    if (folder / "manifest.json").is_file():
        shutil.rmtree(before, ignore_errors=True)
        if goes_on:
            folder.rename(before)
        else:
            shutil.rmtree(folder)
    return before if goes_on and before.is_dir() else None


def _went_on(event: Mapping[str, object]) -> str:
    if event["anew"]:
        return f"learnt {event['new']} changes anew: {event['anew']}"
    return f"went on: {event['new']} new changes, {event['changed']} changed labels"


def _tuned(kind: str, asked: Asked, now: Settings, on_event: OnEvent) -> dict[str, Any]:
    """The best hyper-parameters of a kind; every trial is a run in MLflow."""
    from faultcast.adapters.trials import keeper  # noqa: PLC0415 - only a search is worth Optuna's import
    from faultcast.training.tune import search  # noqa: PLC0415

    with _stage(f"tune {kind}", on_event) as tell:

        def report(event: dict[str, object]) -> None:
            if event.get("event") == "trial":
                tell({"event": "advance", "done": event["trial"], "total": event["of"], "unit": "trials"})
            if event.get("event") == "tuned":
                tell({"event": "found", "text": f"average precision {event['average_precision']:.3f} over windows "
                      f"in time, {event['untuned']:.3f} before"})  # fmt: skip

        storage = now.tuning_storage or str(asked.output / "tuning")
        return search(
            kind, read_training_data(asked.table), storage, trials=asked.trials,
            seed=asked.seed, report=report, on_trial=keeper(now.home, now.mlflow_tracking_uri),
        )  # fmt: skip


@contextmanager
def _stage(name: str, on_event: OnEvent) -> Iterator[OnEvent]:
    """Tell of a piece of work under its name; a view shows it like a pipeline's stage."""
    started = time.monotonic()

    def tell(event: Event) -> None:
        on_event({"stage": name, **event})

    tell({"event": "start"})
    state = "error"
    try:
        yield tell
        state = "end"
    finally:
        tell({"event": state, "seconds": round(time.monotonic() - started, 3)})


def _is_same(note: Path, told: Mapping[str, Any]) -> bool:
    try:
        return bool(json.loads(note.read_text(encoding="utf-8")) == told)
    except (FileNotFoundError, ValueError):
        return False


def _judge(folders: Mapping[str, Path], table: pd.DataFrame, rows: pd.DataFrame, seed: int) -> dict[str, Any]:
    risks = {kind: models.load(folder).risk(rows) for kind, folder in folders.items()}
    labels, lines = rows["label"].to_numpy(np.int64), rows["lines_added"].to_numpy(np.float64)
    return evaluate(
        labels, risks, lines, rows["lines_before"].to_numpy(np.float64, na_value=0.0),
        thresholds=choose_thresholds(labels, risks, lines),
        known_rate=float(table.loc[table["split"] == "train", "label"].mean()),
        seed=seed,
    )  # fmt: skip


def _figures(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in (*_FIGURES, "auc_interval", "auc_over")}
