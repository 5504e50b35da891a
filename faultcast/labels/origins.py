"""Who wrote each line: every line of every file followed once through the whole history.

Instead of a ``git blame`` per fix and file, each version of a file is kept as an array that names,
line by line, the commit (by position) that wrote it. A commit's hunks turn the array of the old
version into that of the new one. Versions are keyed by path and blob, so branches need no state of
their own, and a version is forgotten when no later commit starts from it.

What a variant says decides when a line keeps its origin (`faultcast.labels.looks`). A renamed file
keeps the origins of its lines (``-M``); where a merge differs from all of its parents, a line keeps the
origin that it has in the first parent which has it. A line that an ignored commit rewrote has the origin
of the line in its place before, from the day on which that commit was listed.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from faultcast.labels.ignored import Ignored, listed
from faultcast.labels.looks import READINGS, Run, match_moved, match_within
from faultcast.labels.refactoring import match_declared, match_renamed
from faultcast.labels.variants import DEFAULT, Variant
from faultcast.records import Commit, FileChange, Hunk, MergedFile

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


@dataclass(frozen=True, slots=True)
class Insertion:
    """Lines that a commit added where none was deleted, and who had written the line before and the line after."""

    path: str
    texts: tuple[str, ...]
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Traced:
    """What a commit did to the lines of others; `kept` are those that it only moved or gave another look."""

    deleted: tuple[DeletedLine, ...] = ()
    kept: tuple[DeletedLine, ...] = ()
    inserted: tuple[Insertion, ...] = ()


class Origins:
    """The fold. Give it every commit once, in order of arrival."""

    def __init__(self, history: Iterable[Commit], variant: Variant = DEFAULT) -> None:
        """Take one look at the history to know how often each version will be needed."""
        self._variant = variant
        self._reading = READINGS[variant.look]
        self._needed: Counter[_Version] = Counter()
        self._lines: dict[_Version, array[int]] = {}
        self._aliases: list[tuple[int, int]] = []  # an ignored commit's position, the origin before it
        ever: set[str] = set()
        for commit in history:
            self._needed.update((file.old_path, file.old_blob) for file in commit.files if file.old_blob)
            for merged in commit.merged:
                self._needed.update((merged.path, blob) for blob in merged.parent_blobs if blob)
            if variant.heeds_ignored:
                ever.update(listed(commit))
        self._ignored = Ignored(frozenset(ever))

    def observe(self, commit: Commit, *, is_asked: bool = True) -> Traced:
        """Take a commit in; return what it did to the lines of others, if that is asked."""
        is_ignored = self._ignored.observe(commit)
        olds = [self._take((file.old_path, file.old_blob)) if file.old_blob else array("i") for file in commit.files]
        runs = [_runs(file, old, commit.position) for file, old in zip(commit.files, olds, strict=True)]
        self._match(commit, runs)
        traced = self._traced(commit, olds, runs) if is_asked else Traced()
        for file, old, parts in zip(commit.files, olds, runs, strict=True):
            for run in parts if is_ignored else ():
                self._alias(run, commit.position)
            self._leave(file, old, parts)
        for merged in commit.merged:
            self._merge(merged, commit.position)
        return traced

    def _match(self, commit: Commit, runs: list[list[Run]]) -> None:
        if self._reading is None or not any(len(run.sources) for parts in runs for run in parts):
            return
        changed = [
            (run, hunk)
            for file, parts in zip(commit.files, runs, strict=True)
            for run, hunk in zip(parts, file.hunks, strict=True)
        ]
        for run, hunk in changed:
            if self._variant.follows_moves or (hunk.deleted and hunk.added):
                run.read(hunk.deleted, hunk.added, self._reading)
            if hunk.deleted and hunk.added:
                match_within(run, rebroken=self._variant.look == "look")
        if self._variant.follows_moves:
            match_moved((run for run, _ in changed), commit.position)
        if self._variant.follows_refactoring:
            match_declared(changed, commit.position)
            match_renamed(changed, commit.position)

    def _traced(self, commit: Commit, olds: list["array[int]"], runs: list[list[Run]]) -> Traced:
        deleted: list[DeletedLine] = []
        kept: list[DeletedLine] = []
        inserted: list[Insertion] = []
        for file, old, parts in zip(commit.files, olds, runs, strict=True):
            for hunk, run in zip(file.hunks, parts, strict=True):
                texts = hunk.deleted or ("",) * hunk.old_lines
                for offset, text in enumerate(texts[: len(run.sources)]):
                    origin = self._told(run.sources[offset], commit)
                    line = DeletedLine(file.old_path, hunk.old_start + offset, text, origin)
                    (deleted if run.gone[offset] else kept).append(line)
                if not hunk.old_lines and file.old_blob:
                    around = _slice(old, hunk.old_start - 1, hunk.old_start + 1)
                    before, after = (self._told(origin, commit) for origin in around)
                    inserted.append(Insertion(file.path, hunk.added, before, after))
        return Traced(tuple(deleted), tuple(kept), tuple(inserted))

    def _alias(self, run: Run, position: int) -> None:
        """Remember, for each line of a commit that will be ignored, what stood in its place."""
        names: dict[int, int] = {}
        for new, origin in enumerate(run.origins):
            if origin == position:
                before = run.sources[min(new, len(run.sources) - 1)] if run.sources else UNKNOWN
                if before not in names:
                    names[before] = -2 - len(self._aliases)
                    self._aliases.append((position, before))
                run.origins[new] = names[before]

    def _told(self, origin: int, commit: Commit) -> int:
        """The origin as it was known when a commit landed."""
        while origin < UNKNOWN:
            position, before = self._aliases[-2 - origin]
            origin = before if self._ignored.at(position, commit.committed_at) else position
        return origin

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

    def _leave(self, file: FileChange, old: "array[int]", runs: list[Run]) -> None:
        """Keep the version that a commit leaves."""
        if not file.new_blob:
            return
        if file.old_blob != file.new_blob and (not file.is_text_file or file.is_binary):
            self._keep((file.path, file.new_blob), array("i"))
            return
        new = array("i")
        cursor = 0
        for hunk, run in zip(file.hunks, runs, strict=True):
            start = _start(hunk)
            new.extend(_slice(old, cursor, start))
            cursor = start + hunk.old_lines
            new.extend(run.origins)
        new.extend(old[cursor:])
        self._keep((file.path, file.new_blob), new)

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


def _start(hunk: Hunk) -> int:
    """Lines of the old version before a hunk."""
    return hunk.old_start - 1 if hunk.old_lines else hunk.old_start


def _runs(file: FileChange, old: "array[int]", position: int) -> list[Run]:
    starts = ((hunk, _start(hunk)) for hunk in file.hunks)
    return [Run(_slice(old, start, start + hunk.old_lines), hunk.new_lines, position) for hunk, start in starts]


def _slice(lines: "array[int]", start: int, stop: int) -> "array[int]":
    """Like ``lines[start:stop]``, padded with UNKNOWN where the version's lines are not known."""
    part = array("i", [UNKNOWN]) * max(0, -start) + lines[max(0, start) : stop]
    missing = (stop - start) - len(part)
    if missing > 0:
        part.extend([UNKNOWN] * missing)
    return part


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
