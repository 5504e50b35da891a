"""SQLite files that survive a kill at any instant: write-ahead log, synced at each commit."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultcast.errors import Unavailable, UsageError, out_of_space

_BUSY_SECONDS = 30


def opened(path: Path, tables: str, *, any_thread: bool = False) -> sqlite3.Connection:
    """Open a file, readable by its owner only, and make its tables if need be.

    `any_thread`: threads will take turns at the connection.

    Raises:
        UsageError: the file holds something else.
        Unavailable: another process holds it for too long.
        OutOfSpace: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with told(path):
        database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=not any_thread)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(tables)
    return database


@contextmanager
def transaction(database: sqlite3.Connection, path: str) -> Iterator[sqlite3.Connection]:
    """All of it is kept, or nothing.

    Raises:
        UsageError, Unavailable, OutOfSpace: as `opened` says.
    """
    with told(path):
        database.execute("BEGIN IMMEDIATE")
        with database:
            yield database


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if full := out_of_space(error):
            raise full from error
        raise Unavailable(f"{path}: {error}. Run again when no other process uses it.") from error
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path}: {error}. Delete the file and run again.") from error
