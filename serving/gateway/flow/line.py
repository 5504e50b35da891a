"""The line before the model: bounded, in order of arrival; identical requests stand in it once.

Whoever finds it full is told at once when to come back, so that those inside are still answered in time.
Whoever waited too long, or has gone, is taken out before anything is scored for them.

A scorer in this process may compute without ever giving way to the event loop. Jobs are therefore
started one turn of the loop after they arrived: all that came in together have joined the line by
then, and the bound holds for them, too.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from faultcast.errors import PermanentError, TooMany, Unavailable
from serving.scoring.forecaster import Forecaster
from serving.wire.requests import Request, Scored

Gone = Callable[[], Awaitable[bool]]
"""Whether the client has gone away."""

PATIENCE_SECONDS = 0.1
"""Asking whether a client is still there costs more than scoring does; whoever waited less is not asked."""
LONGEST_RETRY_SECONDS = 60.0
_LEARNING = 0.1
"""Weight of the newest job in the mean time that one takes."""


@dataclass(slots=True)
class LineStats:
    """Counts since the start; `waiting` and `running` are of now."""

    waiting: int = 0
    running: int = 0
    scored: int = 0
    coalesced: int = 0
    refused: int = 0
    expired: int = 0
    gone: int = 0


@dataclass(eq=False, slots=True)
class _Waiter:
    answer: "asyncio.Future[list[Scored]]"
    gone: Gone | None


@dataclass(eq=False, slots=True)
class _Job:
    names: tuple[str, ...]
    requests: Sequence[Request]
    key: str
    top: int
    group: object
    arrived: float
    alone: bool = False
    waiters: list[_Waiter] = field(default_factory=list)

    def wanted(self) -> bool:
        return any(not waiter.answer.done() for waiter in self.waiters)

    def settle(self, scored: list[Scored] | None, error: BaseException | None) -> None:
        for waiter in self.waiters:
            if waiter.answer.done():
                continue
            if error is not None:
                waiter.answer.set_exception(error)
            elif scored is not None:
                waiter.answer.set_result(scored)


class Line:
    """Jobs that wait for a forecaster. For one event loop; nothing here blocks it."""

    def __init__(
        self,
        forecaster: Forecaster,
        *,
        at_once: int,
        waiting: int,
        together: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forecaster = forecaster
        self._at_once = at_once
        self._most = waiting
        self._together = together
        self._clock = clock
        self._waiting: deque[_Job] = deque()
        self._jobs: dict[tuple[str, ...], _Job] = {}
        self._tasks: set[asyncio.Task[list[Scored]]] = set()
        self._is_woken = False
        self._seconds_each = 0.0
        self.stats = LineStats()

    async def ask(
        self,
        names: tuple[str, ...],
        requests: Sequence[Request],
        *,
        key: str,
        top: int,
        group: object,
        seconds: float,
        gone: Gone | None = None,
    ) -> list[Scored]:
        """Wait for the scores of requests; the same `names` at the same time are scored once.

        Args:
            names: what the requests are the same by, in their order.
            requests: as many as names.
            key: decides which model answers.
            top: reasons for each.
            group: requests of one group may be scored in one call, by the key of the first.
            seconds: from now until the answer is worth nothing any more.
            gone: tells whether the client has gone away.

        Raises:
            TooMany: the line is full; `retry_after` tells when there will be room.
            Unavailable: time was up, or the client had gone.
            FaultcastError: whatever the forecaster raised.
        """
        job = self._jobs.get(names)
        if job is None:
            job = self._join(_Job(names, requests, key, top, group, self._clock()))
        else:
            self.stats.coalesced += 1
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), gone)
        job.waiters.append(waiter)
        timer = loop.call_later(seconds, self._expire, waiter, seconds)
        try:
            return await waiter.answer
        finally:
            timer.cancel()

    def retry_after(self) -> float:
        """Whole seconds until a line as long as now is scored, by how long jobs took lately; at least 1."""
        seconds = self._seconds_each * (len(self._waiting) + 1) / self._at_once
        return min(max(math.ceil(seconds), 1.0), LONGEST_RETRY_SECONDS)

    def full(self) -> float | None:
        """`retry_after` while no further job is taken; None while there is room."""
        if len(self._waiting) >= self._most:
            self._sweep()
        if len(self._waiting) < self._most:
            return None
        self.stats.refused += 1
        return self.retry_after()

    async def drained(self) -> None:
        """Wait for what is being scored now."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _join(self, job: _Job) -> _Job:
        if (retry_after := self.full()) is not None:
            raise TooMany(
                f"{len(self._waiting)} requests wait to be scored, the most that may; try again in {retry_after:g} s",
                retry_after,
            )
        self._waiting.append(job)
        self._jobs[job.names] = job
        self.stats.waiting = len(self._waiting)
        if not self._is_woken and self.stats.running < self._at_once:
            self._is_woken = True
            asyncio.get_running_loop().call_soon(self._start)
        return job

    def _sweep(self) -> None:
        """Take out those that nobody waits for any more."""
        wanted = [job for job in self._waiting if job.wanted()]
        for job in self._waiting:
            if not job.wanted():
                self._forget(job)
        self._waiting = deque(wanted)

    def _forget(self, job: _Job) -> None:
        if self._jobs.get(job.names) is job:
            del self._jobs[job.names]

    def _expire(self, waiter: _Waiter, seconds: float) -> None:
        if not waiter.answer.done():
            self.stats.expired += 1
            waiter.answer.set_exception(
                Unavailable(f"not scored within {seconds:g} s: others wait, or the model is slow; try again later")
            )

    def _start(self) -> None:
        self._is_woken = False
        while self.stats.running < self._at_once and (jobs := self._next()):
            self.stats.running += 1
            task = asyncio.get_running_loop().create_task(self._score(jobs))
            self._tasks.add(task)
            task.add_done_callback(partial(self._settle, jobs, self._clock()))

    def _next(self) -> list[_Job]:
        """The first job that somebody still waits for, and those right behind it that may go with it."""
        jobs: list[_Job] = []
        size = 0
        while self._waiting:
            job = self._waiting[0]
            if not job.wanted():
                self._forget(self._waiting.popleft())
                continue
            together = jobs and not (job.alone or jobs[0].alone) and job.group == jobs[0].group
            if jobs and not (together and size + len(job.requests) <= self._together):
                break
            jobs.append(self._waiting.popleft())
            size += len(job.requests)
        self.stats.waiting = len(self._waiting)
        return jobs

    async def _score(self, jobs: list[_Job]) -> list[Scored]:
        for job in jobs:
            if self._clock() - job.arrived > PATIENCE_SECONDS:
                await self._ask_whether_gone(job)
        for job in [job for job in jobs if not job.wanted()]:
            jobs.remove(job)
            self._forget(job)
        requests = [request for job in jobs for request in job.requests]
        return await self._forecaster.score(requests, key=jobs[0].key, top=jobs[0].top) if jobs else []

    async def _ask_whether_gone(self, job: _Job) -> None:
        for waiter in job.waiters:
            if (
                waiter.gone is not None
                and not waiter.answer.done()
                and await waiter.gone()
                and not waiter.answer.done()
            ):
                self.stats.gone += 1
                waiter.answer.set_exception(Unavailable("the client went away before its change was scored"))

    def _settle(self, jobs: list[_Job], began: float, task: "asyncio.Task[list[Scored]]") -> None:
        self._tasks.discard(task)
        self.stats.running -= 1
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if isinstance(error, PermanentError) and len(jobs) > 1:
            self._one_by_one(jobs)
        else:
            self._answer(jobs, [] if error else task.result(), error, self._clock() - began)
        self._start()

    def _one_by_one(self, jobs: list[_Job]) -> None:
        """One of them is wrong, and the others shall not pay for it."""
        for job in reversed(jobs):
            job.alone = True
            self._waiting.appendleft(job)

    def _answer(self, jobs: list[_Job], scored: list[Scored], error: BaseException | None, seconds: float) -> None:
        at = 0
        for job in jobs:
            self._forget(job)
            job.settle(scored[at : at + len(job.requests)], error)
            at += len(job.requests)
        if jobs:
            self.stats.scored += len(jobs)
            self._seconds_each += _LEARNING * (seconds / len(jobs) - self._seconds_each)
