"""A shared database with a file beside it: what the database cannot take now waits in the file, and is carried over.

While anything waits, whatever comes next waits behind it, so that the database has everything in the order in which
it was acknowledged; and since a prediction whose id is kept already is passed over, it has everything once, whatever
was cut off in the middle.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faultcast.adapters.prediction_log.postgres_store import PostgresStore
from faultcast.adapters.prediction_log.rows import FeatureSets, Row
from faultcast.adapters.prediction_log.waiting_file import WaitingFile
from faultcast.errors import TemporaryError, Unavailable
from faultcast.feedback import Vote
from faultcast.records import LoggedPrediction

RETRY_SECONDS = 1.0
_BATCH = 500


class SpillingStore:
    """See `shape.Store`. Reads ask the database; one prediction is looked for in the file, too."""

    def __init__(self, shared: PostgresStore, path: Path, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._shared = shared
        self._file = WaitingFile(path)
        self.where = shared.where
        self.trouble = ""
        self._retry_seconds = retry_seconds
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._is_direct = False  # until the file is known to be empty and the database to answer
        self._carrier: threading.Thread | None = None
        self._start_carrying()

    def elsewhere(self) -> int:
        return self._file.count()

    def write(self, rows: Sequence[Row], sets: FeatureSets) -> None:
        if self._is_direct:
            try:
                self._shared.write(rows, sets)
            except TemporaryError as error:
                self._is_direct = False
                self.trouble = f"predictions wait on this machine, for {error}"
            else:
                return
        with self._turn:
            if not self._is_direct:
                self._file.write(rows, sets)
                self._start_carrying()
                return
        self.write(rows, sets)  # the carrier came to its end meanwhile

    def get(self, prediction_id: str) -> LoggedPrediction | None:
        return self._file.get(prediction_id) or self._shared.get(prediction_id)

    def by_commit(self, commit: str, repository: str, limit: int) -> list[LoggedPrediction]:
        return self._shared.by_commit(commit, repository, limit)

    def between(self, start: float, end: float, limit: int) -> list[LoggedPrediction]:
        return self._shared.between(start, end, limit)

    def vote(self, vote: Vote, *, cap: int, window_seconds: float) -> Vote:
        if self._file.get(vote.prediction_id) is not None:
            raise Unavailable(f"{self.where}: this prediction is on its way there. Vote again in a few seconds.")
        return self._shared.vote(vote, cap=cap, window_seconds=window_seconds)

    def votes(self, prediction_id: str) -> list[Vote]:
        return self._shared.votes(prediction_id)

    def votes_by_commit(self, repository: str, as_of: float) -> dict[str, list[Vote]]:
        return self._shared.votes_by_commit(repository, as_of)

    def rows(self, statement: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._shared.rows(statement, given)

    def sets(self) -> FeatureSets:
        return self._shared.sets()

    def close(self) -> None:
        self._closing.set()
        carrier = self._carrier
        if carrier is not None:
            carrier.join()
        self._file.close()
        self._shared.close()

    def _start_carrying(self) -> None:
        if self._carrier is None or not self._carrier.is_alive():
            self._carrier = threading.Thread(target=self._carry, name="prediction-log-carrier", daemon=True)
            self._carrier.start()

    def _carry(self) -> None:
        while not self._closing.is_set():
            try:
                self._shared.prepare()
                while self._carry_some():
                    pass
            except TemporaryError as error:
                self.trouble = f"predictions wait on this machine, for {error}"
                self._closing.wait(self._retry_seconds)
                continue
            with self._turn:
                if not self._file.count():
                    self._is_direct = True
                    self.trouble = ""
                    return

    def _carry_some(self) -> bool:
        last, rows, sets = self._file.first(_BATCH)
        if not rows or self._closing.is_set():
            return False
        self._shared.write(rows, sets)
        self._file.drop_until(last)
        return True
