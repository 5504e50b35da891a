"""What the changes of a repository touched, kept between runs in one SQLite file: only new commits are read."""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from faultcast.errors import out_of_space
from faultcast.features import TouchedFile
from faultcast.features.plain import digest, from_bytes, to_bytes

_WAIT_SECONDS = 30.0
_IDS_AT_ONCE = 500


class TouchedCache:
    """Commit id -> its touched files. Whatever other code wrote, or is damaged, counts as not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, ids: Sequence[str]) -> dict[str, dict[str, TouchedFile]]:
        """Those of the commits that are kept."""
        found: dict[str, dict[str, TouchedFile]] = {}
        for first in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[first : first + _IDS_AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT id, files FROM touched WHERE id IN ({marks})"  # noqa: S608 - question marks
            for commit, content in self._connection.execute(query, some):
                try:
                    found[commit] = from_bytes(content)
                except (ValueError, TypeError, zlib.error):
                    continue
        return found

    def put(self, found: Mapping[str, Mapping[str, TouchedFile]]) -> None:
        """Keep the touched files of some commits."""
        rows = [(commit, to_bytes(files)) for commit, files in found.items()]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO touched VALUES (?, ?)", rows)


def peek(path: Path, commit: str) -> dict[str, TouchedFile] | None:
    """What one commit touched, for who only looks: nothing is made or changed; None where it is not kept."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0.1)) as connection:
            if connection.execute("SELECT digest FROM code").fetchone() != (digest(),):
                return None
            return TouchedCache(connection).get([commit]).get(commit)
    except sqlite3.Error:
        return None


@contextmanager
def touched_cache(path: Path) -> Iterator[TouchedCache]:
    """Open what is kept at `path`; made if need be, made anew if it cannot be read or belongs to other code.

    Raises:
        OutOfSpace: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = _opened(path)
    except sqlite3.DatabaseError:
        path.unlink()
        connection = _opened(path)
    with closing(connection):
        try:
            yield TouchedCache(connection)
        except (OSError, sqlite3.OperationalError) as error:
            if full := out_of_space(error):
                raise full from error
            raise


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS)
    connection.execute("PRAGMA synchronous = OFF")  # lost rows are read again
    with connection:
        connection.execute("CREATE TABLE IF NOT EXISTS touched (id TEXT PRIMARY KEY, files BLOB) WITHOUT ROWID")
        connection.execute("CREATE TABLE IF NOT EXISTS code (digest TEXT)")
        row = connection.execute("SELECT digest FROM code").fetchone()
        if row != (digest(),):
            connection.execute("DELETE FROM touched")
            connection.execute("DELETE FROM code")
            connection.execute("INSERT INTO code VALUES (?)", (digest(),))
    return connection
