"""Progress for a person at a terminal: one line a stage, on stderr."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from faultcast.progress.reading import Event

_MARKS = {"done": "✓", "cached": "↺", "failed": "✗"}
_PLAIN_MARKS = {"done": "+", "cached": "=", "failed": "x"}
_COLOURS = {"done": "green", "cached": "cyan", "failed": "red"}
_WIDTH = 13  # of a stage's name: "train hybrid" and a space


class ProgressView:
    """Shows events as they come; call it with each one.

    On a terminal a running stage has a spinner, and a bar once its size is known; a finished one keeps a line
    with its seconds and what it found. Elsewhere only the finished lines are printed, without control
    characters. `quiet` prints nothing.

    Used as ``with ProgressView() as view: run_training(..., on_event=view)``.
    """

    def __init__(self, *, quiet: bool = False, file: TextIO | None = None) -> None:
        self._console = Console(file=file or sys.stderr, quiet=quiet, highlight=False)
        self._marks = _MARKS if "utf" in (self._console.encoding or "").lower() else _PLAIN_MARKS
        self._bars: Progress | None = None
        self._running: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._found: dict[str, list[str]] = {}
        self._tasks: set[str] = set()
        if self._console.is_terminal and not quiet:
            self._bars = Progress(
                SpinnerColumn(),
                TextColumn(f"{{task.description:<{_WIDTH}}}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[amount]}"),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, event: Event) -> None:
        stage = str(event.get("stage", ""))
        match event.get("event"):
            case "task":
                self._tasks.add(stage)
                self._show_task(stage, event)
            case "start":
                self._start(stage, event)
            case "advance":
                self._advance(stage, event)
            case "found":
                self._found.setdefault(stage, []).append(str(event.get("text", "")))
            case "end" if stage not in self._tasks:
                self._finish(stage, "done", event)
            case "error" if stage not in self._tasks:
                self._finish(stage, "failed", event)

    def _show_task(self, stage: str, event: Event) -> None:
        state = str(event.get("state", ""))
        if state == "running":
            self._start(stage, event)
        else:
            for text in _texts(event.get("found")):
                if text not in self._found.setdefault(stage, []):
                    self._found[stage].append(text)
            self._finish(stage, state, event)

    def _start(self, stage: str, event: Event) -> None:
        self._started.setdefault(stage, time.monotonic())
        if self._bars is None:
            return
        if stage not in self._running:
            self._running[stage] = self._bars.add_task(escape(stage), total=None, amount="")
        self._advance(stage, {**event, "done": 0})

    def _advance(self, stage: str, event: Event) -> None:
        if self._bars is None or stage not in self._running:
            return
        done, total, unit = event.get("done"), event.get("total"), event.get("unit") or ""
        done = done if isinstance(done, int) else 0
        total = total if isinstance(total, int) else None
        amount = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}" if done else ""
        self._bars.update(self._running[stage], completed=done, total=total, amount=escape(amount))

    def _finish(self, stage: str, state: str, event: Event) -> None:
        if self._bars is not None and stage in self._running:
            self._bars.remove_task(self._running.pop(stage))
            self._bars.refresh()  # else its bar is drawn once more below the finished line
        seconds = event.get("seconds")
        took = "reused" if state == "cached" else f"{seconds:.1f} s" if isinstance(seconds, int | float) else ""
        colour = _COLOURS.get(state, "default")
        found = escape("; ".join(self._found.pop(stage, [])))
        mark = self._marks.get(state, " ")
        self._console.print(f"[{colour}]{mark}[/] {escape(stage):<{_WIDTH}}{took:>8}  {found}".rstrip(), soft_wrap=True)


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []
