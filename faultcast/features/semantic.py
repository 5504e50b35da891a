"""What a change says: its message and its changed lines as one bounded text, the same for training and serving.

Handle an empty cart
<file> src/cart.py
<in> total
-    return sum(prices) / len(prices)
+    return sum(prices) / len(prices) if prices else 0

What tells most comes first, as a model reads only so far: source before configuration before tests before the rest,
then the files and hunks with most changed lines of code. Blank lines are left out; comments do not count as code.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from faultcast.features.touched import OUTSIDE, Touched, TouchedFile
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, FileChange, Hunk

MESSAGE_CHARACTERS = 1_200
FILE_CHARACTERS = 1_500
HUNK_CHARACTERS = 800
TEXT_CHARACTERS = 6_000

FILE_MARK = "<file> "
FUNCTION_MARK = "<in> "

_LEAST_ROOM = len(FILE_MARK) + 40
_HUNKS_LOOKED_AT = 200
_LINES_LOOKED_AT = 200
_KIND_ORDER = {"source": 0, "configuration": 1, "test": 2, "other": 3, "documentation": 4}
_NO_CODE = re.compile(r"\s*(?:$|#(?!include)|//|/\*|\*(?:\s|/|$)|<!--|--\s|\"\"\"|''')")


class _Ranked(NamedTuple):
    """A hunk with its rank: lines of code that it changes, at most `_LINES_LOOKED_AT` a side."""

    code_lines: int
    hunk: Hunk


def semantic_text(commit: Commit, touched: Touched) -> str:
    """Return the message, then the changed lines, ranked, each marked with its file and the function around it."""
    parts = [commit.message[:MESSAGE_CHARACTERS]]
    room = TEXT_CHARACTERS - len(parts[0]) - 1
    for file, hunks in _ranked(commit.files):
        if room < _LEAST_ROOM:
            break
        parts.append(_file_text(file, hunks, touched.get(file.path), min(room, FILE_CHARACTERS)))
        room -= len(parts[-1]) + 1
    return "\n".join(parts)


def _ranked(files: Sequence[FileChange]) -> list[tuple[FileChange, list[_Ranked]]]:
    """Files with their hunks, what tells most in front; ties by path and by place."""
    found = []
    for file in files:
        hunks = [_Ranked(_code_lines(hunk), hunk) for hunk in file.hunks[:_HUNKS_LOOKED_AT]]
        hunks.sort(key=lambda ranked: -ranked.code_lines)
        code_lines = sum(ranked.code_lines for ranked in hunks)
        found.append((_KIND_ORDER[file_kind(file.path)], -code_lines, file.path, file, hunks))
    found.sort(key=lambda ranked: ranked[:3])
    return [(file, hunks) for *_, file, hunks in found]


def _code_lines(hunk: Hunk) -> int:
    return sum(_NO_CODE.match(text) is None for side in (hunk.deleted, hunk.added) for text in side[:_LINES_LOOKED_AT])


def _file_text(file: FileChange, hunks: Sequence[_Ranked], touched: TouchedFile | None, room: int) -> str:
    lines = [f"{FILE_MARK}{_one_line(file.path)}"[:room]]
    left = room - len(lines[0])
    around = _Names(touched) if touched else None
    function = OUTSIDE
    for _, hunk in hunks:
        name = around.of(hunk) if around else OUTSIDE
        head = [] if name == function else [f"{FUNCTION_MARK}{_one_line(name)}".rstrip()]
        wanted = [*head, *_bounded(_hunk_lines(hunk), HUNK_CHARACTERS)]
        kept = list(_bounded(wanted, left))
        if len(kept) <= len(head):
            break
        function = name
        lines += kept
        left -= sum(len(line) + 1 for line in kept)
    return "\n".join(lines)


def _hunk_lines(hunk: Hunk) -> Iterator[str]:
    for mark, texts in (("-", hunk.deleted), ("+", hunk.added)):
        yield from (mark + text for text in texts if text.strip())


def _bounded(lines: Sequence[str] | Iterator[str], room: int) -> Iterator[str]:
    """Whole lines, as long as there is room."""
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


class _Names:
    """Which of the touched functions a hunk stands in."""

    def __init__(self, touched: TouchedFile) -> None:
        self._new = [(part.name, part.after) for part in touched.parts if part.after]
        self._old = [(part.before.name, part.before) for part in touched.parts if part.before]

    def of(self, hunk: Hunk) -> str:
        """The innermost function around the hunk's first line: of the new version, or of the old one if it removes."""
        line, functions = (hunk.new_start, self._new) if hunk.new_lines else (hunk.old_start, self._old)
        around = [(one.start_line, name) for name, one in functions if one.start_line <= line <= one.end_line]
        return max(around)[1] if around else OUTSIDE
