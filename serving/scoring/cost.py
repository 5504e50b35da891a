"""What a change costs, and so whether it is scored where it is asked or beside the event loop."""

import time
from dataclasses import dataclass
from typing import Self

from faultcast.features.catalogue import NAMES
from serving.scoring.scorer import Scorer
from serving.wire.requests import RawFeatures

WORKERS = 2
"""Threads that compute what takes longer than `INLINE_SECONDS`."""
INLINE_SECONDS = 0.002
"""What may hold the event loop up: a thread costs about as much again, and waits longer for the interpreter."""
REASONS = 5
"""Reasons of a change, unless more or fewer are asked for."""
_DEAREST = RawFeatures(dict.fromkeys(NAMES), "word " * 512)
"""Every value is missing, so each has its reason; and a text as long as any that a model reads to its end."""
_TIMED = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that one change of raw features takes: its risk alone, and with its reasons."""

    risk_seconds: float
    reasons_seconds: float

    @classmethod
    def of(cls, scorer: Scorer) -> Self:
        """Measured: the best of some, the others were disturbed."""
        return cls(_seconds(scorer, 0), _seconds(scorer, REASONS))

    def is_small(self, changes: int, top: int) -> bool:
        """Whether so many changes, with `top` reasons each, may be scored within the event loop."""
        return changes * (self.reasons_seconds if top else self.risk_seconds) <= INLINE_SECONDS


def _seconds(scorer: Scorer, top: int) -> float:
    found = []
    for _ in range(_TIMED):
        started = time.perf_counter()
        scorer.score([_DEAREST], top)
        found.append(time.perf_counter() - started)
    return min(found)
