"""Work that falls into independent parts, on every core, its results in order."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

_START_METHOD = "fork" if sys.platform == "linux" else "spawn"

Part = TypeVar("Part")
Found = TypeVar("Found")


def spread(work: Callable[[Part], Found], parts: Sequence[Part], workers: int) -> Iterator[Found]:
    """Yield ``work(part)`` for each part, in order; in this process where there is only one part or worker."""
    if len(parts) < 2 or workers < 2:
        yield from map(work, parts)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context(_START_METHOD)) as pool:
        yield from pool.map(work, parts)
