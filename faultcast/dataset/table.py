"""The data set's table: `assemble` makes it from joined rows, `data_fingerprint` names its content."""

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_datetime64_any_dtype

from faultcast.dataset.split import GAP, SplitPlan
from faultcast.errors import ContractMismatch, InsufficientSamples
from faultcast.features.catalogue import CATALOGUE, NAMES

LEADING = ("repository", "commit", "event_timestamp", "author", "subject", "text")
COLUMNS = (*LEADING, "split", "label", "confidence", "label_as_of", *NAMES)
PANDAS_DTYPES = {"int64": "Int64", "float64": "Float64", "bool": "boolean"}
MIN_OF_A_CLASS = {"train": 30, "validation": 10, "test": 10}
"""Fewest inducing and fewest clean changes of a split; below, no figure of it means anything."""


def assemble(joined: pd.DataFrame, plan: SplitPlan) -> pd.DataFrame:
    """Rows joined as of the plan's instants -> the table of `dataset.parquet`.

    Args:
        joined: one row a change in the plan's order, with `COLUMNS` except `split` and
            `label_as_of`; `event_timestamp` is the commit's instant; `label` (1 inducing, 0 clean)
            and `confidence` as known at the plan's `label_as_of`, null when nothing was known.
        plan: from `plan_split` over the same changes.

    Returns:
        `COLUMNS`, in time order, without the gap and without rows of train, validation and test
        whose label was not yet known. `recent` rows are all kept.

    Raises:
        ContractMismatch: a column is missing or the rows are not the plan's.
        InsufficientSamples: too few of one class in train, validation or test (not for an `unsplit` plan).
    """
    _check_rows(joined, plan)
    table = joined.reset_index(drop=True)
    table = table.assign(
        event_timestamp=instants(plan.committed_at),
        split=plan.split,
        label_as_of=instants(plan.label_as_of),
        label=table["label"].astype("Int64"),
        confidence=table["confidence"].astype("Float64"),
    )
    table = table.astype({feature.name: PANDAS_DTYPES[feature.dtype] for feature in CATALOGUE})
    learnable = table["label"].notna() & (table["split"] != GAP)
    kept = table.loc[learnable | (table["split"] == "recent"), list(COLUMNS)].reset_index(drop=True)
    if np.isin(plan.split, ["train", "validation", "test"]).any():
        _check_classes(kept)
    return kept


def instants(unix_seconds: object) -> "pd.DatetimeIndex":
    """Unix seconds -> `timestamp[us, UTC]`.

    >>> str(instants([0])[0])
    '1970-01-01 00:00:00+00:00'
    """
    seconds = np.asarray(unix_seconds, dtype=np.int64)
    return pd.DatetimeIndex(seconds.astype("datetime64[s]").astype("datetime64[us]")).tz_localize("UTC")


def unix_seconds(column: "pd.Series[Any]") -> NDArray[np.int64]:
    """The other way round: int64 array_N."""
    return pd.DatetimeIndex(column).as_unit("s").asi8


def data_fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) of a table's content, whatever the order of its rows.

    Numbers are compared as float64, so that a nullable and a plain column agree.

    >>> one = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    >>> data_fingerprint(one) == data_fingerprint(one.iloc[::-1]) != data_fingerprint(one[["a"]])
    True
    """
    columns = [_plain(frame[name]) for name in frame.columns]
    rows = sorted(hashlib.sha256(json.dumps(row).encode()).digest() for row in zip(*columns, strict=True))
    digest = hashlib.sha256(json.dumps(list(frame.columns)).encode())
    for row in rows:
        digest.update(row)
    return digest.hexdigest()


def _plain(column: "pd.Series[Any]") -> list[object]:
    """Values that JSON writes one way: float, str or None."""
    if is_datetime64_any_dtype(column):
        return list(pd.DatetimeIndex(column).as_unit("us").asi8.tolist())
    return [
        None if value is None or value is pd.NA or value != value else _scalar(value)  # noqa: PLR0124  NaN
        for value in column.tolist()
    ]


def _scalar(value: object) -> float | str:
    return float(value) if isinstance(value, bool | int | float | np.number) else str(value)


def _check_rows(joined: pd.DataFrame, plan: SplitPlan) -> None:
    missing = [name for name in COLUMNS if name not in joined.columns and name not in ("split", "label_as_of")]
    if missing:
        raise ContractMismatch(f"The joined rows lack the columns {', '.join(missing)}; materialize them first")
    if len(joined) != len(plan.split):
        raise ContractMismatch(
            f"The join returned {len(joined)} rows for {len(plan.split)} changes; every change needs exactly one"
        )
    differs = np.flatnonzero(unix_seconds(joined["event_timestamp"]) != plan.committed_at)
    if len(differs):
        raise ContractMismatch(
            f"{len(differs)} joined rows are not where the split put them (the first is row {differs[0]}); "
            "keep the order of the changes, with event_timestamp = the commit's instant"
        )


def _check_classes(table: pd.DataFrame) -> None:
    for split, needed in MIN_OF_A_CLASS.items():
        labels = table.loc[table["split"] == split, "label"]
        for label, name in ((1, "inducing"), (0, "clean")):
            found = int((labels == label).sum())
            if found < needed:
                raise InsufficientSamples(f"{name} changes in the {split} split", found, needed)
