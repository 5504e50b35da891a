"""Answers kept for a while: in this process, or in Redis where replicas share them. One setting chooses."""

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from faultcast.adapters.response_cache import ResponseCache
from faultcast.settings import Settings
from serving.gateway.flow import kept
from serving.wire.requests import Scored


class Cache(Protocol):
    """Answers by key. It never raises: what cannot be had is a miss."""

    async def get(self, keys: Sequence[str]) -> list[Scored | None]:
        """Answers in the order of the keys, None where there is none."""
        ...

    async def put(self, answers: Mapping[str, Scored]) -> None:
        """Keep answers, for as long and as far as there is room."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MemoryCache:
    """The answers asked for last, at most `max_bytes` of them, none older than `seconds`."""

    def __init__(self, *, seconds: float, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._clock = clock
        self._answers: OrderedDict[str, tuple[float, int, Scored]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    async def get(self, keys: Sequence[str]) -> list[Scored | None]:
        now = self._clock()
        return [self._find(key, now) for key in keys]

    async def put(self, answers: Mapping[str, Scored]) -> None:
        until = self._clock() + self._seconds
        for key, scored in answers.items():
            self._drop(key)
            size = weight(scored)
            self._answers[key] = (until, size, scored)
            self.size_bytes += size
        while self.size_bytes > self._max_bytes:
            self._drop(next(iter(self._answers)))

    async def close(self) -> None:
        self._answers.clear()
        self.size_bytes = 0

    def _find(self, key: str, now: float) -> Scored | None:
        found = self._answers.get(key)
        if found is None:
            return None
        if found[0] <= now:
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return found[2]

    def _drop(self, key: str) -> None:
        found = self._answers.pop(key, None)
        if found is not None:
            self.size_bytes -= found[1]


class SharedCache:
    """The same answers for all replicas, as checked JSON in Redis."""

    def __init__(self, store: ResponseCache) -> None:
        self._store = store

    async def get(self, keys: Sequence[str]) -> list[Scored | None]:
        found = await self._store.get(keys)
        return [None if text is None else kept.read(text) for text in found]

    async def put(self, answers: Mapping[str, Scored]) -> None:
        self._store.put({key: kept.write(scored) for key, scored in answers.items()})

    async def close(self) -> None:
        await self._store.close()


def weight(scored: Scored) -> int:
    """Bytes that an answer takes in memory, counted rather too high than too low."""
    reasons = sum(_TEXTS + 2 * len(reason.text) for reason in scored.prediction.reasons)
    assumed = sum(_TEXTS + 2 * (len(one.field) + len(one.instead)) for one in scored.assumed)
    return _OBJECTS + sys.getsizeof(scored.values) + 32 * len(scored.values) + reasons + assumed


_OBJECTS = 1_000
"""Bytes of the key, its entry, the answer and its prediction."""
_TEXTS = 300
"""Bytes of a reason or an assumption without its text."""


def open_cache(settings: Settings) -> Cache:
    """The cache that the settings name: empty is this process's memory, `redis://…` a Redis.

    Raises:
        UsageError: the address cannot be read.
    """
    if settings.cache:
        return SharedCache(ResponseCache(settings.cache, seconds=settings.cache_seconds, max_bytes=kept.MAX_BYTES))
    return MemoryCache(seconds=settings.cache_seconds, max_bytes=settings.cache_megabytes * 1_000_000)
