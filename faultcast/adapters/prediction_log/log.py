"""`PredictionLog`: what the gateway writes predictions to and reads them from."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from faultcast.adapters.prediction_log.rows import FeatureSets, row
from faultcast.adapters.prediction_log.shape import Store
from faultcast.adapters.prediction_log.writer import LINGER_SECONDS, GroupCommit
from faultcast.errors import NotFound
from faultcast.records import Label, LoggedPrediction

if TYPE_CHECKING:
    from faultcast.monitoring.settled import Settled
    from faultcast.monitoring.window import Window

WAITING = 10_000
STALL_SECONDS = 5.0


class PredictionLog:
    """Append-only. `append` may be called from an event loop; all else blocks for milliseconds: call it in a thread.

    Args:
        store: the database; closed with the log.
        waiting: predictions that may wait to be written.
        stall_seconds: how long one may wait.
    """

    def __init__(
        self,
        store: Store,
        *,
        waiting: int = WAITING,
        stall_seconds: float = STALL_SECONDS,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self.store = store
        self._sets = FeatureSets()
        self._writer = GroupCommit(
            lambda rows: store.write(rows, self._sets),
            where=store.where,
            limit=waiting,
            stall_seconds=stall_seconds,
            linger_seconds=linger_seconds,
        )

    @property
    def where(self) -> str:
        """Its place, to be shown; without a password."""
        return self.store.where

    @property
    def waiting(self) -> int:
        """Predictions that are not kept yet."""
        return self._writer.waiting

    def state(self) -> dict[str, str | int]:
        """How it does: `where`; `waiting`, not kept yet; `elsewhere`, kept on this machine until the database is back;
        `trouble`, why."""
        return {
            "where": self.where,
            "waiting": self.waiting,
            "elsewhere": self.store.elsewhere(),
            "trouble": self.store.trouble,
        }

    async def append(self, *predictions: LoggedPrediction) -> None:
        """Return once the predictions are kept for good: synced to the disk, or committed by the database.

        Raises:
            Unavailable: too many wait already, or these waited too long (they may be kept all the same).
            OutOfSpace: the disk is full.
        """
        await self._writer.append([row(prediction, self._sets) for prediction in predictions])

    def append_now(self, predictions: Sequence[LoggedPrediction]) -> None:
        """The same, for a thread."""
        self._writer.append_now([row(prediction, self._sets) for prediction in predictions])

    def get(self, prediction_id: str) -> LoggedPrediction:
        """Return one prediction.

        Raises:
            NotFound: there is none with this id.
            Unavailable: the database does not answer.
        """
        found = self.store.get(prediction_id)
        if found is None:
            raise NotFound(
                f"prediction {prediction_id!r}: no such prediction is kept. Send the `prediction_id` of an answer."
            )
        return found

    async def find(self, prediction_id: str) -> LoggedPrediction | None:
        """The same for an event loop; None where the id is unknown."""
        return await asyncio.to_thread(self.store.get, prediction_id)

    def by_commit(self, commit: str, repository: str = "", *, limit: int = 100) -> list[LoggedPrediction]:
        """Return what was predicted of a commit, newest first; an empty repository means any."""
        return self.store.by_commit(commit, repository, limit)

    def between(self, start: float, end: float, *, limit: int = 100) -> list[LoggedPrediction]:
        """Return a span's predictions (``start <= at < end``, unix seconds), newest first."""
        return self.store.between(start, end, limit)

    def window(self, start: float, end: float, *, limit: int = 50_000) -> "Window":
        """Return a span's predictions (``start <= at < end``) as columns, the newest `limit` of them."""
        from faultcast.adapters.prediction_log import columns  # noqa: PLC0415  who only writes needs no NumPy

        return columns.window(self.store.rows, self.store.sets(), start, end, limit)

    def outcomes(self, repository: str, labels: Iterable[Label], as_of: float) -> "list[Settled]":
        """Join what was first predicted of each commit with its label, as both were known at `as_of` (unix seconds)."""
        from faultcast.adapters.prediction_log import columns  # noqa: PLC0415
        from faultcast.monitoring.settled import settled  # noqa: PLC0415

        return settled(columns.given(self.store.rows, repository, as_of), labels, as_of)

    def close(self) -> None:
        """Keep what waits, then close the database."""
        self._writer.close()
        self.store.close()
