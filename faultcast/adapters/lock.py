"""One process at a time: a lock file that the operating system gives back when its holder ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultcast.errors import Busy


@contextmanager
def exclusive(path: Path, busy: str, *, patience_seconds: float) -> Iterator[int]:
    """Hold the lock file and yield its descriptor.

    The operating system gives the lock back when the last process that holds the descriptor ends, however it ends:
    a file left behind locks nothing. Hand the descriptor to a child to keep the lock until that child is gone, too.

    Args:
        path: the file; made with its folder where it is absent.
        busy: what to tell where another process holds it; ``{holder}`` becomes that process's id.
        patience_seconds: how long to wait for it.

    Raises:
        Busy: another process holds the lock for longer than that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(descriptor, time.monotonic() + patience_seconds):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Busy(busy.replace("{holder}", holder))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True
