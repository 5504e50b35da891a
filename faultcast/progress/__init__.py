"""What a stage says while it works: JSON lines in a file, written by stages and read by the terminal.

A stage runs in a process of its own (under Kubeflow, in a pod of its own), so it cannot draw. It appends to
the file that the setting `progress_file` names; where that is empty nothing happens. One event a line::

    {"event": "start",   "at": 1732165200.1, "stage": "mine", "total": 5531, "unit": "commits"}
    {"event": "advance", "at": 1732165200.9, "stage": "mine", "done": 800, "total": 5531, "unit": "commits"}
    {"event": "found",   "at": 1732165202.4, "stage": "mine", "text": "5,531 commits by 812 authors"}
    {"event": "end",     "at": 1732165202.5, "stage": "mine", "done": 5531, "seconds": 2.4}
    {"event": "error",   "at": ..., "stage": "mine", "type": "EmptyRepository", "message": "...", "exit_code": 3}

The runner of a pipeline adds ``task`` events to the same file (`pipelines.engine`), and `faultcast.progress.view`
shows all of them.

Used as::

    with progress.stage("mine", total=5531, unit="commits") as stage:
        for commit in stage.track(commits):
            ...
        stage.found("5,531 commits by 812 authors")
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from faultcast import settings
from faultcast.errors import FaultcastError, out_of_space
from faultcast.progress.reading import Event, follow

__all__ = ["Event", "Stage", "emit", "follow", "stage"]

_SECONDS_BETWEEN_ADVANCES = 0.1

Item = TypeVar("Item")


def emit(path: str, event: dict[str, object]) -> None:
    """Append one event as one line, in a single write so that lines of several processes never mix.

    A progress file that cannot be written (a full disk) must not fail the work it tells about.
    """
    if not path:
        return
    line = json.dumps({"at": round(time.time(), 3), **event}, separators=(",", ":"), default=str) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError:
        return


class Stage:
    """One running stage; made by `stage`."""

    def __init__(self, name: str, path: str, total: int | None, unit: str) -> None:
        self.name = name
        self.done = 0
        self.total = total
        self.unit = unit
        self._path = path
        self._told_at = 0.0

    def advance(self, count: int = 1, *, total: int | None = None) -> None:
        """Say that `count` more units are done; told at most ten times a second."""
        self.done += count
        self.total = self.total if total is None else total
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_ADVANCES:
            self._told_at = now
            self._emit("advance", done=self.done, total=self.total, unit=self.unit)

    def found(self, text: str) -> None:
        """Say what was found, in one sentence that a person reads; a stage may find several things."""
        self._emit("found", text=text)

    def track(self, items: Iterable[Item], every: int = 1) -> Iterator[Item]:
        """Yield the items and advance once in `every` of them."""
        pending = 0
        for item in items:
            yield item
            pending += 1
            if pending == every:
                self.advance(pending)
                pending = 0
        if pending:
            self.advance(pending)

    def _emit(self, event: str, **values: object) -> None:
        emit(self._path, {"event": event, "stage": self.name, **values})


@contextmanager
def stage(name: str, *, total: int | None = None, unit: str = "") -> Iterator[Stage]:
    """Announce a stage, and how it ended.

    An exception that leaves the block is told with its type, its message and the exit code that the command
    line shall end with, so that the process that started the stage can repeat it; then it is raised again.

    Raises:
        OutOfSpace: in place of the operating system's error when a disk is full.
    """
    this = Stage(name, settings.load().progress_file, total, unit)
    started = time.monotonic()
    this._emit("start", total=total, unit=unit)  # noqa: SLF001 - the same module
    try:
        yield this
    except Exception as error:
        told = out_of_space(error) or error
        this._emit(  # noqa: SLF001 - the same module
            "error",
            type=type(told).__name__,
            message=str(told) or type(told).__name__,
            exit_code=told.exit_code if isinstance(told, FaultcastError) else 1,
            expected=isinstance(told, FaultcastError),
            seconds=round(time.monotonic() - started, 3),
        )
        if told is not error:
            raise told from error
        raise
    this._emit("end", done=this.done, seconds=round(time.monotonic() - started, 3))  # noqa: SLF001 - the same module
