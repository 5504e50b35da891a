"""Who wrote each line: every line of every file followed once through the whole history.

Instead of a ``git blame`` per fix and file, each version of a file is kept as an array that names,
line by line, the commit (by position) that wrote it. A commit's hunks turn the array of the old
version into that of the new one. Versions are keyed by path and blob, so branches need no state of
their own, and a version is forgotten when no later commit starts from it.

A line that only changed its look keeps its origin: white space (``git blame -w``), a trailing comment,
the kind of its quotes, or where it is broken by a formatter. A renamed file keeps the origins of its
lines (``-M``); where a merge differs from all of its parents, a line keeps the
origin that it has in the first parent which has it.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faultcast.records import Commit, FileChange, Hunk, MergedFile

_TRAILING_COMMENT = re.compile(r"(?:^|\s)(?:#|//)\s.*$")

UNKNOWN = -1
"""Origin of a line whose history could not be read."""

_Version = tuple[str, str]  # path, blob


@dataclass(frozen=True, slots=True)
class DeletedLine:
    """A line that a commit deleted or rewrote: where it stood, what it said, who had written it."""

    path: str
    number: int  # 1-based, in the old version
    text: str
    origin: int  # position of the commit that wrote it, or UNKNOWN


class Origins:
    """The fold. Give it every commit once, in order of arrival."""

    def __init__(self, history: Iterable[Commit]) -> None:
        """Take one look at the history to know how often each version will be needed."""
        self._needed: Counter[_Version] = Counter()
        self._lines: dict[_Version, array[int]] = {}
        for commit in history:
            self._needed.update((file.old_path, file.old_blob) for file in commit.files if file.old_blob)
            for merged in commit.merged:
                self._needed.update((merged.path, blob) for blob in merged.parent_blobs if blob)

    def observe(self, commit: Commit) -> Iterator[DeletedLine]:
        """Take a commit in; yield the lines that it deleted. Must be consumed to the end."""
        for file in commit.files:
            yield from self._change(file, commit.position)
        for merged in commit.merged:
            self._merge(merged, commit.position)

    def _take(self, version: _Version) -> "array[int]":
        lines = self._lines.get(version)
        self._needed[version] -= 1
        if self._needed[version] <= 0:
            self._needed.pop(version)
            self._lines.pop(version, None)
        return array("i") if lines is None else lines

    def _keep(self, version: _Version, lines: "array[int]") -> None:
        if version in self._needed:
            self._lines[version] = lines

    def _change(self, file: FileChange, position: int) -> Iterator[DeletedLine]:
        old = self._take((file.old_path, file.old_blob)) if file.old_blob else array("i")
        new = array("i")
        cursor = 0
        for hunk in file.hunks:
            start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
            new.extend(_slice(old, cursor, start))
            cursor = start + hunk.old_lines
            deleted = _slice(old, start, cursor)
            texts = hunk.deleted or ("",) * hunk.old_lines
            for offset, (origin, text) in enumerate(zip(deleted, texts, strict=False)):
                yield DeletedLine(file.old_path, start + offset + 1, text, origin)
            new.extend(_added(hunk, deleted, position))
        new.extend(old[cursor:])
        if file.new_blob:
            is_known = file.old_blob == file.new_blob or (file.is_text_file and not file.is_binary)
            self._keep((file.path, file.new_blob), new if is_known else array("i"))

    def _merge(self, merged: MergedFile, position: int) -> None:
        parents = [self._take((merged.path, blob)) if blob else array("i") for blob in merged.parent_blobs]
        new = array("i")
        cursors = [0] * len(parents)
        for hunk in merged.hunks:
            same = max(0, hunk.new_start - 1 - len(new))
            new.extend(_from_any(parents, cursors, same))
            for marks, _ in hunk.lines:
                new.extend(_merged_line(parents, cursors, marks, position))
        rest = max((len(lines) - cursor for lines, cursor in zip(parents, cursors, strict=True)), default=0)
        new.extend(_from_any(parents, cursors, rest))
        self._keep((merged.path, merged.new_blob), new)


def _slice(lines: "array[int]", start: int, stop: int) -> "array[int]":
    """Like ``lines[start:stop]``, padded with UNKNOWN where the version's lines are not known."""
    part = lines[start:stop]
    missing = (stop - start) - len(part)
    if missing > 0:
        part.extend([UNKNOWN] * missing)
    return part


def _added(hunk: Hunk, deleted: "array[int]", position: int) -> "array[int]":
    """Origins of a hunk's new lines: the commit's own, but for lines of which only the look changed."""
    new = array("i", [position]) * hunk.new_lines
    if not (hunk.deleted and hunk.added):
        return new
    before = [_essence(text) for text in hunk.deleted]
    after = [_essence(text) for text in hunk.added]
    if "".join(before) == "".join(after):
        return _rebroken(before, after, deleted)
    written_before: dict[str, list[int]] = defaultdict(list)
    for origin, essence in zip(deleted, before, strict=False):
        written_before[essence].append(origin)
    for number, essence in enumerate(after):
        if essence and (same := written_before.get(essence)):
            new[number] = same.pop(0)
    return new


def _essence(text: str) -> str:
    """What a line says, whatever it looks like.

    >>> _essence("    total = sum( x )  # of all") == _essence("total = sum(x)")
    True
    """
    if "#" in text or "//" in text:  # the expression alone would cost more than all the rest
        text = _TRAILING_COMMENT.sub("", text)
    return "".join(text.split()).replace("'", '"')


def _rebroken(before: list[str], after: list[str], deleted: "array[int]") -> "array[int]":
    """The same text in other lines: each new line has the origin of the old line in which it begins."""
    new = array("i")
    old, end, start = 0, len(before[0]), 0
    for essence in after:
        while start >= end and old + 1 < len(before):
            old += 1
            end += len(before[old])
        new.append(deleted[min(old, len(deleted) - 1)])
        start += len(essence)
    return new


def _from_any(parents: list["array[int]"], cursors: list[int], count: int) -> "array[int]":
    """Lines that all parents share; taken from the first whose lines are known."""
    best = next((index for index, lines in enumerate(parents) if len(lines) >= cursors[index] + count), 0)
    part = _slice(parents[best], cursors[best], cursors[best] + count) if parents else array("i")
    for index in range(len(parents)):
        cursors[index] += count
    return part


def _merged_line(parents: list["array[int]"], cursors: list[int], marks: str, position: int) -> list[int]:
    origin: int | None = None
    gone = "-" in marks
    for index, mark in enumerate(marks[: len(parents)]):
        if mark == "-" or (mark == " " and not gone):
            if mark == " " and origin is None:
                lines, cursor = parents[index], cursors[index]
                origin = lines[cursor] if cursor < len(lines) else UNKNOWN
            cursors[index] += 1
    if gone:
        return []
    return [position if origin is None else origin]
