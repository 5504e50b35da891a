"""Answers kept for a while: in this process, or in Redis where replicas share them. One setting chooses.

Kept is text, not objects: less memory, and nothing for Python's collector to look through.
"""

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from faultcast.adapters.response_cache import ResponseCache
from faultcast.settings import Settings
from serving.gateway.flow import kept
from serving.wire.requests import Scored


class Store(Protocol):
    """Bytes by key. It never raises: what cannot be had is a miss."""

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """What is kept under the keys, in their order."""
        ...

    def put(self, values: Mapping[str, bytes]) -> None:
        """Keep values, for as long and as far as there is room."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Cache:
    """Answers by key, as checked JSON in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, keys: Sequence[str]) -> list[Scored | None]:
        """Answers in the order of the keys, None where there is none."""
        found = await self._store.get(keys)
        return [None if text is None else kept.read(text) for text in found]

    def put(self, answers: Mapping[str, Scored]) -> None:
        """Keep answers."""
        self._store.put({key: kept.write(scored) for key, scored in answers.items()})

    async def close(self) -> None:
        """Let go of the store."""
        await self._store.close()


class MemoryStore:
    """What was asked for last, at most `max_bytes` of it, none older than `seconds`."""

    def __init__(self, *, seconds: float, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        now = self._clock()
        return [self._find(key, now) for key in keys]

    def put(self, values: Mapping[str, bytes]) -> None:
        until = self._clock() + self._seconds
        for key, value in values.items():
            self._drop(key)
            # A copy takes what it holds; whoever wrote the value (orjson) may have taken several times as much.
            self._values[key] = (until, memoryview(value).tobytes())
            self.size_bytes += weight(key, value)
        while self.size_bytes > self._max_bytes:
            self._drop(next(iter(self._values)))

    async def close(self) -> None:
        self._values.clear()
        self.size_bytes = 0

    def _find(self, key: str, now: float) -> bytes | None:
        found = self._values.get(key)
        if found is None:
            return None
        if found[0] <= now:
            self._drop(key)
            return None
        self._values.move_to_end(key)
        return found[1]

    def _drop(self, key: str) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self.size_bytes -= weight(key, found[1])


def weight(key: str, value: bytes) -> int:
    """Bytes that an entry takes in memory."""
    return sys.getsizeof(key) + sys.getsizeof(value) + _ENTRY


_ENTRY = 300
"""Bytes of the pair, its number and its places in the dictionary and its order."""


def open_store(settings: Settings) -> Store:
    """The store that the settings name: empty is this process's memory, `redis://…` a Redis.

    Raises:
        UsageError: the address cannot be read.
    """
    if settings.cache:
        return ResponseCache(settings.cache, seconds=settings.cache_seconds, max_bytes=kept.MAX_BYTES)
    return MemoryStore(seconds=settings.cache_seconds, max_bytes=settings.cache_megabytes * 1_000_000)
