"""One run at a time on one repository's state."""

from contextlib import AbstractContextManager
from pathlib import Path

from faultcast.adapters import lock

_PATIENCE_SECONDS = 3.0
"""A killed run's tasks need a moment to end; who starts again at once should not be turned away for that."""


def exclusive(path: Path, what: str) -> AbstractContextManager[int]:
    """Hold the lock of runs on `what` and yield its descriptor (see `lock.exclusive`).

    Raises:
        Busy: another run holds it.
    """
    busy = (
        f"Another run on {what} is in progress (process {{holder}}). "
        "Wait until it ends, or stop it, and run again: its finished stages are reused."
    )
    return lock.exclusive(path, busy, patience_seconds=_PATIENCE_SECONDS)
