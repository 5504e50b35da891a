"""Predictions and votes in PostgreSQL, which machines share; nothing changed, nothing removed.

Every wait for the server has an end, also where the server accepts a connection and then says nothing: `Unavailable`.
"""

import json
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from faultcast.adapters.prediction_log import sql
from faultcast.adapters.prediction_log.rows import FEATURE_SET, FeatureSets, Row
from faultcast.adapters.prediction_log.sql import Reading
from faultcast.errors import OutOfSpace, Unavailable, UsageError
from faultcast.feedback import Vote

CONNECT_SECONDS = 2
ANSWER_SECONDS = 2.0
"""A group of predictions takes milliseconds; a server that is silent for longer is as good as gone."""
_TABLES_LOCK = 0x6661756C74  # "fault": one process makes the tables at a time
_VOTES_LOCK = 0x766F7465

_TABLES = """
CREATE TABLE IF NOT EXISTS feature_sets (feature_set text PRIMARY KEY, names text NOT NULL);
CREATE TABLE IF NOT EXISTS predictions (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, prediction_id text NOT NULL UNIQUE,
    at double precision NOT NULL, repository text NOT NULL, "commit" text NOT NULL, risk double precision NOT NULL,
    band text NOT NULL, model_name text NOT NULL, model_version text NOT NULL, alias text NOT NULL,
    is_shadow integer NOT NULL, input_digest text NOT NULL, feature_set text NOT NULL, features bytea NOT NULL,
    assumed text NOT NULL, request_id text NOT NULL, principal text NOT NULL, latency_seconds double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS predictions_by_time ON predictions (at);
CREATE INDEX IF NOT EXISTS predictions_by_commit ON predictions ("commit", at) WHERE "commit" <> '';
CREATE TABLE IF NOT EXISTS votes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prediction_id text NOT NULL REFERENCES predictions (prediction_id), account text NOT NULL, opinion text NOT NULL,
    at double precision NOT NULL, is_correction integer NOT NULL, fix text NOT NULL, comment text NOT NULL,
    request_id text NOT NULL, weight double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS votes_by_prediction ON votes (prediction_id);
CREATE INDEX IF NOT EXISTS votes_by_account ON votes (account, at);
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% are append-only: % is refused', TG_TABLE_NAME, TG_OP; END $$;
""" + "".join(
    f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();\n"
    for table in ("feature_sets", "predictions", "votes")
)


class _Connection(psycopg.Connection):  # type: ignore[misc]  # psycopg is read as untyped
    """A connection whose every wait ends."""

    answer_seconds = ANSWER_SECONDS

    def wait(self, gen: Generator[Any, Any, Any], *others: Any, **named: Any) -> Any:
        return super().wait(_limited(gen, self.answer_seconds), *others, **named)


def _limited(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same steps, given up after a time; psycopg takes one at least every tenth of a second."""
    deadline = time.monotonic() + seconds
    try:
        step = next(gen)
        while True:
            ready = yield step
            if not ready and time.monotonic() > deadline:
                raise psycopg.OperationalError(f"no answer within {seconds:g} s")
            step = gen.send(ready)
    except StopIteration as end:
        return end.value


class PostgresStore(Reading):
    """See `shape.Store`. One connection writes, one reads; each is made when it is needed, and made anew when it broke.

    Args:
        url: ``postgresql://user@host:port/name``; a password comes from PGPASSWORD or PGPASSFILE.
        answer_seconds: how long the server may be silent.

    Raises:
        UsageError: it is no such address.
    """

    def __init__(self, url: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        super().__init__(self._read_rows)
        self._url = url
        self._answer_seconds = answer_seconds
        self.where = _shown(url)
        self.trouble = ""
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._writer: _Connection | None = None
        self._reader: _Connection | None = None
        self._sets_written: set[str] = set()

    def elsewhere(self) -> int:
        return 0

    def write(self, rows: Sequence[Row], sets: FeatureSets) -> None:
        unwritten = {row[FEATURE_SET] for row in rows} - self._sets_written
        with self._transaction() as cursor:
            if unwritten:
                cursor.executemany(_statement(sql.INSERT_SET), [(name, json.dumps(sets[name])) for name in unwritten])
            cursor.executemany(_INSERT, rows)
        self._sets_written |= unwritten

    def vote(self, vote: Vote, *, cap: int, window_seconds: float) -> Vote:
        with self._transaction() as cursor:
            # Two votes of one account at one time must see one another, or both would find weight left.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_VOTES_LOCK, vote.account))

            def rows(statement: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
                found: list[tuple[Any, ...]] = cursor.execute(_statement(statement), given).fetchall()
                return found

            kept = sql.weighed(vote, rows, cap=cap, window_seconds=window_seconds)
            cursor.execute(_statement(sql.INSERT_VOTE), sql.values(kept))
        return kept

    def prepare(self) -> None:
        """Connect, and make the tables if need be.

        Raises:
            Unavailable: the server does not answer.
        """
        with self._transaction():
            pass

    def close(self) -> None:
        with self._writing, self._reading:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    connection.close()
            self._writer = self._reader = None

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Cursor]:
        with self._writing, self._told("_writer"):
            if self._writer is None:
                self._writer = self._connected()
                _make_tables(self._writer)
            with self._writer.transaction(), self._writer.cursor() as cursor:
                yield cursor

    def _read_rows(self, statement: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._reading, self._told("_reader"):
            if self._reader is None:
                self._reader = self._connected()
            found: list[tuple[Any, ...]] = self._reader.execute(_statement(statement), given).fetchall()
            return found

    def _connected(self) -> _Connection:
        limit = round(self._answer_seconds * 1000)
        connection: _Connection = _Connection.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="faultcast",
            options=f"-c synchronous_commit=on -c lock_timeout={limit} -c statement_timeout={limit}",
        )
        connection.answer_seconds = self._answer_seconds
        return connection

    @contextmanager
    def _told(self, connection: str) -> Iterator[None]:
        """PostgreSQL's errors as ours; a connection that broke is left."""
        try:
            yield
        except psycopg.errors.DiskFull as error:
            raise OutOfSpace(self.where) from error
        except psycopg.Error as error:
            held = getattr(self, connection)
            if held is not None:
                held.close()
                setattr(self, connection, None)
            reason = " ".join(str(error).split()) or type(error).__name__
            raise Unavailable(f"{self.where}: {reason}. Look at the database, then try again.") from error


def _make_tables(connection: _Connection) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TABLES_LOCK,))
        if not connection.execute("SELECT to_regclass('votes')").fetchall()[0][0]:
            connection.execute(_TABLES)


def _statement(statement: str) -> str:
    return statement.replace("?", "%s")


_INSERT = _statement(sql.INSERT)


def _shown(url: str) -> str:
    """Host and database of an address; neither account nor password."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError("The prediction log is no database URL; expected one like postgresql://user@host/name")
    try:
        named = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise UsageError("The prediction log is no database URL; expected one like postgresql://user@host") from error
    return f"postgresql://{named.get('host', '')}/{named.get('dbname', '')}"
