"""Group commit: many predictions a transaction, one sync for all, and who waits for one is told when it is kept.

A thread of its own writes. A lone prediction is written at once; where they came together last time, the next group is
started `linger_seconds` after the last at the earliest, so that the number of syncs a second is bounded whatever the
number of requests.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from faultcast.adapters.prediction_log.rows import Row
from faultcast.errors import FaultcastError, Unavailable

LINGER_SECONDS = 0.002
GROUP = 1_000
"""Rows that one transaction takes at most, give or take those that came together."""


class _Waiting(NamedTuple):
    rows: Sequence[Row]
    loop: asyncio.AbstractEventLoop | None  # None: a thread waits
    done: "asyncio.Future[None] | _Done"


class _Done:
    """What a thread waits for."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.error: FaultcastError | None = None


class GroupCommit:
    """Writes rows in the order in which they were given. Usable from any thread and from any event loop.

    Args:
        write: keeps rows for good, all or none of them; called from one thread only.
        begin: called once in that thread before the first write; `end` after the last.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Row]], None],
        *,
        where: str,
        limit: int,
        stall_seconds: float,
        end: Callable[[], None] = lambda: None,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._write = write
        self._end = end
        self._where = where
        self._limit = limit
        self._stall_seconds = stall_seconds
        self._linger_seconds = linger_seconds
        self._groups: deque[_Waiting] = deque()
        self._count = 0
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that are not kept yet."""
        return self._count

    async def append(self, rows: Sequence[Row]) -> None:
        """Return once the rows are kept.

        Raises:
            Unavailable: too many wait already, or these did for too long (they may be kept all the same, later).
            OutOfSpace: the disk is full.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._enqueue(_Waiting(rows, loop, done))
        try:
            async with asyncio.timeout(self._stall_seconds):
                await done
        except TimeoutError as error:
            raise self._stalled() from error

    def append_now(self, rows: Sequence[Row]) -> None:
        """The same for a thread; it blocks."""
        done = _Done()
        self._enqueue(_Waiting(rows, None, done))
        if not done.event.wait(self._stall_seconds):
            raise self._stalled()
        if done.error is not None:
            raise done.error

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _stalled(self) -> Unavailable:
        return Unavailable(
            f"{self._where}: a prediction could not be kept within {self._stall_seconds:g} s "
            f"({self._count:,} wait). Look at the disk or the database, then send the request again."
        )

    def _enqueue(self, waiting: _Waiting) -> None:
        with self._changed:
            if self._is_closing:
                raise Unavailable(f"{self._where}: closed, for this server ends. Send the request to another.")
            if self._count + len(waiting.rows) > self._limit:
                raise Unavailable(
                    f"{self._where}: {self._count:,} predictions wait to be kept, at most {self._limit:,} may. "
                    "Look at the disk or the database, then send the request again."
                )
            self._count += len(waiting.rows)
            self._groups.append(waiting)
            if len(self._groups) == 1:
                self._changed.notify()

    def _run(self) -> None:
        started, requests = 0.0, 0
        while True:
            with self._changed:
                while not self._groups and not self._is_closing:
                    self._changed.wait()
                if not self._groups:
                    break
            rest = started + self._linger_seconds - time.monotonic()
            if requests > 1 and rest > 0:
                time.sleep(rest)
            started = time.monotonic()
            taken = self._taken()
            requests = len(taken)
            self._keep(taken)
        self._end()

    def _taken(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        rows = 0
        while self._groups and rows < GROUP:
            taken.append(self._groups.popleft())
            rows += len(taken[-1].rows)
        return taken

    def _keep(self, taken: list[_Waiting]) -> None:
        error: FaultcastError | None = None
        try:
            self._write([row for waiting in taken for row in waiting.rows])
        except FaultcastError as raised:
            error = raised
        with self._changed:
            self._count -= sum(len(waiting.rows) for waiting in taken)
        _tell(taken, error)


def _tell(taken: list[_Waiting], error: FaultcastError | None) -> None:
    """Wake each event loop once, however many wait in it."""
    futures: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in taken:
        if isinstance(waiting.done, _Done):
            waiting.done.error = error
            waiting.done.event.set()
        elif waiting.loop is not None:
            futures.setdefault(waiting.loop, []).append(waiting.done)
    for loop, done in futures.items():
        with suppress(RuntimeError):  # a loop that is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, done, error)


def _resolve(done: list["asyncio.Future[None]"], error: FaultcastError | None) -> None:
    for future in done:
        if future.done():  # given up
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
