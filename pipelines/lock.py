"""One run at a time on one repository's state."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultcast.errors import Busy

_PATIENCE_SECONDS = 3.0
"""A killed run's tasks need a moment to end; who starts again at once should not be turned away for that."""


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[int]:
    """Hold the lock file and yield its descriptor.

    The operating system gives the lock back when the last process that holds the descriptor ends, however it ends:
    a file left behind locks nothing. Hand the descriptor to a child to keep the lock until that child is gone, too.

    Raises:
        Busy: another run holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(descriptor):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Busy(
                f"Another run on {what} is in progress (process {holder}). "
                "Wait until it ends, or stop it, and run again: its finished stages are reused."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True
