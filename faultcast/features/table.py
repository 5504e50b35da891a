"""Rows <-> Arrow: the schema derives from the catalogue."""

from collections.abc import Sequence

import pyarrow as pa

from faultcast.features.catalogue import CATALOGUE
from faultcast.features.describe import Row

INSTANT = pa.timestamp("us", tz="UTC")
"""How every table keeps an instant."""

TYPES = {feature.name: pa.type_for_alias(feature.dtype) for feature in CATALOGUE}
"""Arrow type of each feature."""

SCHEMA = pa.schema(
    [
        ("repository", pa.string()),
        ("commit", pa.string()),
        ("event_timestamp", INSTANT),
        ("created", INSTANT),
        ("author", pa.string()),
        ("subject", pa.string()),
        ("paths", pa.list_(pa.string())),
        ("text", pa.string()),
        *TYPES.items(),
    ]
)


def to_table(rows: Sequence[Row], repository: str) -> pa.Table:
    """Turn rows into a table of `SCHEMA`; missing values are null."""
    columns: dict[str, object] = {
        "repository": [repository] * len(rows),
        "commit": [row.commit for row in rows],
        "event_timestamp": [row.committed_at * 1_000_000 for row in rows],
        "created": [row.committed_at * 1_000_000 for row in rows],
        "author": [row.author for row in rows],
        "subject": [row.subject for row in rows],
        "paths": [row.paths for row in rows],
        "text": [row.text for row in rows],
    }
    columns |= {feature.name: [row.values[feature.name] for row in rows] for feature in CATALOGUE}
    return pa.Table.from_arrays([pa.array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def to_rows(table: pa.Table) -> list[Row]:
    """The way back: a table of `SCHEMA` as rows."""
    return [
        Row(
            commit=row["commit"],
            committed_at=int(row["event_timestamp"].timestamp()),
            author=row["author"],
            subject=row["subject"],
            paths=tuple(row["paths"]),
            text=row["text"],
            values={feature.name: row[feature.name] for feature in CATALOGUE},
        )
        for row in table.to_pylist()
    ]
