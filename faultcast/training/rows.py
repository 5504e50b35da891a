"""The data set's splits as arrays.

Shapes: N rows of one split, C catalogue columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultcast import dataset
from faultcast.dataset import DatasetInfo
from faultcast.dataset.table import unix_seconds
from faultcast.errors import InsufficientSamples
from faultcast.models.model import texts_of
from faultcast.models.normaliser import values_of

Report = Callable[[dict[str, object]], None]
"""Told about progress: {"event": "epoch", "epoch": 2, "of": 8, …}."""

LEAST_WEIGHT = 0.1


def silent(event: dict[str, object]) -> None:
    """The default report."""
    del event


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """`labels_N` is 1 inducing, 0 clean; `weights_N` the label's confidence (float64, 0.1..1)."""

    values_NC: NDArray[np.float64]  # noqa: N815
    texts: list[str]
    labels_N: NDArray[np.float64]  # noqa: N815
    weights_N: NDArray[np.float64]  # noqa: N815
    committed_at_N: NDArray[np.int64]  # noqa: N815

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """What training may see: the train and validation splits, never the test split."""

    train: Rows
    validation: Rows
    info: DatasetInfo


def read_training_data(path: Path) -> TrainingData:
    """The splits that training may see.

    Raises:
        NotFound, ContractMismatch: from reading the data set.
        InsufficientSamples: a split has only one class.
    """
    table, info = dataset.read(path)
    return TrainingData(_rows(table, "train"), _rows(table, "validation"), info)


def _rows(table: pd.DataFrame, split: str) -> Rows:
    found = rows_of(table[table["split"] == split])
    inducing = int(found.labels_N.sum())
    fewest = min(inducing, len(found) - inducing)
    if fewest < 2:
        which = "inducing" if inducing == fewest else "clean"
        raise InsufficientSamples(f"{which} changes in the {split} split", fewest, 2)
    return found


def rows_of(part: pd.DataFrame) -> Rows:
    """Labelled rows of a data set's table."""
    confidence_N = part["confidence"].to_numpy(dtype=np.float64, na_value=1.0)
    return Rows(
        values_NC=values_of(part),
        texts=texts_of(part),
        labels_N=part["label"].to_numpy(dtype=np.float64),
        weights_N=np.clip(confidence_N, LEAST_WEIGHT, 1.0),
        committed_at_N=unix_seconds(part["event_timestamp"]),
    )
