"""Shadow scoring: another model scores what was answered already, off the request's path.

A request offers its work and goes on at once. A queue that is full drops what it is offered and counts that; whatever
goes wrong while a shadow scores is counted and reaches nobody who asked.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from faultcast.errors import FaultcastError
from serving.scoring.forecaster import Served
from serving.wire.requests import Request, Scored

log = logging.getLogger(__name__)

OnShadow = Callable[[Served, Sequence[Request], Sequence[Scored]], Awaitable[None]]
"""Told what a shadow said, inside the context variables (request id) of the request that it was asked about."""
Score = Callable[[], Awaitable[Sequence[Scored]]]


@dataclass(slots=True)
class Counts:
    """How many offers came to what, since the start."""

    scored: int = 0
    dropped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    served: Served
    requests: Sequence[Request]
    score: Score
    context: contextvars.Context


class Shadow:
    """A bounded queue and one task that works it off. Made and used inside one event loop."""

    def __init__(self, told: OnShadow, waiting: int = 256) -> None:
        """`told` hears of every result; at most `waiting` offers are kept."""
        self.counts = Counts()
        self._told = told
        self._queue: asyncio.Queue[_Work] = asyncio.Queue(waiting)
        self._worker: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None

    def offer(self, served: Served, requests: Sequence[Request], score: Score) -> bool:
        """Keep the work for later; False, and counted, where too much is waiting already."""
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        try:
            self._queue.put_nowait(_Work(served, requests, score, contextvars.copy_context()))
        except asyncio.QueueFull:
            self.counts.dropped += 1
            return False
        return True

    async def drained(self) -> None:
        """Wait until all that was kept is done."""
        await self._queue.join()

    async def close(self) -> None:
        """Stop; what is waiting is dropped."""
        for task in filter(None, (self._worker, self._running)):
            task.cancel()
            await asyncio.wait({task})
        self._worker = self._running = None

    async def _work(self) -> None:
        while True:
            work = await self._queue.get()
            self._running = asyncio.create_task(self._one(work), context=work.context)
            # Waited for, not awaited: its error is looked at, whatever it is, and ends nothing here.
            await asyncio.wait({self._running})
            self._queue.task_done()
            if error := self._running.exception():
                self.counts.failed += 1
                # A refusal of ours is an answer like any other; anything else is a defect that somebody should see.
                trace = None if isinstance(error, FaultcastError) else error
                log.warning("%s did not score: %s", work.served.alias, error, exc_info=trace)
            else:
                self.counts.scored += 1

    async def _one(self, work: _Work) -> None:
        await self._told(work.served, work.requests, await work.score())
