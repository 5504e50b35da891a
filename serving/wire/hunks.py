"""The changed lines of one file: as sent, or compared here where only the two texts were sent."""

import difflib
from collections.abc import Mapping
from typing import Any

from faultcast.errors import BadChange
from faultcast.records import Hunk
from serving.wire.fields import items, kind, number, refuse_unknown

MAX_DIFFED_LINES = 20_000
"""Lines before and after together, above which this server computes no diff of its own."""

_COUNTS = ("old_start", "old_lines", "new_start", "new_lines")


def parse(data: object, where: str) -> Hunk:
    """One hunk as git counts it. Its lines may be left out, as the history itself does in very large changes.

    Raises:
        BadChange: a count is no whole number, or the lines are not as many as the counts say.
    """
    if not isinstance(data, Mapping):
        raise BadChange(f"{where}: expected an object, found {kind(data)}")
    refuse_unknown(data, (*_COUNTS, "deleted", "added"), where)
    counts = {name: number(data, name, where) for name in _COUNTS}
    deleted = _lines(data, "deleted", where, counts["old_lines"])
    return Hunk(**counts, deleted=deleted, added=_lines(data, "added", where, counts["new_lines"]))


def _lines(data: Mapping[str, Any], name: str, where: str, count: int) -> tuple[str, ...]:
    lines = items(data, name, where) if data.get(name) is not None else []
    for i, line in enumerate(lines):
        if not isinstance(line, str):
            raise BadChange(f"{where}.{name}[{i}]: expected a line of text, found {kind(line)}")
    if len(lines) not in (0, count):
        raise BadChange(f"{where}.{name}: found {len(lines)} lines, expected {count} as the hunk's counts say")
    return tuple(lines)


def compare(before: str, after: str, where: str = "change") -> tuple[Hunk, ...]:
    """Hunks without context, numbered as git numbers them; which lines count as moved may differ from git's.

    >>> compare("a\\nb\\n", "a\\nc\\nd\\n")
    (Hunk(old_start=2, old_lines=1, new_start=2, new_lines=2, deleted=('b',), added=('c', 'd')),)

    Raises:
        BadChange: the two texts are too long to compare here.
    """
    old, new = _split(before), _split(after)
    if len(old) + len(new) > MAX_DIFFED_LINES:
        raise BadChange(
            f"{where}: {len(old) + len(new):,} lines before and after, at most {MAX_DIFFED_LINES:,} are compared here; "
            "send the hunks with the file"
        )
    return tuple(
        Hunk(
            old_start=old_from + (old_to > old_from),
            old_lines=old_to - old_from,
            new_start=new_from + (new_to > new_from),
            new_lines=new_to - new_from,
            deleted=tuple(old[old_from:old_to]),
            added=tuple(new[new_from:new_to]),
        )
        for tag, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, old, new).get_opcodes()
        if tag != "equal"
    )


def _split(content: str) -> list[str]:
    lines = content.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
