"""Redis as a place for answers: fast or not at all.

A cache that is slow or away must cost nothing: every call has a short timeout, what fails counts as
a miss, and after a failure Redis is left alone for a pause. Nothing here raises; `failures` counts.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from faultcast.errors import UsageError

TIMEOUT_SECONDS = 0.1
"""For a connection or an answer; scoring itself takes less."""
PAUSE_SECONDS = 2.0
"""Redis is left alone after a failure."""
CONNECTIONS = 16
PENDING = 64
"""Answers on their way to Redis; more are dropped."""
PREFIX = "faultcast:answer:"

_log = logging.getLogger(__name__)


class ResponseCache:
    """Bytes by key in Redis, each for some seconds. For one event loop.

    Args:
        url: `redis://[user:password@]host:port/db`, `rediss://…` (TLS) or `unix://path`.
        seconds: how long an answer is kept.
        max_bytes: of one answer; larger ones are neither kept nor read, whoever wrote them.
        clock: seconds that never run backwards.

    Raises:
        UsageError: the address cannot be read.
    """

    def __init__(
        self, url: str, *, seconds: float, max_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = _connect(url)
        self._milliseconds = max(1, int(seconds * 1000))
        self._max_bytes = max_bytes
        self._clock = clock
        self._again_at = 0.0
        self._pending: set[asyncio.Task[None]] = set()
        self.failures = 0

    @property
    def is_resting(self) -> bool:
        """Whether it failed a moment ago and is left alone."""
        return self._clock() < self._again_at

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """What is kept under the keys, in their order."""
        misses: list[bytes | None] = [None] * len(keys)
        if self.is_resting:
            return misses
        # GETRANGE, not MGET: it bounds what is read, and a key of another kind spoils only itself.
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.getrange(PREFIX + key, 0, self._max_bytes)
        found = await self._try(pipe.execute(raise_on_error=False))
        if not isinstance(found, list):
            return misses
        return [text if isinstance(text, bytes) and 0 < len(text) <= self._max_bytes else None for text in found]

    def put(self, values: Mapping[str, bytes]) -> None:
        """Keep values, soon: nobody waits for it."""
        if self.is_resting or len(self._pending) >= PENDING:
            return
        task = asyncio.get_running_loop().create_task(self._put(values))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def settled(self) -> None:
        """Wait until what was put lies in Redis, or failed."""
        if self._pending:
            await asyncio.wait(self._pending)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.settled()
        await self._try(self._client.aclose())

    async def _put(self, values: Mapping[str, bytes]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for key, value in values.items():
            if len(value) <= self._max_bytes:
                pipe.set(PREFIX + key, value, px=self._milliseconds)
        await self._try(pipe.execute(raise_on_error=False))

    async def _try(self, call: Awaitable[object]) -> object:
        try:
            async with asyncio.timeout(3 * TIMEOUT_SECONDS):
                return await call
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            # ValueError: what answers on that port is no Redis.
            self.failures += 1
            self._again_at = self._clock() + PAUSE_SECONDS
            _log.warning("the cache in Redis does not answer (%s); going on without it", type(error).__name__)
            return None


def _connect(url: str) -> "redis.asyncio.Redis":
    try:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise UsageError(
            "FAULTCAST_CACHE: found an address that cannot be read, expected redis://host:port/0, rediss://… or unix://…"
        ) from None
    return redis.asyncio.Redis.from_pool(pool)
