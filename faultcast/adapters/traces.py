"""Words in files of any kind that a state folder holds: found, and replaced.

Parquet is searched by its columns, SQLite by its rows and by its bytes (what was deleted may still stand there),
compressed files by what they hold, everything else by its bytes.
"""

import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_CHUNK = 1 << 20
_PARQUET, _SQLITE = b"PAR1", b"SQLite format 3\0"
_COMPRESSED = {b"\x78\x01": 15, b"\x78\x5e": 15, b"\x78\x9c": 15, b"\x78\xda": 15, b"\x1f\x8b": 31}
"""Beginning -> zlib's window: zlib at its levels, and gzip."""


def holds(path: Path, words: Sequence[str]) -> bool:
    """Whether a file holds one of the words."""
    head = _head(path)
    if head.startswith(_PARQUET):
        return _in_parquet(path, words)
    found = any(_among(chunk, words) for chunk in _windows(_bytes(path), words))
    if not found and head.startswith(_SQLITE):
        return any(_among(_as_bytes(value), words) for _, _, value in _cells(path))
    if not found and head[:2] in _COMPRESSED:
        return any(_among(chunk, words) for chunk in _windows(_expanded(path, _COMPRESSED[head[:2]]), words))
    return found


def replace(path: Path, words: Mapping[str, str]) -> bool:
    """Replace each word of a file, which is written anew whole or not at all; False: its kind cannot be rewritten."""
    head = _head(path)
    if head.startswith(_SQLITE):
        _replace_in_sqlite(path, words)
        return True
    if head[:2] in _COMPRESSED:
        return False
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    if head.startswith(_PARQUET):
        table = pq.read_table(path)
        for place, name in enumerate(table.column_names):
            table = table.set_column(place, table.schema.field(name), _replaced(table[name], words))
        pq.write_table(table, partial, compression="zstd")
    else:
        content = path.read_bytes()
        for word, other in words.items():
            content = content.replace(word.encode(), other.encode())
        partial.write_bytes(content)
    partial.chmod(path.stat().st_mode & 0o777)
    partial.replace(path)
    return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _expanded(path: Path, window: int) -> Iterator[bytes]:
    """What a compressed file holds, as far as it can be read."""
    expander = zlib.decompressobj(window)
    for chunk in _bytes(path):
        left = chunk
        while left and not expander.eof:
            try:
                yield expander.decompress(left, _CHUNK)
            except zlib.error:
                return
            left = expander.unconsumed_tail


def _windows(chunks: Iterator[bytes], words: Sequence[str]) -> Iterator[bytes]:
    """Chunks that overlap, so that no word lies between two."""
    overlap = max(len(word.encode()) for word in words) - 1
    end = b""
    for chunk in chunks:
        yield end + chunk
        end = (end + chunk)[-overlap:] if overlap else b""


def _among(content: bytes, words: Sequence[str]) -> bool:
    return any(word.encode() in content for word in words)


def _in_parquet(path: Path, words: Sequence[str]) -> bool:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=4096):
            for leaf in (leaf for column in batch.columns for leaf in _leaves(column)):
                if any(pc.any(pc.match_substring(leaf, word)).as_py() for word in words):
                    return True
    return False


def _leaves(array: Any) -> Iterator[Any]:
    """The texts and bytes inside of an array."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        yield from _leaves(array.dictionary)
    elif pa.types.is_struct(kind):
        for part in array.flatten():
            yield from _leaves(part)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        yield from _leaves(array.flatten() if not pa.types.is_map(kind) else array.items)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        yield array


def _replaced(column: Any, words: Mapping[str, str]) -> Any:
    if pa.types.is_string(column.type):
        for word, other in words.items():
            column = pc.replace_substring(column, word, other)
        return column
    if pa.types.is_nested(column.type):
        return pa.chunked_array([pa.array(_swapped(column.to_pylist(), words), column.type)])
    return column


def _swapped(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, other in words.items():
            value = value.replace(word, other)
        return value
    if isinstance(value, dict):
        return {key: _swapped(part, words) for key, part in value.items()}
    return [_swapped(part, words) for part in value] if isinstance(value, list | tuple) else value


def _cells(path: Path) -> Iterator[tuple[str, str, object]]:
    """(table, column, value) of everything in a database."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        for table, column in _columns(database):
            for (value,) in database.execute(f'SELECT "{column}" FROM "{table}"'):  # noqa: S608  names from the schema
                yield table, column, value


def _columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table.replace('"', '""'), str(column[1]).replace('"', '""'))
        for table in tables
        if not table.startswith("sqlite_")
        for column in database.execute("SELECT * FROM pragma_table_info(?)", (table,))
    ]


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _replace_in_sqlite(path: Path, words: Mapping[str, str]) -> None:
    """All or nothing; then the file is packed, so that nothing stays in pages that are free.

    Triggers that keep a table append-only stand aside meanwhile: what the law wants erased goes before them.
    """
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("BEGIN IMMEDIATE")
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f'DROP TRIGGER "{name.replace(chr(34), chr(34) * 2)}"')
        for table, column in _columns(database):
            for word, other in words.items():
                new = f'CAST(REPLACE(CAST("{column}" AS TEXT), ?, ?) AS TEXT)'
                database.execute(
                    f'UPDATE "{table}" SET "{column}" = CASE TYPEOF("{column}") '  # noqa: S608  names from the schema
                    f"WHEN 'blob' THEN CAST({new} AS BLOB) ELSE {new} END "
                    f"WHERE TYPEOF(\"{column}\") IN ('text', 'blob') AND INSTR(CAST(\"{column}\" AS TEXT), ?) > 0",
                    (word, other, word, other, word),
                )
        for _, sql in triggers:
            database.execute(sql)
        database.execute("COMMIT")
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
