"""One process at a time moves aliases."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultcast.errors import Busy

_PATIENCE_SECONDS = 5.0
"""A promotion takes a fraction of a second: who comes second waits, and is turned away only if one hangs."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file; the operating system gives it back when the process ends, however it ends.

    Raises:
        Busy: another process holds it for longer than a promotion takes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock(descriptor):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise Busy(f"{path}: process {holder} is promoting a model. Wait until it ends, or stop it, and try again.")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
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
            time.sleep(0.02)
        else:
            return True
