"""What `faultcast watch` shows: a live terminal, plain lines where stdout is none, JSON lines for programs."""

import json
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from faultcast.cli.scoring import heading
from faultcast.cli.watch_sources import Standing
from faultcast.wording import MISSING, day, plain


class View(Protocol):
    """Told of everything that happens."""

    def change(self, change: dict[str, Any]) -> None:
        """One commit with its risk."""

    def standing(self, standing: Standing) -> None:
        """Who answers now."""

    def away(self, words: str, seconds: float) -> None:
        """Nobody answers; it is tried again after some seconds."""


class JsonLines:
    """One JSON line a change on stdout; trouble goes to stderr."""

    def change(self, change: dict[str, Any]) -> None:
        """Print it at once: who reads may be waiting for it."""
        print(json.dumps(as_json(change)), flush=True)

    def standing(self, standing: Standing) -> None:
        """Each line tells its own model."""

    def away(self, words: str, seconds: float) -> None:
        """Tell who looks."""
        print(f"faultcast: {words} Trying again in {seconds:g} s.", file=sys.stderr, flush=True)


def as_json(change: dict[str, Any]) -> dict[str, Any]:
    """One change as a program wants it."""
    return {
        "commit": change["commit"],
        "at": f"{datetime.fromtimestamp(change['committed_at'], UTC):%Y-%m-%dT%H:%M:%SZ}",
        "author": change["author"],
        "subject": change["subject"],
        "risk": change["risk"],
        "band": change["band"] or None,
        "reason": change["reasons"][0]["text"] if change["reasons"] else None,
        "model_name": change.get("model_name"),
        "model_version": change.get("model_version"),
    }


class Lines:
    """Lines for people. On a terminal a last line, rewritten in place, tells who answers and when it was looked."""

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._what = plain(what.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"), 40)
        self._told: Standing | None = None
        self._last = Text(f"Watching {self._what} …", style="dim")
        is_live = self._console.is_terminal and not quiet
        self._live = Live(self._last, console=self._console, transient=True, auto_refresh=False) if is_live else None
        self._quiet = quiet

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def change(self, change: dict[str, Any]) -> None:
        """One line, and the top reason below it."""
        self._console.print(heading(change) if change["risk"] is not None else _unscored(change))
        if change["reasons"]:
            self._console.print(Text(f"         {plain(change['reasons'][0]['text'], 160)}", style="dim"))
        sys.stdout.flush()

    def standing(self, standing: Standing) -> None:
        """In the last line; where there is none, a line when something has changed."""
        version = f" version {plain(standing.version, 40)}" if standing.version else ""
        place = f" at {plain(standing.where, 60)}" if standing.where else ""
        words = f"{plain(standing.model, 60)}{version}{place}, {standing.drift}"
        if self._live:
            self._show(f"Watching {self._what}: {words}, {_clock()}. Ctrl-C ends.", "dim")
        elif standing != self._told and not self._quiet:
            print(f"Watching {self._what}: {words}.", file=sys.stderr, flush=True)
        self._told = standing

    def away(self, words: str, seconds: float) -> None:
        """Say so and when it is tried again."""
        told = f"{plain(words, 300)} Trying again in {seconds:g} s."
        if self._live:
            self._show(told, "yellow")
        else:
            print(f"faultcast: {told}", file=sys.stderr, flush=True)
        self._told = None

    def _show(self, words: str, style: str) -> None:
        if self._live:
            self._live.update(Text(words, style=style, no_wrap=True, overflow="ellipsis"), refresh=True)


def _unscored(change: dict[str, Any]) -> Text:
    subject = plain(change["subject"], 60)
    words = f"     {MISSING}  refused {change['commit'][:10]}  {day(change['committed_at'])}  {subject}"
    return Text(words, style="yellow")


def _clock() -> str:
    return f"{datetime.now(UTC).astimezone():%H:%M:%S}"
