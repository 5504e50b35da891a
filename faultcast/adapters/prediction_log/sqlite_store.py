"""Predictions and votes in one SQLite file: write-ahead log, synced at each commit, nothing changed, nothing removed.

A process that is killed in the middle of a transaction leaves a torn tail in the write-ahead log; SQLite drops it
when the file is opened next, and all that was acknowledged before is there.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faultcast.adapters.prediction_log import sql
from faultcast.adapters.prediction_log.rows import FEATURE_SET, FeatureSets, Row
from faultcast.adapters.prediction_log.sql import Reading
from faultcast.adapters.sqlite import opened, told, transaction
from faultcast.feedback import Vote

_TABLES = """
CREATE TABLE IF NOT EXISTS feature_sets (feature_set TEXT PRIMARY KEY, names TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS predictions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, prediction_id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
    repository TEXT NOT NULL, "commit" TEXT NOT NULL, risk REAL NOT NULL, band TEXT NOT NULL,
    model_name TEXT NOT NULL, model_version TEXT NOT NULL, alias TEXT NOT NULL, is_shadow INTEGER NOT NULL,
    input_digest TEXT NOT NULL, feature_set TEXT NOT NULL, features BLOB NOT NULL, assumed TEXT NOT NULL,
    request_id TEXT NOT NULL, principal TEXT NOT NULL, latency_seconds REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS predictions_by_time ON predictions (at);
CREATE INDEX IF NOT EXISTS predictions_by_commit ON predictions ("commit", at) WHERE "commit" <> '';
CREATE TABLE IF NOT EXISTS votes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, prediction_id TEXT NOT NULL REFERENCES predictions (prediction_id),
    account TEXT NOT NULL, opinion TEXT NOT NULL, at REAL NOT NULL, is_correction INTEGER NOT NULL, fix TEXT NOT NULL,
    comment TEXT NOT NULL, request_id TEXT NOT NULL, weight REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS votes_by_prediction ON votes (prediction_id);
CREATE INDEX IF NOT EXISTS votes_by_account ON votes (account, at);
"""
_APPEND_ONLY = "".join(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} are append-only: {verb} is refused'); END;\n"
    for table in ("feature_sets", "predictions", "votes")
    for verb in ("UPDATE", "DELETE")
)


class SqliteStore(Reading):
    """See `shape.Store`. One connection writes, one reads; threads take turns at each.

    Args:
        append_only: refuse changes and deletions; not so for the file in which predictions wait for another database.
    """

    def __init__(self, path: Path, *, append_only: bool = True) -> None:
        super().__init__(self._read_rows)
        self.where = str(path)
        self.trouble = ""
        self._writer = opened(path, _TABLES + (_APPEND_ONLY if append_only else ""), any_thread=True)
        self._reader = opened(path, "", any_thread=True)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._sets_written: set[str] = set()

    def elsewhere(self) -> int:
        return 0

    def write(self, rows: Sequence[Row], sets: FeatureSets) -> None:
        unwritten = {row[FEATURE_SET] for row in rows} - self._sets_written
        with self._writing, transaction(self._writer, self.where) as database:
            database.executemany(sql.INSERT_SET, [(name, json.dumps(sets[name])) for name in unwritten])
            database.executemany(sql.INSERT, rows)
        self._sets_written |= unwritten

    def vote(self, vote: Vote, *, cap: int, window_seconds: float) -> Vote:
        with self._writing, transaction(self._writer, self.where) as database:

            def rows(statement: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
                return database.execute(statement, given).fetchall()

            kept = sql.weighed(vote, rows, cap=cap, window_seconds=window_seconds)
            database.execute(sql.INSERT_VOTE, sql.values(kept))
        return kept

    def execute(self, statement: str, *given: object) -> None:
        """One more statement, for good."""
        with self._writing, transaction(self._writer, self.where) as database:
            database.execute(statement, given)

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    def _read_rows(self, statement: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._reading, told(self.where):
            return self._reader.execute(statement, given).fetchall()
