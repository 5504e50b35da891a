"""The parts of an examination: learning again, and looking at risks by time, kind of change and effort."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faultcast.dataset import DatasetInfo
from faultcast.dataset.table import unix_seconds
from faultcast.models import Model
from faultcast.models.model import texts_of
from faultcast.models.normaliser import values_of
from faultcast.steps.rivals import labels_of
from faultcast.steps.told import Advance
from faultcast.training.prequential import Told
from faultcast.training.refits import Past, learn
from faultcast.training.rows import TrainingData
from faultcast.validation import cross, drift, metrics, slices, slicing, stability
from faultcast.validation.cross import Rows, Score

SPLITS = ("train", "validation", "test")
REFITTED = "simple"
"""The kind that is learnt again: the others take longer than a command may."""


def past_of(table: pd.DataFrame, info: DatasetInfo, labels: Path) -> Past:
    """The changes of all three splits with every label that they ever had; `labels` is the table of the stage."""
    rows = _ripe(table)
    place = {commit: row for row, commit in enumerate(rows["commit"])}
    known = pq.read_table(labels, columns=["commit", "created", "label", "confidence"]).to_pandas()
    known = known[known["commit"].isin(place)].sort_values("created", kind="stable")
    told = Told(
        known["commit"].map(place).to_numpy(np.int64),
        unix_seconds(known["created"]),
        known["label"].to_numpy(np.float64),
        known["confidence"].to_numpy(np.float64, na_value=1.0),
    )
    return Past(values_of(rows), texts_of(rows), unix_seconds(rows["event_timestamp"]), told, info)


def cross_validated(past: Past, table: pd.DataFrame, like: Model, *, folds: int, advance: Advance) -> dict[str, Any]:
    """Folds in time order, each learnt from what was known then; and what the risks of all judged rows come to.

    `table` is the data set that `past` was made of, `like` the run's own model. Returns what `cross_validate` does,
    and: "kind"; "slices" and "time" of the judged rows of all folds together, each with the risk that its fold gave it.
    """
    rows = _ripe(table)
    label_N, _ = past.told.at(past.info.as_of, len(rows))
    labels_N = np.nan_to_num(label_N).astype(np.int64)
    risk_N = np.full(len(rows), np.nan)
    thresholds: list[float] = []

    def fit(learnt: Rows) -> Score:
        training = past.learnable(learnt)
        model = learn(REFITTED, training, like.manifest.seed, _options(like))
        own = training.validation
        threshold = metrics.best_threshold(own.labels_N.astype(np.int64), _risk(model, own.values_NC))
        thresholds.extend([] if threshold is None else [threshold])
        advance()

        def score(judged: Rows) -> NDArray[np.float64]:
            risk_N[judged] = _risk(model, past.values_NC[judged])
            return risk_N[judged]

        return score

    found = cross.cross_validate(
        past.committed_at_N, labels_N, _lines(rows), fit, ripening_days=past.info.ripening_days, folds=folds
    )
    judged = ~np.isnan(risk_N)
    found |= {"kind": REFITTED, "time": None, "slices": None}
    if judged.any():
        found["time"] = stability.over_time(past.committed_at_N[judged], labels_N[judged], risk_N[judged])
    if judged.any() and thresholds:
        cuts = slicing.dimensions(rows[judged])
        found["slices"] = slices.by_slice(labels_N[judged], risk_N[judged], float(np.median(thresholds)), cuts)
    return found


def over_seeds(
    model: Model, training: TrainingData, table: pd.DataFrame, seeds: int, advance: Advance
) -> dict[str, Any]:
    """The run's own model beside those of the next seeds, on the test rows."""
    rows = table[table["split"] == "test"]
    asked = [model]
    advance()
    if model.manifest.kind == REFITTED:
        for further in range(1, seeds):
            asked.append(learn(REFITTED, training, model.manifest.seed + further, _options(model)))
            advance()
    found = stability.over_seeds(labels_of(rows), [one.risk(rows) for one in asked], [one.bands for one in asked])
    return found | {"kind": model.manifest.kind}


def over_time(asked: Mapping[str, Model], table: pd.DataFrame) -> dict[str, Any]:
    """Each model in consecutive slices of the test rows."""
    rows = table[table["split"] == "test"]
    at_N = unix_seconds(rows["event_timestamp"])
    return {name: stability.over_time(at_N, labels_of(rows), one.risk(rows)) for name, one in asked.items()}


def sliced(model: Model, threshold: float | None, table: pd.DataFrame) -> dict[str, Any] | None:
    """The model by kind of change, on the test rows; None without a threshold."""
    rows = table[table["split"] == "test"]
    if threshold is None:
        return None
    return slices.by_slice(labels_of(rows), model.risk(rows), threshold, slicing.dimensions(rows))


def drifted(model: Model, table: pd.DataFrame) -> dict[str, Any]:
    """The features that the model uses, and its risks, in later windows against the training window."""
    windows = {name: _observed(model, table[table["split"] == name]) for name in (*SPLITS, "recent")}
    reference = drift.summarise(windows.pop("train"))
    return {name: drift.compare(reference, rows) for name, rows in windows.items() if len(rows)}


def _options(model: Model) -> dict[str, Any]:
    """What a model was told before it learnt; what it chose by itself is chosen anew."""
    return {name: model.manifest.config[name] for name in ("trees",) if name in model.manifest.config}


def _observed(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(model.uses)].assign(risk=model.risk(rows))


def _ripe(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["split"].isin(SPLITS)].reset_index(drop=True)


def _lines(rows: pd.DataFrame) -> NDArray[np.float64]:
    return rows["lines_added"].to_numpy(np.float64, na_value=0.0)


def _risk(model: Model, values_NC: NDArray[np.float64]) -> NDArray[np.float64]:
    return model.risk_of(values_NC, model.read([""] * len(values_NC)))
