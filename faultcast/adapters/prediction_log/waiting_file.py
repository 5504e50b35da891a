"""Predictions on their way to another database: the same tables in a file of one's own, emptied as they arrive."""

from collections.abc import Sequence
from pathlib import Path

from faultcast.adapters.prediction_log.rows import FeatureSets, Row
from faultcast.adapters.prediction_log.sql import NAMES
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore
from faultcast.records import LoggedPrediction


class WaitingFile:
    """A queue that survives a kill. Safe between threads."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path, append_only=False)

    def write(self, rows: Sequence[Row], sets: FeatureSets) -> None:
        """Keep rows behind those that wait."""
        self._store.write(rows, sets)

    def get(self, prediction_id: str) -> LoggedPrediction | None:
        """One that waits."""
        return self._store.get(prediction_id)

    def count(self) -> int:
        """How many wait."""
        return int(self._store.rows("SELECT count(*) FROM predictions", ())[0][0])

    def first(self, limit: int) -> tuple[int, list[Row], FeatureSets]:
        """The oldest, with the number of the last of them (0: none)."""
        found = self._store.rows(f"SELECT number, {NAMES} FROM predictions ORDER BY number LIMIT ?", (limit,))  # noqa: S608
        return (found[-1][0] if found else 0), [tuple(row[1:]) for row in found], self._store.sets()

    def drop_until(self, number: int) -> None:
        """Forget those that arrived."""
        self._store.execute("DELETE FROM predictions WHERE number <= ?", number)

    def close(self) -> None:
        self._store.close()
