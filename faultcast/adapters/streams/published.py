"""What was told last of each record: so that only what changed is told, and told again only after a kill.

A kill between publishing and remembering publishes the same events again: same record, same revision, same id.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from faultcast.adapters.sqlite import opened, transaction
from faultcast.events import Event

_TABLES = """
CREATE TABLE IF NOT EXISTS told (
    kind TEXT, record TEXT, revision INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (kind, record)
) WITHOUT ROWID;
"""


class Published:
    """The memory of one repository's collector, in a file."""

    def __init__(self, path: Path, provider: str, repository: str) -> None:
        self._address = str(path)
        self._provider = provider
        self._repository = repository
        self._database = opened(path, _TABLES)

    def changed(self, kind: str, records: Iterable[Any]) -> list[Event]:
        """An event for each record that is not as it was told last."""
        rows = self._database.execute("SELECT record, revision, content FROM told WHERE kind = ?", (kind,))
        last = {record: (revision, content) for record, revision, content in rows}
        events = []
        for record in records:
            revision, content = last.get(record.id, (0, ""))
            if self._content(kind, record) != content:
                events.append(Event(kind, self._provider, self._repository, revision + 1, record))
        return events

    def remember(self, events: Sequence[Event]) -> None:
        """Keep that these were told."""
        rows = [(one.kind, one.record.id, one.revision, self._content(one.kind, one.record)) for one in events]
        with transaction(self._database, self._address) as database:
            database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _content(self, kind: str, record: Any) -> str:
        return Event(kind, self._provider, self._repository, 0, record).id
