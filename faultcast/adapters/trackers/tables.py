"""Records <-> Parquet, one table a stream: ``issues.parquet``, ``pull_requests.parquet``, …

Instants are ``timestamp[us, UTC]``, rows in the order of their ids. Each file appears whole or not at all.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.adapters.trackers.records import STREAMS, Issue, Record
from faultcast.errors import NotFound

_INSTANT = pa.timestamp("us", tz="UTC")


def schema(kind: type[Record]) -> pa.Schema:
    """The table of one kind of record, from its fields."""
    hints = get_type_hints(kind)
    return pa.schema([_column(field.name, hints[field.name]) for field in fields(kind)])


def _column(name: str, hint: Any) -> pa.Field:
    nullable = NoneType in get_args(hint)
    if name.endswith("_at"):
        return pa.field(name, _INSTANT, nullable=nullable)
    plain = next((part for part in get_args(hint) if part is int), hint)
    kind = {int: pa.int64(), str: pa.string()}.get(plain, pa.list_(pa.string()))
    return pa.field(name, kind, nullable=nullable)


def write(records: Mapping[str, Mapping[str, Record]], folder: Path) -> None:
    """Write a table for every stream."""
    for stream, kind in STREAMS.items():
        rows = [_row(record) for _, record in sorted(records[stream].items())]
        partial = folder / f"{stream}.parquet.partial"
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(kind)), partial, compression="zstd")
        partial.replace(folder / f"{stream}.parquet")


def read(folder: Path, stream: str) -> list[Record]:
    """The records of one stream.

    Raises:
        NotFound: nothing was collected into this folder.
    """
    path = folder / f"{stream}.parquet"
    require(path)
    return [STREAMS[stream](**_values(row)) for row in pq.read_table(path).to_pylist()]


def require(path: Path) -> None:
    """See that a table is there.

    Raises:
        NotFound: nothing was collected into this folder.
    """
    if not path.is_file():
        raise NotFound(f"{path}: found no such table. Run `faultcast ingest` for this repository first.")


def load_issues(folder: Path) -> dict[int | str, Issue]:
    """The issues of a collection by what commits call them: 12 for ``#12``, or ``"KAFKA-12"``.

    Raises:
        NotFound: nothing was collected into this folder.
    """
    issues = (issue for issue in read(folder, "issues") if isinstance(issue, Issue))
    return {int(issue.key) if issue.key.isdecimal() else issue.key: issue for issue in issues}


def _row(record: Record) -> dict[str, Any]:
    return {
        name: datetime.fromtimestamp(value, UTC) if name.endswith("_at") and value is not None else value
        for name, value in asdict(record).items()
    }


def _values(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            plain[name] = int(value.timestamp())
        else:
            plain[name] = tuple(value) if isinstance(value, list) else value
    return plain
