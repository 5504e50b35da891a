"""What a consumer keeps: records, the ids it has seen, how far it is, and what it has yet to pass on.

All of a batch is one transaction of one SQLite file. So a message that comes again, because the consumer was killed
before or after it noted how far it was, changes nothing: delivered at least once, kept once.

What is passed on to other topics waits in the outbox of the same transaction. Killed while it is published, the next
start looks which of it arrived before it publishes the rest (`recover` in `faultcast/steps/consume.py`).
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faultcast.adapters.sqlite import opened, transaction
from faultcast.adapters.streams.shape import Message, Outgoing, Positions
from faultcast.events import Event

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    provider TEXT, repository TEXT, kind TEXT, id TEXT, body TEXT NOT NULL,
    PRIMARY KEY (provider, repository, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsaved (provider TEXT, repository TEXT, PRIMARY KEY (provider, repository)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    broker TEXT, is_ours INTEGER, topic TEXT, partition TEXT, position TEXT NOT NULL,
    PRIMARY KEY (broker, is_ours, topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, broker TEXT NOT NULL, id TEXT NOT NULL,
    topic TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (broker, id)
);
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, and what became of it: an event to keep, or the rule that it broke; what to pass on, and its id."""

    message: Message
    event: Event | None
    rule: str
    id: str
    out: Outgoing


class Sink:
    """The file of one state folder's consumer. Positions belong to a broker, records to all."""

    def __init__(self, path: Path, broker: str) -> None:
        self.address = str(path)
        self._broker = broker
        self._database = opened(path, _TABLES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def positions(self, *, is_ours: bool) -> Positions:
        """How far we have read; or, of what we wrote, how far we know of it."""
        rows = self._database.execute(
            "SELECT topic, partition, position FROM positions WHERE broker = ? AND is_ours = ?", (self._broker, is_ours)
        )
        return {(topic, partition): int(position) for topic, partition, position in rows}

    def rewind(self) -> None:
        """Begin anew; what was seen stays seen."""
        with transaction(self._database, self.address) as database:
            database.execute("DELETE FROM positions WHERE broker = ?", (self._broker,))

    def take(self, batch: Sequence[Judged]) -> list[Judged]:
        """Keep a batch, all of it or nothing; return those that were not known already."""
        with transaction(self._database, self.address) as database:
            new = [one for one in batch if self._take(database, one)]
            self._note(database, {one.message.place: one.message.position for one in batch}, is_ours=False)
        return new

    def _take(self, database: sqlite3.Connection, one: Judged) -> bool:
        if not database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (one.id,)).rowcount:
            return False
        database.execute(
            "INSERT INTO outbox (broker, id, topic, key, value) VALUES (?, ?, ?, ?, ?)",
            (self._broker, one.id, one.out.topic, one.out.key, one.out.value),
        )
        if one.event is not None:
            whose = (one.event.provider, one.event.repository)
            body = json.dumps(asdict(one.event.record))
            row = (*whose, one.event.kind, one.event.record.id, body)
            database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", row)
            database.execute("INSERT OR IGNORE INTO unsaved VALUES (?, ?)", whose)
        return True

    def _note(self, database: sqlite3.Connection, positions: Positions, *, is_ours: bool) -> None:
        rows = [(self._broker, is_ours, *place, str(position)) for place, position in positions.items()]
        database.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?)", rows)

    def outbox(self) -> list[tuple[str, Outgoing]]:
        """What is to be passed on, with its ids, oldest first: no more than a batch."""
        rows = self._database.execute(
            "SELECT id, topic, key, value FROM outbox WHERE broker = ? ORDER BY number", (self._broker,)
        )
        return [(one, Outgoing(topic, key, value)) for one, topic, key, value in rows]

    def passed_on(self, ids: Iterable[str], positions: Positions) -> None:
        """Keep that these arrived, and how far we know our own topics."""
        with transaction(self._database, self.address) as database:
            gone = [(self._broker, one) for one in ids]
            database.executemany("DELETE FROM outbox WHERE broker = ? AND id = ?", gone)
            self._note(database, positions, is_ours=True)

    def unsaved(self) -> list[tuple[str, str]]:
        """Provider and name of the repositories whose tables are behind."""
        return self._database.execute("SELECT provider, repository FROM unsaved ORDER BY 1, 2").fetchall()

    def saved(self, provider: str, repository: str) -> None:
        """Keep that a repository's tables are as this file says."""
        with transaction(self._database, self.address) as database:
            database.execute("DELETE FROM unsaved WHERE provider = ? AND repository = ?", (provider, repository))

    def records(self, provider: str, repository: str, kind: str) -> list[Any]:
        """Records of one kind as plain values, in the order of their ids."""
        rows = self._database.execute(
            "SELECT body FROM records WHERE provider = ? AND repository = ? AND kind = ? ORDER BY id",
            (provider, repository, kind),
        )
        return [json.loads(body) for (body,) in rows]
