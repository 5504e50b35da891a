"""Progress of a command that works in its own process: the events of `faultcast.progress`, for whoever shows them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[dict[str, object]], None]
Advance = Callable[[], None]


@contextmanager
def part(tell: Tell, name: str, total: int | None = None, unit: str = "") -> Iterator[Advance]:
    """Tell that a part begins and ends; call what it gives once a unit."""
    started, done = time.monotonic(), 0

    def advance() -> None:
        nonlocal done
        done += 1
        tell({"event": "advance", "stage": name, "done": done, "total": total, "unit": unit})

    tell({"event": "start", "stage": name, "total": total, "unit": unit})
    yield advance
    tell({"event": "end", "stage": name, "done": done, "seconds": time.monotonic() - started})
