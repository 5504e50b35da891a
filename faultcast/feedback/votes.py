"""Votes on one prediction -> what the majority holds.

* One account, one vote: a later one replaces the earlier, a withdrawn one counts for nobody.
* One account, limited weight: beyond `cap` predictions in a window of time its votes are kept and shown, but weigh
  nothing. The weight is decided when the vote is cast and kept with it, so that a tally never changes by itself.
* A majority is more than half of the weight, and at least `quorum` must have been cast. A tie stays open.
* An opinion is no evidence: what the majority holds becomes a label only where one of those who hold it vouches for
  it (`is_correction`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Opinion(StrEnum):
    """What an account holds of the change that was predicted."""

    INDUCING = "inducing"
    CLEAN = "clean"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Vote:
    """One account's word on one prediction's change."""

    prediction_id: str
    account: str  # a pseudonym
    opinion: Opinion
    at: float  # unix seconds
    is_correction: bool = False  # not an opinion: a label that the account vouches for
    fix: str = ""  # the commit that repaired the fault, where the account knows it
    comment: str = ""
    request_id: str = ""
    weight: float = 1.0  # 0 where the account has used up what it may weigh


@dataclass(frozen=True, slots=True)
class Tally:
    """What the accounts hold together."""

    prediction_id: str
    inducing: float  # weight
    clean: float
    accounts: int
    decided: Opinion | None  # None while it is open, as in a tie
    decided_at: float | None  # unix seconds of the vote since which it has been decided so
    is_corrected: bool  # decided, and somebody vouches for it
    corrected_at: float | None  # since when
    fix: str = ""  # the newest that a vouching account of the majority named


@dataclass(slots=True)
class _Count:
    """The state between two votes."""

    current: dict[str, Vote]
    decided: Opinion | None = None
    decided_at: float | None = None
    corrected_at: float | None = None

    def add(self, vote: Vote, quorum: int) -> None:
        self.current.pop(vote.account, None)  # so that the newest vote stands last
        self.current[vote.account] = vote
        held = _majority(self.current.values(), quorum)
        if held != self.decided:
            self.decided, self.decided_at, self.corrected_at = held, vote.at if held else None, None
        if not self.vouching():
            self.corrected_at = None
        elif self.corrected_at is None:
            self.corrected_at = vote.at

    def vouching(self) -> list[Vote]:
        """Votes of the majority that count as evidence, the newest last."""
        return [
            vote
            for vote in self.current.values()
            if vote.is_correction and vote.weight and vote.opinion == self.decided
        ]


def tally(prediction_id: str, votes: Iterable[Vote], quorum: int = 1) -> Tally:
    """Count votes in the order in which they were cast.

    Args:
        prediction_id: whatever the votes are on; it is handed on.
        votes: oldest first.
        quorum: weight that must have been cast before anything is decided.

    >>> ana = Vote("p", "ana", Opinion.INDUCING, 1, is_correction=True)
    >>> open_tie = tally("p", [ana, Vote("p", "ben", Opinion.CLEAN, 2)])
    >>> open_tie.decided is None, open_tie.is_corrected
    (True, False)
    >>> changed_mind = tally("p", [ana, Vote("p", "ben", Opinion.CLEAN, 2), Vote("p", "ben", Opinion.INDUCING, 3)])
    >>> changed_mind.decided.value, changed_mind.decided_at, changed_mind.is_corrected
    ('inducing', 3, True)
    """
    count = _Count({})
    for vote in votes:
        count.add(vote, quorum)
    standing = [vote for vote in count.current.values() if vote.opinion is not Opinion.WITHDRAWN]
    vouching = count.vouching()
    return Tally(
        prediction_id=prediction_id,
        inducing=_weight(standing, Opinion.INDUCING),
        clean=_weight(standing, Opinion.CLEAN),
        accounts=len(standing),
        decided=count.decided,
        decided_at=count.decided_at,
        is_corrected=bool(vouching),
        corrected_at=count.corrected_at,
        fix=next((vote.fix for vote in reversed(vouching) if vote.fix), ""),
    )


def _majority(votes: Iterable[Vote], quorum: int) -> Opinion | None:
    held = list(votes)
    inducing, clean = _weight(held, Opinion.INDUCING), _weight(held, Opinion.CLEAN)
    if inducing == clean or inducing + clean < quorum:
        return None
    return Opinion.INDUCING if inducing > clean else Opinion.CLEAN


def _weight(votes: Iterable[Vote], opinion: Opinion) -> float:
    return sum(vote.weight for vote in votes if vote.opinion is opinion)
