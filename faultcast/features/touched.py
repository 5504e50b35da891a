"""What a change touched inside its files: functions (in Terraform: top-level blocks), before and after.

A changed line belongs to the innermost function around it, on its own side of the change. A function of the old side
and one of the new side are the same where the line on which it starts was left alone; otherwise where they have the
same name; otherwise, for a renamed one, where the same hunk replaced the one's first line by the other's.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from faultcast.measures.kinds import file_kind
from faultcast.records import ClassMeasures, Commit, FileChange, FileVersion, FunctionMeasures, Hunk, Measures

Read = Callable[[str, str], FileVersion | None]
"""(path, blob id) -> that version of the file, read; None where it cannot be."""

OUTSIDE = ""
"""Name of what stands in no function."""

_NOBODY = -1
_NUMBER = re.compile(r"#\d+$")


@dataclass(frozen=True, slots=True)
class Part:
    """One function (in Terraform one block) that a change touched, or what stands outside of all of them.

    ``name`` is what it is called after the change, unique in its file; of a removed one, what it was called before. A
    new one has no `before`, a removed one no `after`, what stands outside neither.
    """

    path: str
    name: str
    before: FunctionMeasures | None
    after: FunctionMeasures | None
    lines_added: int
    lines_deleted: int


@dataclass(frozen=True, slots=True)
class TouchedFile:
    """A touched source file, read on every side that it has: its numbers, its parts, what it imports now, what smells.

    ``imports`` are as written in the new version. ``smells_before`` and ``smells_after`` are counts by name. Classes
    are those that hold a changed line, on either side.
    """

    path: str
    before: Measures | None
    after: Measures | None
    parts: tuple[Part, ...] = ()
    imports: tuple[str, ...] = ()
    smells_before: tuple[tuple[str, int], ...] = ()
    smells_after: tuple[tuple[str, int], ...] = ()
    classes_before: tuple[ClassMeasures, ...] = ()
    classes_after: tuple[ClassMeasures, ...] = ()


Touched = Mapping[str, TouchedFile]
"""Path -> what was touched in it; a file that cannot be read is not there."""

NOTHING: Touched = {}


def is_measured(file: FileChange) -> bool:
    """Whether a file's code is measured: text of the product, not of its tests."""
    return file.is_text_file and not file.is_binary and file_kind(file.path) == "source"


def touch(commit: Commit, read: Read) -> dict[str, TouchedFile]:
    """Read both sides of the touched source files; a file counts where every side it has can be read."""
    found = (touch_file(file, read) for file in commit.files if is_measured(file))
    return {file.path: file for file in found if file is not None}


def touch_file(file: FileChange, read: Read) -> TouchedFile | None:
    """Read both sides of one file; None where one that it has cannot be read."""
    old = read(file.old_path, file.old_blob) if file.old_blob else None
    new = read(file.path, file.new_blob) if file.new_blob else None
    if (old is None) != (not file.old_blob) or (new is None) != (not file.new_blob):
        return None
    if old is None and new is None:
        return None
    classes_before, classes_after = _classes(file, old.classes if old else (), new.classes if new else ())
    return TouchedFile(
        path=file.path,
        before=old.measures if old else None,
        after=new.measures if new else None,
        parts=parts_of(file, old.functions if old else (), new.functions if new else ()),
        imports=new.imports if new else (),
        smells_before=old.smells if old else (),
        smells_after=new.smells if new else (),
        classes_before=classes_before,
        classes_after=classes_after,
    )


def _classes(
    file: FileChange, old: Sequence[ClassMeasures], new: Sequence[ClassMeasures]
) -> tuple[tuple[ClassMeasures, ...], tuple[ClassMeasures, ...]]:
    """The classes of both versions that hold a changed line in one of them."""
    if not old and not new:
        return (), ()
    deleted = [(hunk.old_start, hunk.old_start + hunk.old_lines) for hunk in file.hunks if hunk.old_lines]
    added = [(hunk.new_start, hunk.new_start + hunk.new_lines) for hunk in file.hunks if hunk.new_lines]
    names = {one.name for one in old if _is_in(one, deleted)} | {one.name for one in new if _is_in(one, added)}
    return tuple(one for one in old if one.name in names), tuple(one for one in new if one.name in names)


def _is_in(one: ClassMeasures, runs: Sequence[tuple[int, int]]) -> bool:
    """Whether a run of lines (start, end) reaches into the class; runs are in order and apart."""
    at = bisect_right(runs, one.start_line, key=itemgetter(1))
    return at < len(runs) and runs[at][0] <= one.end_line


def parts_of(file: FileChange, old: Sequence[FunctionMeasures], new: Sequence[FunctionMeasures]) -> tuple[Part, ...]:
    """The parts that hold a changed line, in the order of the new version, removed ones last.

    `old` and `new` are the functions of the two versions in the order of their first lines.
    """
    deleted = _lines_of(old, ((hunk.old_start, hunk.old_lines) for hunk in file.hunks))
    added = _lines_of(new, ((hunk.new_start, hunk.new_lines) for hunk in file.hunks))
    same = match(old, new, file.hunks)
    removed = sorted(deleted.keys() - same.values() - {_NOBODY})
    touched = sorted(({at for at, was in same.items() if was in deleted} | added.keys()) - {_NOBODY})
    found = []
    for at in touched:
        was = same.get(at)
        before, gone = (None, 0) if was is None else (old[was], deleted[was])
        found.append(Part(file.path, new[at].name, before, new[at], added[at], gone))
    found += [Part(file.path, old[at].name, old[at], None, 0, deleted[at]) for at in removed]
    if _NOBODY in added or _NOBODY in deleted:
        found.append(Part(file.path, OUTSIDE, None, None, added[_NOBODY], deleted[_NOBODY]))
    return tuple(found)


def plain_name(name: str) -> str:
    """A function's name without the number that makes it unique in its file.

    >>> plain_name("Cart.add#2"), plain_name("Cart.#private")
    ('Cart.add', 'Cart.#private')
    """
    return _NUMBER.sub("", name)


def owners(functions: Sequence[FunctionMeasures], last_line: int) -> list[int]:
    """Line number -> place of the innermost function around it, or -1; the entry of line 0 stands for none."""
    found = [_NOBODY] * (max(last_line, max((one.end_line for one in functions), default=0)) + 1)
    for at, function in enumerate(functions):  # one that is inside another starts behind it
        length = function.end_line - function.start_line + 1
        found[function.start_line : function.end_line + 1] = [at] * length
    return found


def _lines_of(functions: Sequence[FunctionMeasures], runs: Iterable[tuple[int, int]]) -> Counter[int]:
    """Function -> how many of its lines lie in the runs (start, lines)."""
    ranges = [(start, lines) for start, lines in runs if lines]
    if not ranges:
        return Counter()
    owner = owners(functions, max(start + lines for start, lines in ranges))
    found: Counter[int] = Counter()
    for start, lines in ranges:
        found.update(owner[start : start + lines])
    return found


def match(old: Sequence[FunctionMeasures], new: Sequence[FunctionMeasures], hunks: Sequence[Hunk]) -> dict[int, int]:
    """Place of each function in the new version -> its place in the old one; what is new has none."""
    if not old or not new:
        return {}
    places = {(function.start_line, plain_name(function.name)): at for at, function in enumerate(new)}
    found: dict[int, int] = {}
    left: list[int] = []
    for at, line in enumerate(_moved([function.start_line for function in old], hunks)):
        target = places.get((line, plain_name(old[at].name))) if line else None
        if target is None or target in found:
            left.append(at)
        else:
            found[target] = at
    if left and len(found) < len(new):
        _match_names(old, new, left, found)
        _match_hunks(old, new, hunks, found)
    return found


def _moved(lines: Sequence[int], hunks: Sequence[Hunk]) -> list[int]:
    """Rising old line numbers -> new ones; 0 for a line that the change took away."""
    found: list[int] = []
    shift, place = 0, 0
    for line in lines:
        while place < len(hunks) and _old_end(hunks[place]) < line:
            shift += hunks[place].new_lines - hunks[place].old_lines
            place += 1
        is_gone = place < len(hunks) and hunks[place].old_lines and hunks[place].old_start <= line
        found.append(0 if is_gone else line + shift)
    return found


def _old_end(hunk: Hunk) -> int:
    """Last old line of a hunk; of an insertion, the line that it stands behind."""
    return hunk.old_start + hunk.old_lines - 1 if hunk.old_lines else hunk.old_start


def _match_names(
    old: Sequence[FunctionMeasures], new: Sequence[FunctionMeasures], left: list[int], found: dict[int, int]
) -> None:
    """Of those left, the first of a name is the first of that name again, and so on."""
    free: defaultdict[str, list[int]] = defaultdict(list)
    for at in reversed(range(len(new))):
        if at not in found:
            free[plain_name(new[at].name)].append(at)
    for at in left:
        if same := free.get(plain_name(old[at].name)):
            found[same.pop()] = at


def _match_hunks(
    old: Sequence[FunctionMeasures], new: Sequence[FunctionMeasures], hunks: Sequence[Hunk], found: dict[int, int]
) -> None:
    """Of those left, as many as one hunk took away and put there were renamed, in order."""
    taken = set(found.values())
    gone = [at for at in range(len(old)) if at not in taken]
    come = [at for at in range(len(new)) if at not in found]
    if not gone or not come:
        return
    gone_lines = [old[at].start_line for at in gone]
    come_lines = [new[at].start_line for at in come]
    for hunk in hunks:
        before = _within(gone, gone_lines, hunk.old_start, hunk.old_lines)
        after = _within(come, come_lines, hunk.new_start, hunk.new_lines)
        if len(before) == len(after):
            found.update(zip(after, before, strict=True))


def _within(places: list[int], lines: list[int], start: int, count: int) -> list[int]:
    return places[bisect_left(lines, start) : bisect_left(lines, start + count)]
