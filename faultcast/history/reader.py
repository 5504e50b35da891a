"""Commits and their diffs through few git processes, going on behind a commit that kills one."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, BinaryIO, cast

from faultcast.history import git, stream
from faultcast.history.identity import Pseudonyms
from faultcast.history.process import ObjectSource, Patience, Running, is_exhausted
from faultcast.history.screen import FILES_A_COMMIT, Screen
from faultcast.records import Commit, FileChange

MAILMAP_BYTES = 1024**2
"""A larger .mailmap is not honoured: every git process would read it."""

MESSAGE_CHARACTERS = 65_536
"""Characters of a commit message that are kept."""

PART_BYTES = 24 * 1024**2
"""What git may print before the commits in it are handed on: memory is bounded by this, not by the commits asked."""

PATH_CHARACTERS = 4096
"""Files with a longer path are left out: no operating system could hold them."""

_LOG = ("log", "--no-walk=unsorted", "--stdin")
"""`diff-tree --stdin` would print the same, at more CPU."""
_LISTED = (*_LOG, "-r", "--root", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-color")
_DIFF = (*_LISTED, "-M", "-l400", "--src-prefix=a/", "--dst-prefix=b/")
PATCHES = (*_DIFF, "-p", "-U0")
NUMBERS = ("-c", "diff.context=0", *_DIFF, "--numstat")
"""Lines counted as in patches: git compares otherwise, and at times counts otherwise, where it shows context."""
_NAMES = (*_LISTED, "-M100%")
"""No file's content is read: for commits whose content is lost, or too much."""
_MERGES = (*_DIFF, "-c", "-p", "-U1")
"""Without context, git leaves out a line that stands alone between two changes of a combined diff."""
_DIFFERING = ("diff-tree", "--stdin", "-c", "-r", "-z", "--raw", "--no-abbrev")
"""Merges with a file unlike every parent's, found by the ids of trees and blobs alone: most merges have none."""
HEADER = (*_LOG, "-s")

_UNFLUSHED = 32
"""Commits that git may have read without printing them when it was ended: they are tried one by one."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something of a commit that could not be read; the commit stays in the history without it.

    `what` is the diff (its files then count as binary, or are missing, too), a part of it, or the .mailmap.
    """

    commit: str
    reason: str
    what: str = "diff"


class Reader:
    """Reads commits' diffs through few git processes, and goes on behind a commit that kills one."""

    def __init__(
        self, source: ObjectSource, identify: Pseudonyms, tip: str, command: tuple[str, ...] = PATCHES
    ) -> None:
        self._command = command
        self._source = source
        self._identify = identify
        self._patience = Patience(source)
        self._screen = Screen(source)
        self._seen: set[str] = set()
        self._heavy: dict[str, str] = {}
        self._remarks: dict[str, dict[str, Skipped]] = {}
        self._tip = tip
        self.skipped: list[Skipped] = []

    def read(self, ids: list[str], first: int) -> list[Commit]:
        """Return one commit an id; positions count up from `first`."""
        return [commit for part in self.parts(ids, first) for commit in part]

    def parts(self, ids: list[str], first: int, step: int = 1) -> Iterator[list[Commit]]:
        """Yield what `read` returns in parts, each from no more than about `PART_BYTES` of what git prints.

        With a `step` of -1 the ids are those from a position downwards.
        """
        self._place = dict(zip(ids, range(first, first + step * len(ids), step), strict=True))
        self._mailmap = self._find_mailmap()
        while ids:
            part = self._part(ids)
            self.skipped += [remark for commit in part for remark in self._remarks.pop(commit.id, {}).values()]
            yield part
            ids = ids[len(part) :]

    def _part(self, ids: list[str]) -> list[Commit]:
        found, failed = self._through(self._command, ids)
        ids = _before(ids, ids, found, failed)
        unread = [one for one in ids if one in failed]
        listed, unlisted = self._through(_NAMES, [one for one in unread if one not in self._heavy])
        ids = _before(ids, unread, listed, unlisted, self._heavy)
        headed, headless = self._through(HEADER, [one for one in unread if one not in listed])
        ids = _before(ids, unread, listed, headed, headless)
        differing, merged, unmerged = self._merged([one for one in ids if one not in failed and found[one].is_merge])
        ids = _before(ids, differing, merged, unmerged)
        for one, reason in (failed | unmerged).items():
            self._remark(one, "diff", _told(reason, listed.get(one)))
        found |= {one: _without_lines(commit) for one, commit in listed.items()} | headed
        nobody = Commit("", 0, (), "author-unknown", 0, 0, "")
        commits = (found.get(one) or replace(nobody, id=one, position=self._place[one]) for one in ids)
        return [replace(one, merged=merged[one.id].merged) if one.id in merged else one for one in commits]

    def _remark(self, commit: str, what: str, reason: str) -> None:
        self._remarks.setdefault(commit, {})[what] = Skipped(commit, reason, what)

    def _find_mailmap(self) -> str:
        (row,) = git.sizes(self._source, [f"{self._tip}:.mailmap"])
        if row is None or row[1] != "blob":
            return ""
        if row[2] <= MAILMAP_BYTES:
            return row[0]
        self._remark(self._tip, ".mailmap", f"it is {row[2] >> 20} MiB; at most {MAILMAP_BYTES >> 20} are read")
        return ""

    def _merged(self, merges: list[str]) -> tuple[list[str], dict[str, Commit], dict[str, str]]:
        """Those of the merges that hold a file unlike every parent's, and perhaps others; and what `_through` does.

        Where patches are not asked for, their files come without lines.
        """
        if self._command is HEADER:
            return [], {}, {}
        named = {commit.id: commit for commit in self._records(_DIFFERING, merges)} if merges else {}
        if self._command is NUMBERS:
            return [], named, {}
        differing = [one for one in merges if one in named or self._words]
        return differing, *self._through(_MERGES, differing)

    def _through(self, command: tuple[str, ...], ids: list[str]) -> tuple[dict[str, Commit], dict[str, str]]:
        """Read commits; return them, and why others could not be read, by their ids.

        Git ends at a commit that it cannot read, or is ended. The next is then tried alone; where output may
        have been lost with the process, the next few. Once `PART_BYTES` are read the rest is left for later.
        """
        self._weight = 0
        found: dict[str, Commit] = {}
        failed: dict[str, str] = {}
        left, size, alone = ids, len(ids), 0
        while left and self._weight < PART_BYTES:
            if self._patience.is_tried and command is not HEADER:
                failed |= self._screened(left)
                left = [one for one in left if one not in failed]
            if not left:
                break
            part = left[: 1 if alone else size]
            got = list(self._attempt(command, part))
            found |= {commit.id: commit for commit in got}
            left, alone = left[len(got) :], max(0, alone - 1)
            if len(got) == len(part) or self._weight >= PART_BYTES:
                continue
            if is_exhausted(self._words):
                self._patience.lose(self._waited)
                size = size if got else max(1, len(part) // 8)
            if len(part) == 1:
                failed[left[0]] = self._words or "git passed over it"
                left, alone = left[1:], 0
            else:
                alone = _UNFLUSHED if is_exhausted(self._words) else 1
        return found, failed

    def _screened(self, ids: list[str]) -> dict[str, str]:
        """Those that must not be unfolded: looked for only once something has used up what it was granted."""
        new = [one for one in ids if one not in self._seen]
        self._seen.update(new)
        self._heavy |= self._screen.heavy(new)
        return {one: self._heavy[one] for one in ids if one in self._heavy}

    def _attempt(self, command: tuple[str, ...], ids: list[str]) -> Iterator[Commit]:
        """Yield commits as long as they come in the order asked and within the limits."""
        expected = iter(ids)
        for commit in self._records(command, ids):
            if commit.id != next(expected, ""):  # git passed over one that it could not read
                return
            if len(commit.files) > FILES_A_COMMIT:
                self._words = f"it changes more than {FILES_A_COMMIT:,} files"
                return
            self._weight += self._size
            yield self._fit(commit)
            if self._weight >= PART_BYTES:
                return

    def _records(self, command: tuple[str, ...], ids: list[str]) -> Iterator[Commit]:
        """Yield what git prints until it ends; the last record counts only if it ended well."""
        nonce = secrets.token_hex(16)
        self._words, self._waited = "", 0.0
        seconds = self._patience.seconds
        arguments = (*command, f"--format={stream.format_of(nonce)}")
        with Running(self._source, arguments, self._mailmap) as running:
            running.stdout.watch(seconds, stream.COMMIT_BYTES)
            running.feed(ids)
            held = b""
            for record in stream.split(cast("BinaryIO", running.stdout), nonce):
                if held:
                    running.stdout.watch(seconds, stream.COMMIT_BYTES)
                    yield self._parse(held)
                held = record
            self._words, self._waited = running.reap(), running.stdout.waited
        if held and not self._words:
            yield self._parse(held)

    def _parse(self, record: bytes) -> Commit:
        self._size = len(record)
        commit = record[: record.find(b"\0")].decode("ascii", "replace")
        return stream.parse(record, self._place.get(commit, 0), self._identify)

    def _fit(self, commit: Commit) -> Commit:
        """Leave out what is too long, and say so."""
        files, message = commit.files, commit.message
        if len(message) > MESSAGE_CHARACTERS:
            reason = f"it has {len(message):,} characters; the first {MESSAGE_CHARACTERS:,} are kept"
            self._remark(commit.id, "message", reason)
            commit = replace(commit, message=message[:MESSAGE_CHARACTERS])
        if any(len(file.path) > PATH_CHARACTERS or len(file.old_path) > PATH_CHARACTERS for file in files):
            fitting = tuple(file for file in files if max(len(file.path), len(file.old_path)) <= PATH_CHARACTERS)
            reason = f"{len(files) - len(fitting)} of its files have paths of more than {PATH_CHARACTERS:,} characters"
            self._remark(commit.id, "file list", reason)
            commit = replace(commit, files=fitting)
        return commit


def _before(ids: list[str], asked: list[str], *answered: dict[str, Any]) -> list[str]:
    """The ids before the first that was asked without an answer."""
    open_ = {one for one in asked if not any(one in answers for answers in answered)}
    return list(takewhile(lambda one: one not in open_, ids))


def _told(reason: str, listed: Commit | None) -> str:
    if listed is None:
        return reason
    return f"{reason}; {len(listed.files):,} of its files count as binary"


def _without_lines(commit: Commit) -> Commit:
    def binary(file: FileChange) -> FileChange:
        return replace(file, is_binary=file.is_text_file and file.old_blob != file.new_blob)

    return replace(commit, files=tuple(map(binary, commit.files)))
