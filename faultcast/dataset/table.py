"""The data set's table: `assemble` makes it from joined rows, `data_fingerprint` names its content."""

import hashlib
import json
import struct
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype, is_datetime64_any_dtype, is_numeric_dtype

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
    """SHA-256 (hex) of a table's content, whatever the order of its rows; duplicates count.

    Numbers are compared as float64, so that a nullable and a plain column agree. Missing is like nothing else.

    >>> one = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    >>> data_fingerprint(one) == data_fingerprint(one.iloc[::-1]) != data_fingerprint(one[["a"]])
    True
    """
    numbers = {name: values for name in frame.columns if (values := _numbers(frame[name])) is not None}
    rows = np.column_stack([np.empty((len(frame), 0)), *numbers.values()]).astype("<f8")
    texts = [_texts(frame[name]) for name in frame.columns if name not in numbers]
    # A row is all its numbers, 8 bytes each, then its texts, each with its length: no two rows read alike.
    packed = (b"".join(row) for row in zip((row.tobytes() for row in rows), *texts, strict=True))
    header = json.dumps([(name, name in numbers) for name in frame.columns])
    digest = hashlib.sha256(header.encode())
    for row in sorted(hashlib.sha256(row).digest() for row in packed):
        digest.update(row)
    return digest.hexdigest()


_NUMERIC = {"integer", "floating", "boolean", "mixed-integer-float", "empty"}


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64] | None:
    """float64 array_N, one NaN for all that is missing; None where a value is no number. Instants: microseconds."""
    if is_datetime64_any_dtype(column):
        micros = pd.DatetimeIndex(column).as_unit("us").asi8.astype(np.float64)
        return np.where(column.isna(), np.nan, micros)
    if not (is_numeric_dtype(column) or infer_dtype(column, skipna=True) in _NUMERIC):
        return None
    values = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, and no zero below zero


def _texts(column: "pd.Series[Any]") -> list[bytes]:
    """Values with their kind and length in front; a number among texts stays told apart from how it is written."""
    return [_packed(value) for value in column.tolist()]


def _packed(value: object) -> bytes:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return b"0"
    if isinstance(value, bool | int | float | np.number):
        return b"n" + struct.pack("<d", float(value))
    content = str(value).encode("utf-8", errors="surrogatepass")
    return b"s" + len(content).to_bytes(8, "little") + content


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
