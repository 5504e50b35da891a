"""The embedded broker: one SQLite file, any number of processes, one partition a topic. Nothing listens."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from faultcast.adapters.sqlite import opened, told, transaction
from faultcast.adapters.streams.shape import Message, Outgoing, Positions, made_anew

PARTITION = "0"
_LOOK_SECONDS = 0.05
"""How often a reader looks whether something came."""

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_topic ON messages (topic, number);
"""


class EmbeddedBroker:
    """See `shape.Broker`. The file is made on first use; it may be deleted when all is consumed."""

    name = "embedded"

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._database = opened(path, _TABLES)

    def publish(self, messages: Sequence[Outgoing]) -> Positions:
        written: Positions = {}
        with transaction(self._database, self.address) as database:
            for one in messages:
                cursor = database.execute(
                    "INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)", (one.topic, one.key, one.value)
                )
                written[one.topic, PARTITION] = cursor.lastrowid or 0
        return written

    def source(self, topic: str, after: Positions) -> "EmbeddedSource":
        return EmbeddedSource(self._database, self.address, topic, after.get((topic, PARTITION), 0))

    def close(self) -> None:
        self._database.close()


class EmbeddedSource:
    """See `shape.Source`."""

    lost = 0  # nothing is deleted but with the file

    def __init__(self, database: sqlite3.Connection, address: str, topic: str, after: int) -> None:
        self._database = database
        self._address = address
        self._topic = topic
        self._after = after
        self.is_at_end = False
        row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()
        if after > (row[0] if row else 0):
            raise made_anew(topic, PARTITION, after)

    def poll(self, limit: int, wait_seconds: float) -> list[Message]:
        until = time.monotonic() + wait_seconds
        while True:
            with told(self._address):
                rows = self._database.execute(
                    "SELECT number, value FROM messages WHERE topic = ? AND number > ? ORDER BY number LIMIT ?",
                    (self._topic, self._after, limit),
                ).fetchall()
            self.is_at_end = len(rows) < limit
            if rows or time.monotonic() >= until:
                break
            time.sleep(_LOOK_SECONDS)
        if rows:
            self._after = rows[-1][0]
        return [Message((self._topic, PARTITION), number, value) for number, value in rows]

    def close(self) -> None:
        """The connection is the broker's."""
