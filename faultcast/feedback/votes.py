"""Votes on one prediction -> what the majority holds.

* One account, one vote: a later one replaces the earlier, a withdrawn one counts for nobody.
* One account, limited weight: beyond `cap` predictions in a window of time its votes are kept and shown, but weigh
  nothing. The weight is decided when the vote is cast and kept with it, so that a tally never changes by itself.
* A majority is more than half of the weight, and at least `quorum` votes must have been cast. A tie stays open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Opinion(StrEnum):
    """What an account holds of the change that was predicted."""

    INDUCING = "inducing"
    CLEAN = "clean"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Vote:
    """One account's word on one prediction. `account` is a pseudonym, `at` unix seconds, `weight` 0 or 1."""

    prediction_id: str
    account: str
    opinion: Opinion
    at: float
    comment: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What the accounts hold together. `decided` is None while it is open; then `decided_at` is None, too."""

    prediction_id: str
    inducing: float
    clean: float
    accounts: int
    decided: Opinion | None
    decided_at: float | None
    """Unix seconds of the vote that decided it, the last time that it was decided."""


def tally(prediction_id: str, votes: Iterable[Vote], quorum: int = 1) -> Tally:
    """Count votes in the order in which they were cast.

    Args:
        votes: on this prediction (or on predictions of one commit), oldest first.
        quorum: weight that must have been cast before anything is decided.

    >>> votes = [Vote("p", "ana", Opinion.INDUCING, 1), Vote("p", "ben", Opinion.CLEAN, 2)]
    >>> tally("p", votes).decided is None
    True
    >>> tally("p", [*votes, Vote("p", "ben", Opinion.INDUCING, 3)]).decided
    <Opinion.INDUCING: 'inducing'>
    """
    current: dict[str, Vote] = {}
    decided: Opinion | None = None
    decided_at: float | None = None
    for vote in votes:
        current[vote.account] = vote
        held = _majority(list(current.values()), quorum)
        if held != decided:
            decided, decided_at = held, vote.at if held else None
    standing = [vote for vote in current.values() if vote.opinion is not Opinion.WITHDRAWN]
    return Tally(
        prediction_id,
        _weight(standing, Opinion.INDUCING),
        _weight(standing, Opinion.CLEAN),
        len(standing),
        decided,
        decided_at,
    )


def _majority(votes: Sequence[Vote], quorum: int) -> Opinion | None:
    inducing, clean = _weight(votes, Opinion.INDUCING), _weight(votes, Opinion.CLEAN)
    if inducing == clean or inducing + clean < quorum:
        return None
    return Opinion.INDUCING if inducing > clean else Opinion.CLEAN


def _weight(votes: Sequence[Vote], opinion: Opinion) -> float:
    return sum(vote.weight for vote in votes if vote.opinion is opinion)
