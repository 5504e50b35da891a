"""Commits that a repository itself says to ignore: ``.git-blame-ignore-revs``, read as it grew."""

import re
from collections.abc import Iterator

from faultcast.records import Commit

FILE = ".git-blame-ignore-revs"
_ID = re.compile(r"\s*([0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?)\s*(?:#.*)?$")


def listed(commit: Commit) -> Iterator[str]:
    """Yield the ids that a commit writes into the file.

    >>> list(listed(Commit("", 0, (), "", 0, 0, "")))
    []
    """
    for file in commit.files:
        if file.path == FILE:
            yield from _ids(line for hunk in file.hunks for line in hunk.added)
    for merged in commit.merged:
        if merged.path == FILE:
            yield from _ids(text for hunk in merged.hunks for marks, text in hunk.lines if "+" in marks)


def _ids(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        match = _ID.match(line)
        if match:
            yield match[1].lower()


class Ignored:
    """Which commits are to be ignored since when; an entry that is taken out again stays listed.

    What is asked at one commit must not depend on what is listed later, or labels would change in hindsight.
    """

    def __init__(self, ever: frozenset[str] = frozenset()) -> None:
        """`ever` are all that any commit lists, sooner or later."""
        self._ever = ever
        self._positions: dict[str, int] = {}
        self._since: dict[int, int] = {}

    def observe(self, commit: Commit) -> bool:
        """Take a commit in; return whether it will be listed at some time."""
        for name in listed(commit) if self._ever else ():
            position = self._positions.get(name)
            if position is not None:
                self._since[position] = min(commit.committed_at, self._since.get(position, commit.committed_at))
        if commit.id in self._ever:
            self._positions[commit.id] = commit.position
            return True
        return False

    def at(self, position: int, instant: int) -> bool:
        """Whether the commit at `position` is to be ignored, as known at `instant`."""
        return self._since.get(position, instant + 1) <= instant
