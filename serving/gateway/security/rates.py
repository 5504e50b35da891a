"""Token buckets: how often one principal may ask. Pure but for the clock, which is given.

A bucket holds at most `burst` tokens and gains `per_second` of them; a request takes one. A bucket that is full again
is the same as none, so only those who asked lately are remembered.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

_MOST = 20_000
"""Buckets remembered; beyond it the one that was asked for longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for a token."""

    allowed: bool
    burst: int
    per_second: float
    left: int
    """Whole tokens left."""
    full_in: float
    """Seconds until the bucket is full, if nobody asks."""
    retry_after: float
    """Seconds until there is a token; 0 if there was one."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).

        >>> Taken(True, 100, 50.0, 99, 0.02, 0.0).headers()
        [(b'ratelimit-policy', b'"caller";q=100;w=2'), (b'ratelimit', b'"caller";r=99;t=1')]
        """
        window = math.ceil(self.burst / self.per_second)
        return [
            (b"ratelimit-policy", b'"caller";q=%d;w=%d' % (self.burst, window)),
            (b"ratelimit", b'"caller";r=%d;t=%d' % (self.left, math.ceil(self.full_in))),
        ]


class Buckets:
    """A bucket for every name."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float], most: int = _MOST) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._most = most
        self._filled: dict[str, tuple[float, float]] = {}  # name -> tokens, as of when; oldest asked first

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, name: str) -> Taken | None:
        """Take a token; None where there is no limit."""
        if not self._per_second:
            return None
        now = self._clock()
        tokens, since = self._filled.pop(name, (float(self._burst), now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._per_second)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
        self._filled[name] = (tokens, now)
        self._forget(now)
        missing = 0.0 if allowed else (1 - tokens) / self._per_second
        full_in = (self._burst - tokens) / self._per_second
        return Taken(allowed, self._burst, self._per_second, math.floor(tokens), full_in, missing)

    def _forget(self, now: float) -> None:
        """Drop up to two of the oldest: more than come in, so that the table shrinks back after a flood."""
        for _ in range(2):
            oldest = next(iter(self._filled))
            tokens, since = self._filled[oldest]
            is_full = tokens + (now - since) * self._per_second >= self._burst
            if not is_full and len(self._filled) <= self._most:
                return
            if len(self._filled) == 1:
                return
            del self._filled[oldest]
