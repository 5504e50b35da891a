"""Where in a change the risk lies: its parts, and the change as it would be with one part of it alone."""

from dataclasses import replace

from faultcast.features.catalogue import CATALOGUE
from faultcast.features.describe import Row, describe
from faultcast.features.file_past import Value
from faultcast.features.past import Past
from faultcast.features.touched import OUTSIDE, Part, Touched, TouchedFile, is_measured, owners
from faultcast.records import Commit, FileChange, FunctionMeasures, Hunk, Measures

MOST_PARTS = 20
"""Parts of one change that are looked at: those with most changed lines."""


def parts(commit: Commit, touched: Touched) -> list[Part]:
    """The functions (in Terraform: blocks) that a change touched and what it touched outside of them, largest first.

    A source file that cannot be read is one part. Files that are no source code have none.
    """
    found: list[Part] = []
    for file in filter(is_measured, commit.files):
        known = touched.get(file.path)
        whole = Part(file.path, OUTSIDE, None, None, file.lines_added, file.lines_deleted)
        found += known.parts if known else [whole]
    found.sort(key=lambda part: (-part.lines_added - part.lines_deleted, part.path, part.name))
    return found[:MOST_PARTS]


def describe_part(commit: Commit, touched: Touched, part: Part, whole: Row) -> Row:
    """Describe a change as if it had this part alone.

    What its history tells is taken from `whole`, the row of the whole change: that was described when the change
    arrived, and the past of that day is gone.
    """
    only, found = restricted(commit, touched, part)
    alone = describe(only, Past(), found)
    values: dict[str, Value] = {
        feature.name: (alone if feature.needs == "change" else whole).values[feature.name] for feature in CATALOGUE
    }
    return replace(alone, values=values)


def restricted(commit: Commit, touched: Touched, part: Part) -> tuple[Commit, dict[str, TouchedFile]]:
    """A change with the lines of one part alone, and what that touches."""
    file = next(file for file in commit.files if file.path == part.path)
    known = touched.get(part.path)
    if known is None:
        return replace(commit, files=(file,)), {}
    hunks = tuple(_hunks(file, known, part))
    alone = replace(
        file,
        hunks=hunks,
        lines_added=sum(hunk.new_lines for hunk in hunks),
        lines_deleted=sum(hunk.old_lines for hunk in hunks),
    )
    before = known.before if known.after is None else _without(known.after, part)
    return replace(commit, files=(alone,)), {
        part.path: replace(
            known, before=before, parts=(part,), smells_before=known.smells_after, classes_before=known.classes_after
        )
    }


def _hunks(file: FileChange, known: TouchedFile, part: Part) -> list[Hunk]:
    """The hunks' lines that belong to the part."""
    last = max((max(one.old_start + one.old_lines, one.new_start + one.new_lines) for one in file.hunks), default=0)
    old, new = _Side([one.before for one in known.parts], last), _Side([one.after for one in known.parts], last)
    place = known.parts.index(part)
    found = []
    for hunk in file.hunks:
        deleted = old.lines(place if part.name else None, hunk.old_start, hunk.old_lines)
        added = new.lines(place if part.name else None, hunk.new_start, hunk.new_lines)
        if deleted or added:
            found.append(
                Hunk(
                    old_start=hunk.old_start + (deleted[0] if deleted else 0),
                    old_lines=len(deleted),
                    new_start=hunk.new_start + (added[0] if added else 0),
                    new_lines=len(added),
                    deleted=tuple(hunk.deleted[at] for at in deleted) if hunk.deleted else (),
                    added=tuple(hunk.added[at] for at in added) if hunk.added else (),
                )
            )
    return found


class _Side:
    """Which lines of one version belong to which of the parts."""

    def __init__(self, functions: list[FunctionMeasures | None], last_line: int) -> None:
        known = sorted((one.start_line, -one.end_line, at, one) for at, one in enumerate(functions) if one)
        self._places = [at for _, _, at, _ in known]
        self._owners = owners([one for *_, one in known], last_line)

    def lines(self, place: int | None, start: int, count: int) -> list[int]:
        """Places within the run of lines that belong to the part; to none of them for None."""
        run = self._owners[start : start + count]
        return [at for at, owner in enumerate(run) if (None if owner < 0 else self._places[owner]) == place]


def _without(after: Measures, part: Part) -> Measures:
    """The file as it would have been before, had the change touched this part alone."""
    now, was = part.after, part.before
    volume = after.halstead_volume
    if volume is not None and (now or was):
        volume = max(0.0, volume - ((now and now.halstead_volume) or 0.0) + ((was and was.halstead_volume) or 0.0))
    return replace(
        after,
        cyclomatic=after.cyclomatic - (now.cyclomatic if now else 0) + (was.cyclomatic if was else 0),
        cognitive=after.cognitive - (now.cognitive if now else 0) + (was.cognitive if was else 0),
        functions=after.functions - bool(now) + bool(was),
        halstead_volume=volume,
    )
