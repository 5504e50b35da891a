"""What the toy pipeline's tasks do."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

from faultcast import progress
from faultcast.errors import EmptyRepository


def first(control: str, number: int, days: float, table: str) -> None:
    _note(control, "first")
    with progress.stage("first", total=3, unit="rows") as stage:
        for _ in stage.track(range(3)):
            pass
        Path(table).write_text(f"{number!r} {days!r} {control}")
        stage.found("3 rows")


def second(control: str, table: str, metrics: str, folder: str) -> None:
    _note(control, "second")
    if _asked(control, "fail before any stage"):
        raise ValueError("nobody expected this")
    with progress.stage("second"):
        Path(metrics).write_text("{}")
        Path(folder).mkdir(parents=True)
        (Path(folder) / "half").write_text(Path(table).read_text())
        if _asked(control, "hang"):
            _hang(control)
        if _asked(control, "fail"):
            raise EmptyRepository("/some/where has no commit yet. Commit something and run again.")
        if _asked(control, "fail unexpectedly"):
            raise KeyError("column")
        if _asked(control, "disk full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file")
        if _asked(control, "killed"):
            os.kill(os.getpid(), 9)
        (Path(folder) / "whole").write_text("done")


def third(control: str, folder: str, page: str) -> None:
    _note(control, "third")
    Path(page).write_text((Path(folder) / "whole").read_text() + repr(sys.stdin.read()))


def write(control: str, name: str, path: str, text: str) -> None:
    if name:
        _note(control, name)
    Path(path).write_text(text)


def copy(control: str, name: str, source: str, target: str) -> None:
    write(control, name, target, Path(source).read_text())


def _note(control: str, name: str) -> None:
    with (Path(control) / "ran").open("a") as file:
        file.write(f"{name}\n")


def _asked(control: str, what: str) -> bool:
    return (Path(control) / what).exists()


def _hang(control: str) -> None:
    """Start a child that a signal to the process group would miss, tell both process ids, and wait."""
    program = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(program, start_new_session=True)  # as torchrun does with its ranks
    waiting = Path(control) / "waiting"
    waiting.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
    waiting.with_suffix(".new").rename(waiting)
    time.sleep(600)
