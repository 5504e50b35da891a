"""Commits and their diffs through one git process, going on behind a commit that kills it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from faultcast.history import git, stream
from faultcast.history.identity import Pseudonyms
from faultcast.records import Commit

_DIFF_TREE = (
    "diff-tree", "--stdin", "--always", "-r", "--root", "-c", "-M", "-l400", "-z", "--raw", "-p", "-U0",
    "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
_DIFF_MERGES = tuple("-U1" if option == "-U0" else option for option in _DIFF_TREE)
"""Without context, git leaves out a line that stands alone between two changes of a combined diff."""
_HEADER_ONLY = ("log", "--no-walk", "--stdin", "-s")  # diff-tree would read the trees


@dataclass(frozen=True, slots=True)
class Skipped:
    """A commit whose diff could not be read: it stays in the history without files."""

    commit: str
    reason: str


class Reader:
    """Reads commits' diffs through one git process, and goes on behind a commit that kills it."""

    def __init__(self, source: git.ObjectSource, identify: Pseudonyms, tip: str) -> None:
        self._source = source
        self._identify = identify
        self._mailmap = f"{tip}:.mailmap"
        self.skipped: list[Skipped] = []

    def read(self, ids: list[str], first: int) -> list[Commit]:
        """Return one commit an id; positions count up from `first`."""
        commits = list(self._read(ids, first))
        resolved = [commit.id for commit in commits if commit.merged]
        again = {found.id: found.merged for found in self._attempt(_DIFF_MERGES, resolved, first)} if resolved else {}
        return [replace(commit, merged=again.get(commit.id, commit.merged)) for commit in commits]

    def _read(self, ids: list[str], first: int) -> Iterator[Commit]:
        done = 0
        while done < len(ids):
            for commit in self._attempt(_DIFF_TREE, ids[done:], first + done):
                if commit.id != ids[done]:  # git passed over one that it could not read
                    break
                yield commit
                done += 1
            if done < len(ids):  # git ended early: find out whether it was this commit
                yield self._alone(ids[done], first + done)
                done += 1

    def _attempt(self, command: tuple[str, ...], ids: list[str], first: int) -> Iterator[Commit]:
        """Yield commits until git ends; the last record counts only if it ended well."""
        nonce = secrets.token_hex(16)
        arguments = (*command, f"--format={stream.format_of(nonce)}")
        with git.Running(self._source, arguments, self._mailmap) as running:
            running.feed(ids)
            held = b""
            position = first
            for record in stream.split(running.stdout, nonce):
                if held:
                    yield stream.parse(held, position, self._identify)
                    position += 1
                held = record
            self._words = running.reap()
        if held and not self._words:
            yield stream.parse(held, position, self._identify)

    def _alone(self, commit: str, position: int) -> Commit:
        for found in self._attempt(_DIFF_TREE, [commit], position):
            return found
        self.skipped.append(Skipped(commit, self._words or "git printed nothing"))
        for found in self._attempt(_HEADER_ONLY, [commit], position):
            return found
        return Commit(commit, position, (), "author-unknown", 0, 0, "")
