"""Labels, links and fixes <-> Parquet tables; the schemas follow `faultcast.records`."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.features.table import INSTANT
from faultcast.labels import Labelling
from faultcast.records import Fix, Label, Link

_RIPENING = b"ripening_days"

LABELS = pa.schema(
    {
        "repository": pa.string(),
        "commit": pa.string(),
        "event_timestamp": INSTANT,
        "created": INSTANT,
        "label": pa.int64(),
        "confidence": pa.float64(),
        "fix": pa.string(),
        "rule": pa.string(),
    }
)
_LINKS = pa.schema(
    {
        "fix": pa.string(),
        "inducing": pa.string(),
        "lines": pa.int64(),
        "paths": pa.list_(pa.string()),
        "known_at": pa.int64(),
        "confidence": pa.float64(),
        "rule": pa.string(),
    }
)
_FIXES = pa.schema(
    {
        "commit": pa.string(),
        "confidence": pa.float64(),
        "rule": pa.string(),
        "issues": pa.list_(pa.string()),
        "reported_at": pa.int64(),
    }
)


def write(found: Labelling, repository: str, *, labels: Path, links: Path, fixes: Path) -> None:
    """Write the three tables; the ripening time travels in the labels' metadata."""
    rows = [
        {
            "repository": repository,
            "commit": known.commit,
            "event_timestamp": known.known_at * 1_000_000,
            "created": known.known_at * 1_000_000,
            "label": int(known.is_inducing),
            "confidence": known.confidence,
            "fix": known.fix,
            "rule": known.rule,
        }
        for known in found.labels
    ]
    schema = LABELS.with_metadata({_RIPENING: str(found.ripening_days).encode()})
    pq.write_table(_table(rows, schema), labels, compression="zstd")
    pq.write_table(_table([_plain(link) for link in found.links], _LINKS), links, compression="zstd")
    pq.write_table(_table([_plain(fix) for fix in found.fixes], _FIXES), fixes, compression="zstd")


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = [pa.array([row[field.name] for row in rows], _storage(field.type)).cast(field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _storage(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if kind == INSTANT else kind


def _plain(record: Fix | Link) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def ripening_days(labels: Path) -> float:
    """The ripening time that the labels were made with, in days."""
    return float(pq.read_schema(labels).metadata[_RIPENING])


def read_labels(path: Path) -> list[Label]:
    """Read the labels table."""
    rows = pq.read_table(path).to_pylist()
    return [
        Label(
            row["commit"], bool(row["label"]), round(row["event_timestamp"].timestamp()), row["confidence"],
            row["fix"], row["rule"],
        )
        for row in rows
    ]  # fmt: skip


def read_links(path: Path) -> list[Link]:
    """Read the links table."""
    return [Link(**(row | {"paths": tuple(row["paths"])})) for row in pq.read_table(path).to_pylist()]


def read_fixes(path: Path) -> list[Fix]:
    """Read the fixes table."""
    return [Fix(**(row | {"issues": tuple(row["issues"])})) for row in pq.read_table(path).to_pylist()]
