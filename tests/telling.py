"""Which files tell of somebody: every file read in each form that it may have, by means of the tests' own."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq


def telling(folder: Path, *words: str) -> list[str]:
    """Files below a folder that hold one of the words, in any case."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        str(path.relative_to(folder))
        for path in files
        if any(word.lower() in text for text in map(str.lower, _texts(path)) for word in words)
    ]


def _texts(path: Path) -> Iterator[str]:
    """A file's bytes as text, and what stands in it in another form."""
    content = path.read_bytes()
    yield content.decode("latin-1")
    if content.startswith(b"PAR1"):
        yield str(pq.read_table(path).to_pylist())
    elif content.startswith(b"SQLite"):
        with closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump())
    elif content.startswith(b"x"):
        try:
            yield zlib.decompress(content).decode("latin-1")
        except zlib.error:
            return
