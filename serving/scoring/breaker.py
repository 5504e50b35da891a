"""A circuit breaker and a retry budget: what keeps a server that is in trouble from being asked to death.

Pure state machines; the clock is given, nothing sleeps. Sources: Nygard, *Release It!* (2nd ed. 2018), chapter 5;
the budget is that of Finagle's `RetryBudget` (every request earns a part of a retry).

    closed --threshold failures in a row--> open --open_seconds--> half-open --the probe succeeds--> closed
                                              ^                        |
                                              +----the probe fails-----+
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Clock = Callable[[], float]
"""Seconds that never go back."""


class State(StrEnum):
    """Of a breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to ask once. To be given back with `Breaker.tell`, whatever came of it."""

    era: int
    """Which closed time or which probe it belongs to: what an earlier one says counts no more."""


class Breaker:
    """Counts failures in a row; after `threshold` of them nobody asks for `open_seconds`, then one request does."""

    def __init__(self, threshold: int = 5, open_seconds: float = 5.0, clock: Clock = time.monotonic) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._era = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """As of now."""
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._probing or self._wait() <= 0 else State.OPEN

    @property
    def retry_after(self) -> float:
        """Seconds until somebody may ask; while one does, as long as an open breaker waits; 0 while closed."""
        if self._opened_at is None:
            return 0.0
        return self._open_seconds if self._probing else max(0.0, self._wait())

    def permit(self) -> Permit | None:
        """Leave to ask, or None: nobody may, or in the half-open state somebody does already."""
        if self._opened_at is not None:
            if self._probing or self._wait() > 0:
                return None
            self._probing = True
            self._era += 1
        return Permit(self._era)

    def tell(self, permit: Permit, *, worked: bool | None) -> None:
        """What came of it; None: nothing is known, the request was given up by who asked."""
        if permit.era != self._era:
            return
        if worked:
            self._failures = 0
            if self._probing:
                self._opened_at, self._probing = None, False
        elif self._probing:
            self._probing = False
            if worked is False:
                self._open()
        elif worked is False:
            self._failures += 1
            if self._failures >= self._threshold:
                self._open()

    def _open(self) -> None:
        self._opened_at, self._failures = self._clock(), 0
        self._era += 1

    def _wait(self) -> float:
        return 0.0 if self._opened_at is None else self._opened_at + self._open_seconds - self._clock()


class RetryBudget:
    """A bucket of tokens: a request puts `share` of one in, a retry takes one out.

    Over any number of requests n there are at most ``1 + share * n`` retries, and never more than `most` at once.

    >>> budget = RetryBudget(share=0.5)
    >>> [budget.take() for _ in range(2)]
    [True, False]
    """

    def __init__(self, share: float = 0.1, most: float = 10.0) -> None:
        # Counted in whole parts of a token, so that ten tenths are one.
        self._parts = round(1 / share)
        self._most = round(most * self._parts)
        self._tokens = self._parts

    def asked(self) -> None:
        """Somebody asked for the first time."""
        self._tokens = min(self._most, self._tokens + 1)

    def take(self) -> bool:
        """Whether one more try is paid for."""
        if self._tokens < self._parts:
            return False
        self._tokens -= self._parts
        return True
