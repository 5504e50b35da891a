"""What a database of predictions and votes can do, whichever it is. All methods block; none is for an event loop."""

from collections.abc import Sequence
from typing import Any, Protocol

from faultcast.adapters.prediction_log.rows import FeatureSets, Row
from faultcast.feedback import Vote
from faultcast.records import LoggedPrediction


class Store(Protocol):
    """Append-only: rows are added and read, never changed, never removed.

    Raises:
        Unavailable: the database does not answer.
        OutOfSpace: its disk is full.
    """

    where: str
    """Its place, to be shown; without a password."""

    trouble: str
    """Why predictions wait elsewhere; empty while none does."""

    def elsewhere(self) -> int:
        """Predictions that are kept for good, but not in this database yet."""
        ...

    def write(self, rows: Sequence[Row], sets: FeatureSets) -> None:
        """Keep rows for good, in this order, all or none; one whose id is kept already is passed over."""
        ...

    def get(self, prediction_id: str) -> LoggedPrediction | None: ...

    def by_commit(self, commit: str, repository: str, limit: int) -> list[LoggedPrediction]:
        """Of one commit, newest first; an empty repository means any."""
        ...

    def between(self, start: float, end: float, limit: int) -> list[LoggedPrediction]:
        """Of a span, ``start <= at < end``, newest first."""
        ...

    def vote(self, vote: Vote, *, cap: int, window_seconds: float) -> Vote:
        """Keep a vote for good with the weight that its account has left; see `faultcast.feedback`."""
        ...

    def votes(self, prediction_id: str) -> list[Vote]:
        """All votes on a prediction in the order in which they came, replaced ones among them."""
        ...

    def votes_by_commit(self, repository: str, as_of: float) -> dict[str, list[Vote]]:
        """All votes until `as_of` on predictions of one repository's commits, by commit."""
        ...

    def rows(self, statement: str, given: Sequence[object], /) -> list[tuple[Any, ...]]:
        """Whatever else is to be read: all rows of one statement, whose values are written `?`."""
        ...

    def sets(self) -> FeatureSets:
        """All sets of features that the database knows."""
        ...

    def close(self) -> None: ...
