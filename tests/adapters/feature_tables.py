"""Feature and label files of a shop with as many commits as a test needs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.features.catalogue import CATALOGUE

START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
ARROW = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def commit(number: int) -> str:
    return f"{number:040x}"


def write_features(path: Path, days: Mapping[int, int], lines: Mapping[int, int | None] | None = None) -> Path:
    """Commits {number: day}; `lines_added` is the commit's number unless `lines` says otherwise; no other feature."""
    numbers = list(days)
    lines = {number: number for number in numbers} | dict(lines or {})
    at = pa.array([day(days[number]) for number in numbers], INSTANT)
    table = {
        "repository": pa.array(["shop"] * len(numbers)),
        "commit": pa.array([commit(number) for number in numbers]),
        "event_timestamp": at,
        "created": at,
        "author": pa.array([f"author-{number % 2}" for number in numbers]),
        "subject": pa.array([f"change {number}" for number in numbers]),
        "paths": pa.array([["a.py"]] * len(numbers)),
        "text": pa.array([f"change {number}\n+ zażółć" for number in numbers]),
    }
    for feature in CATALOGUE:
        table[feature.name] = pa.nulls(len(numbers), ARROW[feature.dtype])
    table["lines_added"] = pa.array([lines[number] for number in numbers], pa.int64())
    table["is_fix"] = pa.array([number % 2 == 0 for number in numbers])
    table["entropy"] = pa.array([number / 2 for number in numbers])
    pq.write_table(pa.table(table), path)
    return path


def write_labels(path: Path, labels: list[tuple[int, int, int]]) -> Path:
    """(commit number, day on which it became known, label)."""
    known = pa.array([day(at) for _, at, _ in labels], INSTANT)
    table = pa.table({
        "repository": pa.array(["shop"] * len(labels)),
        "commit": pa.array([commit(number) for number, _, _ in labels]),
        "event_timestamp": known,
        "created": known,
        "label": pa.array([label for _, _, label in labels], pa.int64()),
        "confidence": pa.array([0.5 + label / 4 for _, _, label in labels]),
        "fix": pa.array(["f" if label else "" for _, _, label in labels]),
        "rule": pa.array(["blame"] * len(labels)),
    })  # fmt: skip
    pq.write_table(table, path)
    return path
