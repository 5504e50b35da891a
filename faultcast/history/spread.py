"""Work that falls into independent parts, on every core, its results in order."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, TypeVar

_START_METHOD = "fork" if sys.platform == "linux" else "spawn"
_AHEAD = 2
"""Parts a worker that may be done or wait before their turn: results pile up no further."""

Part = TypeVar("Part")
Found = TypeVar("Found")


def spread(
    work: Callable[[Part], Found], parts: Sequence[Part], workers: int, *, in_threads: bool = False
) -> Iterator[Found]:
    """Yield ``work(part)`` for each part, in order; in this process where there is only one part or worker.

    ``in_threads``: for work that mostly waits for other programs.
    """
    if len(parts) < 2 or workers < 2:
        yield from map(work, parts)
        return
    pool: Executor = ThreadPoolExecutor(workers) if in_threads else processes(workers)
    with pool:
        waiting = iter(parts)
        running = deque(pool.submit(work, part) for part in islice(waiting, workers * _AHEAD))
        try:
            while running:
                found = running.popleft().result()
                running.extend(pool.submit(work, part) for part in islice(waiting, 1))
                yield found
        finally:  # nobody asks for the rest
            for future in running:
                future.cancel()


def processes(workers: int, begin: Callable[..., None] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """A pool of processes that end with this one, even if it is killed; each calls ``begin(*arguments)`` first."""
    return ProcessPoolExecutor(workers, get_context(_START_METHOD), _begin, (begin, arguments))


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with_parent() -> None:
    """A worker waits for work on a pipe that it holds itself, so nothing else would tell it."""
    if (parent := parent_process()) is not None:
        wait([parent.sentinel])
        os._exit(1)
