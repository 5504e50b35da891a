"""Commits and their diffs through few git processes, going on behind a commit that kills one."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from faultcast.history import git, stream
from faultcast.history.identity import Pseudonyms
from faultcast.history.process import Running
from faultcast.records import Commit

_LOG = ("log", "--no-walk=unsorted", "--stdin")
"""`diff-tree --stdin` prints the same for half as much CPU again (benchmarks/mining.py)."""
_DIFF = (
    *_LOG, "-r", "--root", "-M", "-l400", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-color",
    "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
PATCHES = (*_DIFF, "-p", "-U0")
NUMBERS = ("-c", "diff.context=0", *_DIFF, "--numstat")
"""Lines counted as in patches: git compares otherwise, and at times counts otherwise, where it shows context."""
_MERGES = (*_DIFF, "-c", "-p", "-U1")
"""Without context, git leaves out a line that stands alone between two changes of a combined diff."""
_DIFFERING = ("diff-tree", "--stdin", "-c", "-r", "-z", "--raw", "--no-abbrev")
"""Merges with a file unlike every parent's, found by the ids of trees and blobs alone: most merges have none."""
_HEADER_ONLY = (*_LOG, "-s")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A commit whose diff could not be read: it stays in the history without files."""

    commit: str
    reason: str


class Reader:
    """Reads commits' diffs through few git processes, and goes on behind a commit that kills one."""

    def __init__(
        self, source: git.ObjectSource, identify: Pseudonyms, tip: str, command: tuple[str, ...] = PATCHES
    ) -> None:
        self._command = command
        self._source = source
        self._identify = identify
        self._mailmap = f"{tip}:.mailmap"
        self.skipped: list[Skipped] = []

    def read(self, ids: list[str], first: int) -> list[Commit]:
        """Return one commit an id; positions count up from `first`."""
        commits = list(self._read(self._command, ids, first))
        differing = self._differing([commit.id for commit in commits if commit.is_merge])
        merged = {found.id: found.merged for found in self._read(_MERGES, differing, first)}
        return [replace(one, merged=merged[one.id]) if one.id in merged else one for one in commits]

    def _differing(self, merges: list[str]) -> list[str]:
        """Those of the merges that hold a file unlike every parent's, and perhaps others."""
        found = [commit.id for commit in self._attempt(_DIFFERING, merges, 0)] if merges else []
        return merges if merges and self._words else found

    def _read(self, command: tuple[str, ...], ids: list[str], first: int) -> Iterator[Commit]:
        done = 0
        while done < len(ids):
            for commit in self._attempt(command, ids[done:], first + done):
                if commit.id != ids[done]:  # git passed over one that it could not read
                    break
                yield commit
                done += 1
            if done < len(ids):  # git ended early: find out whether it was this commit
                yield self._alone(command, ids[done], first + done)
                done += 1

    def _attempt(self, command: tuple[str, ...], ids: list[str], first: int) -> Iterator[Commit]:
        """Yield commits until git ends; the last record counts only if it ended well."""
        nonce = secrets.token_hex(16)
        arguments = (*command, f"--format={stream.format_of(nonce)}")
        with Running(self._source, arguments, self._mailmap) as running:
            running.feed(ids)
            held = b""
            position = first
            for record in stream.split(cast("BinaryIO", running.stdout), nonce):
                if held:
                    yield stream.parse(held, position, self._identify)
                    position += 1
                held = record
            self._words = running.reap()
        if held and not self._words:
            yield stream.parse(held, position, self._identify)

    def _alone(self, command: tuple[str, ...], commit: str, position: int) -> Commit:
        for found in self._attempt(command, [commit], position):
            return found
        self.skipped.append(Skipped(commit, self._words or "git printed nothing"))
        for found in self._attempt(_HEADER_ONLY, [commit], position):
            return found
        return Commit(commit, position, (), "author-unknown", 0, 0, "")
