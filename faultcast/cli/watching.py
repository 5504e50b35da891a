"""``faultcast watch``."""

import argparse
import time
from contextlib import ExitStack

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.gateway import Gateway
from faultcast.adapters.repositories import canonical, opened, refresh
from faultcast.cli.watch_sources import Champion, Remote, Source
from faultcast.cli.watch_view import JsonLines, Lines, View
from faultcast.errors import TemporaryError, UsageError
from faultcast.history.git import ancestry, run as run_git
from faultcast.settings import Settings

_LONGEST_PAUSE_SECONDS = 60.0
_MOST_AT_FIRST = 1_000


def watch(options: argparse.Namespace) -> int:
    """Show commits until interrupted, or once."""
    if not 0 <= options.last <= _MOST_AT_FIRST or not 0.1 <= options.interval <= 86_400:
        raise UsageError(
            f"--last {options.last} --interval {options.interval:g}: expected 0 to {_MOST_AT_FIRST:,} commits and 0.1 "
            "to 86,400 seconds."
        )
    now = settings.load()
    source, location = _source(options, now)
    follower = Follower(source, location, options.branch, options.last, now)
    with ExitStack() as stack:
        view: View = JsonLines() if options.json else stack.enter_context(Lines(location, quiet=options.quiet))
        try:
            if options.once:
                follower.look(view)
            else:
                _follow(follower, view, options.interval)
        except KeyboardInterrupt:
            return 0  # the way to end it
    return 0


def _source(options: argparse.Namespace, now: Settings) -> tuple[Source, str]:
    if options.url:
        gateway = Gateway(options.url, now.gateway_token)
        location = canonical(options.repository or ".")
        return Remote(gateway, location, now), location
    run = runs.last(now.home.resolve(), canonical(options.repository) if options.repository else None)
    return Champion(run, now), run.location


def _follow(follower: "Follower", view: View, interval: float) -> None:
    """Look again and again; who does not answer is asked less and less often."""
    pause = interval
    while True:
        try:
            follower.look(view)
            pause = interval
        except TemporaryError as error:
            view.away(str(error), pause)
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, 2 * pause)
            continue
        time.sleep(pause)


class Follower:
    """Knows what was shown already: a commit is shown once, and none is lost while nobody answers."""

    def __init__(self, source: Source, location: str, branch: str, last: int, now: Settings) -> None:
        self._source = source
        self._location = location
        self._branch = branch
        self._last = last
        self._now = now
        self._tip = ""
        self._waiting: list[str] = []

    def look(self, view: View) -> None:
        """Show what is new.

        Raises:
            TemporaryError: nobody answers; what was not shown is kept for the next look.
        """
        self._notice()
        for change in self._source.score(tuple(self._waiting), self._tip) if self._waiting else ():
            view.change(change)
            del self._waiting[: self._waiting.index(change["commit"]) + 1]
        self._waiting.clear()  # merges, which bring nothing that was not written elsewhere
        view.standing(self._source.standing())

    def _notice(self) -> None:
        refresh(self._location, self._now)
        with opened(self._location, self._now) as repository:
            tip = repository.tip(self._branch)
            if tip == self._tip:
                return
            if self._tip:
                self._waiting += ancestry(repository.objects, tip, self._tip)
            elif self._last:
                newest = ["rev-list", "-n", str(self._last), "--no-merges", "--date-order", "--end-of-options", tip]
                self._waiting = run_git(repository.objects, newest).decode().split()[::-1]
            self._tip = tip
