"""What the feature store's online half holds of single changes, for who serves: read without importing Feast.

Feast takes seconds to import and more memory than the model. The embedded twin is a SQLite file whose layout Feast
documents: a table a feature view (`faultcast_change_features`), one row a feature, found by the serialised entity key
(version 3: https://docs.feast.dev/reference/online-stores/sqlite and `feast.infra.key_encoding_utils`), each value a
protobuf `feast.types.Value`. A test holds what is read here against Feast's own answers. The shared twin is asked
through Feast, which is imported with the first question.
"""

import contextlib
import sqlite3
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultcast.errors import NotFound, Unavailable
from faultcast.features.catalogue import CATALOGUE

Value = float | int | bool | None
_TABLES = ("faultcast_change_features", "faultcast_change_text")
_STRING = 2  # feast.value_type.ValueType.STRING
_DECODED: Mapping[int, Callable[[bytes], object]] = {
    0x12: lambda rest: rest[_varint(rest)[1] :].decode(),  # string_val
    0x20: lambda rest: _signed(_varint(rest)[0]),  # int64_val
    0x29: lambda rest: struct.unpack("<d", rest)[0],  # double_val
    0x38: lambda rest: bool(_varint(rest)[0]),  # bool_val
}
"""A protobuf's tag -> how the rest is read; Feast writes no other types for ours."""


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change as it was described when it arrived: values by feature name, None where missing, and its text."""

    values: Mapping[str, Value]
    text: str


Lookup = Callable[[Sequence[tuple[str, str]]], list[StoredChange | None]]
"""(repository, commit) pairs -> what is stored of each, None where nothing is."""


def lookup(folder: Path, shared: str = "") -> Lookup:
    """Who answers what is stored of a change; opens nothing before the first question.

    Args:
        folder: the repository's Feast folder.
        shared: the setting `feature_store`; empty: the embedded twin.

    Raises:
        NotFound: there is no such folder; and from each question, nothing was materialized in it.
    """
    if shared:
        return lambda keys: _through_feast(folder, keys, shared)
    if not folder.is_dir():
        raise NotFound(f"There is no feature store at {folder}; run `faultcast run` first, or serve without --store")
    return lambda keys: _embedded(folder / "online.db", keys)


def _embedded(path: Path, keys: Sequence[tuple[str, str]]) -> list[StoredChange | None]:
    if not path.is_file():
        raise NotFound(f"no feature store in {path.parent}: run the stage `materialize` first")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return [_change(_row(connection, _key(*key))) for key in keys]
    except sqlite3.Error as error:
        raise Unavailable(
            f"the feature store in {path.parent} cannot be read ({error}); is it being written?"
        ) from error


def _row(connection: sqlite3.Connection, key: bytes) -> dict[str, object]:
    rows: list[tuple[str, bytes]] = []
    for table in _TABLES:
        query = f"SELECT feature_name, value FROM {table} WHERE entity_key = ?"  # noqa: S608 - our own names
        rows += connection.execute(query, (key,)).fetchall()
    return {name: _value(content) for name, content in rows}


def _key(repository: str, commit: str) -> bytes:
    """An entity key as Feast serialises it: names in order, then their values, each with type and length."""
    names = b"".join(struct.pack("<II", _STRING, len(name)) + name for name in (b"commit", b"repository"))
    values = (text.encode() for text in (commit, repository))
    return struct.pack("<I", 2) + names + b"".join(struct.pack("<II", _STRING, len(one)) + one for one in values)


def _value(content: bytes) -> object:
    """A `feast.types.Value`: none of its fields set means null."""
    return _DECODED[content[0]](content[1:]) if content and content[0] in _DECODED else None


def _varint(content: bytes) -> tuple[int, int]:
    """A number, and how many bytes it takes."""
    number = 0
    for i, byte in enumerate(content):
        number |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return number, i + 1
    return number, len(content)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _through_feast(folder: Path, keys: Sequence[tuple[str, str]], shared: str) -> list[StoredChange | None]:
    from faultcast.adapters import feature_store  # noqa: PLC0415  seconds, which only a shared store costs

    table = feature_store.online(folder, list(keys), shared=shared)
    table = table.astype(object).where(table.notna(), None)
    return [_change(row) for row in table.to_dict("records")]


def _change(row: Mapping[Any, object]) -> StoredChange | None:
    types = {"int64": int, "float64": float, "bool": bool}
    found: dict[str, Value] = {}
    for feature in CATALOGUE:
        value = row.get(feature.name)
        found[feature.name] = types[feature.dtype](value) if isinstance(value, int | float) else None
    if all(value is None for value in found.values()):
        return None
    text = row.get("text")
    return StoredChange(found, text if isinstance(text, str) else "")
