"""`Feedback`: votes that are kept, and what they come to."""

from typing import Protocol

from faultcast.feedback.votes import Tally, Vote, tally

WINDOW_DAYS = 30.0
CAP = 100
"""Predictions on which one account's votes may weigh within the window."""


class Votes(Protocol):
    """Where votes are kept: append-only."""

    def vote(self, vote: Vote, *, cap: int, window_seconds: float) -> Vote:
        """Keep a vote for good, with the weight that its account has left.

        Raises:
            NotFound: no prediction has this id.
            TemporaryError: it cannot be kept now.
        """
        ...

    def votes(self, prediction_id: str) -> list[Vote]:
        """All votes on a prediction, oldest first."""
        ...


class Feedback:
    """Blocks for milliseconds; safe to call from threads.

    Args:
        votes: where they are kept.
        quorum: weight that must have been cast before a majority decides.
        cap: predictions on which one account's votes may weigh within 30 days.
    """

    def __init__(self, votes: Votes, *, quorum: int = 1, cap: int = CAP) -> None:
        self._votes = votes
        self._quorum = quorum
        self._cap = cap

    def vote(self, vote: Vote) -> Tally:
        """Keep a vote; return what all votes on its prediction come to now.

        Raises:
            NotFound: no prediction has this id.
            TemporaryError: it cannot be kept now.
        """
        self._votes.vote(vote, cap=self._cap, window_seconds=WINDOW_DAYS * 86_400)
        return self.standing(vote.prediction_id)

    def standing(self, prediction_id: str) -> Tally:
        """What all votes on a prediction come to."""
        return tally(prediction_id, self._votes.votes(prediction_id), self._quorum)
