"""Pure parsing: what ``git diff-tree --stdin -z --raw -p -U0`` prints -> commits.

A sample of the input, one commit (NUL shown as ^@, the marker holds a nonce that no history can know)::

    ^A6f1c…^@<id>^@<parents>^@<author>^@<e-mail>^@<authored>^@<committed>^@<message>^@
    :100644 100644 <old blob> <new blob> M^@docs/config.rst^@^@diff --git a/docs/config.rst …
    @@ -82 +82 @@ The following configuration values …
    -    Exceptions are propagated rather than handled by the
    +    Exceptions are propagated rather than handled by

Lines of a patch are consumed by the counts in their hunk header, so no content can pose as structure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, NamedTuple, TypeVar

from faultcast.history.identity import reviewers, without_addresses, without_people
from faultcast.records import CombinedHunk, Commit, FileChange, Hunk, MergedFile

TEXT_LINES_A_COMMIT = 20_000
"""Lines of one commit whose text is kept; of an import larger than this only the counts are."""

LINE_CHARACTERS = 400
"""Characters of one line that are kept."""

COMMIT_BYTES = 16 * 1024**2
"""A commit whose diff prints more than this is kept without its hunks; its files count as binary."""

LATEST_INSTANT = 4_102_444_800
"""2100-01-01: dates beyond are taken for it, dates before 1970 for 1970."""

_READ_BYTES = 1 << 20
_NOTHING = "0" * 40
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMBINED = re.compile(r"(@@@+) .*?\+(\d+)(?:,\d+)? @@@+")
_SUBMODULE_OR_LINK = frozenset(("160000", "120000"))

T = TypeVar("T")

Identify = Callable[[str, str], str]
"""(author's name, e-mail) -> pseudonym."""


def format_of(nonce: str) -> str:
    """The ``--format`` that `split` and `parse` expect."""
    return f"%x01{nonce}%x00%H%x00%P%x00%aN%x00%aE%x00%at%x00%ct%x00%B%x00"


def split(stream: BinaryIO, nonce: str) -> Iterator[bytes]:
    """Yield one commit's bytes at a time; memory is bounded by `COMMIT_BYTES`, not by the history."""
    marker = f"\x01{nonce}\x00".encode()
    buffer = bytearray()
    searched = 0
    while chunk := stream.read(_READ_BYTES):
        if len(buffer) < COMMIT_BYTES:
            buffer += chunk
        else:  # too large: keep its head, and as much of its end as a marker may straddle
            buffer[COMMIT_BYTES:] = buffer[-len(marker) :] + chunk
            searched = min(searched, COMMIT_BYTES)
        while (place := buffer.find(marker, searched)) >= 0:
            if place:
                yield bytes(buffer[: min(place, COMMIT_BYTES + 1)])
            del buffer[: place + len(marker)]
            searched = 0
        searched = max(0, len(buffer) - len(marker))
    if buffer:
        yield bytes(buffer[: COMMIT_BYTES + 1])


def parse(record: bytes, position: int, identify: Identify) -> Commit:
    """Parse one commit's bytes as `split` yields them."""
    head = record.split(b"\0", 7)
    rest = head.pop().lstrip(b"\0\n") if len(head) > 7 else b""  # the message alone may be too large
    commit, parents, name, email, authored, committed, message = _text(b"\0".join(head)).split("\0")
    entries, merged, place = _raw(rest)
    if len(record) > COMMIT_BYTES:
        found: Iterator[_Counted] = ((0, 0, entry.old_blob != entry.new_blob, ()) for entry in entries)
    elif rest.startswith(b"diff --", place):
        lines = _text(rest[place:]).split("\n")
        sections = _sections(lines, _combined_section) if merged else iter(())
        merged = [(replace(file, hunks=next(sections, ())), is_text) for file, is_text in merged]
        found = _patched(lines, entries)
    else:
        found = _numstat(rest, place)
    return Commit(
        id=commit,
        position=position,
        parents=tuple(parents.split()),
        author=identify(name, email),
        authored_at=_instant(authored),
        committed_at=_instant(committed),
        message=without_people(message.strip("\n")),
        reviewers=tuple(dict.fromkeys([identify(*person) for person in reviewers(message)])),
        files=tuple([_file(entry, next(found, _UNCOUNTED)) for entry in entries]),
        merged=tuple([file for file, is_text in merged if is_text]),
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _instant(text: str) -> int:
    return min(max(int(text or 0), 0), LATEST_INSTANT)


def _blob(name: str) -> str:
    return "" if name.startswith(_NOTHING) else name


class _Entry(NamedTuple):
    """One changed file as ``--raw`` tells it."""

    path: str
    old_path: str
    status: str
    old_blob: str
    new_blob: str
    is_text_file: bool


_Counted = tuple[int, int, bool, tuple[Hunk, ...]]
"""Lines added, lines deleted, whether binary, hunks (none where git was not asked for patches)."""
_UNCOUNTED: _Counted = (0, 0, False, ())


_Merged = tuple[MergedFile, bool]
"""A merged file, and whether it was a text file on every side."""


def _raw(rest: bytes) -> tuple[list[_Entry], list[_Merged], int]:
    """Parse the ``--raw -z`` entries; return them and the place behind them."""
    entries: list[_Entry] = []
    merged: list[_Merged] = []
    place = 0
    while rest.startswith(b":", place):
        end = rest.find(b"\0", place)
        path_end = rest.find(b"\0", end + 1)
        if end < 0 or path_end < 0:  # cut off in the middle of an entry
            return entries, merged, len(rest)
        fields = rest[place:end].decode("ascii").split(" ")
        path = old_path = _text(rest[end + 1 : path_end])
        place = path_end + 1
        if fields[0].startswith("::"):
            parents = fields[0].count(":")
            blobs = fields[parents + 1 : 2 * parents + 2]
            is_text_file = not _SUBMODULE_OR_LINK.intersection(fields[1 : parents + 1], [fields[0][parents:]])
            merged.append((MergedFile(path, tuple(map(_blob, blobs[:-1])), _blob(blobs[-1]), ()), is_text_file))
            continue
        old_mode, new_mode, old_blob, new_blob, status = fields
        if status[0] in "RC":
            path_end = rest.find(b"\0", place) % (len(rest) + 1)  # -1, cut off: the end
            path, place = _text(rest[place:path_end]), path_end + 1
        is_text_file = old_mode[1:] not in _SUBMODULE_OR_LINK and new_mode not in _SUBMODULE_OR_LINK
        entries.append(_Entry(path, old_path, status[0], _blob(old_blob), _blob(new_blob), is_text_file))
    return entries, merged, place + rest.startswith(b"\0", place)


def _file(entry: _Entry, counted: _Counted) -> FileChange:
    """Submodules and links have no lines, whatever git says of their text."""
    path, old_path, status, old_blob, new_blob, is_text_file = entry
    added, deleted, is_binary, hunks = counted if is_text_file else (0, 0, counted[2], ())
    return FileChange(
        path, old_path, status, old_blob, new_blob, added, deleted, is_binary, is_text_file, hunks
    )  # fmt: skip


def _numstat(rest: bytes, place: int) -> Iterator[_Counted]:
    """Parse ``--numstat -z``: ``3<tab>1<tab>path``, of a rename ``3<tab>1<tab>``, old and new path; "-" is binary."""
    tokens = iter(rest[place:].split(b"\0"))
    for token in tokens:
        added, _, more = token.partition(b"\t")
        deleted, tab, path = more.partition(b"\t")
        if not tab:
            return
        if not path:
            next(tokens, None)
            next(tokens, None)
        yield (0, 0, True, ()) if added == b"-" else (int(added), int(deleted), False, ())


def _patched(lines: Sequence[str], entries: Iterable[_Entry]) -> Iterator[_Counted]:
    """Count every file's hunks: the patch lists files in the order of the raw entries."""
    sections = _sections(lines, _file_section)
    for entry in entries:
        parts = [next(sections, ((), False)) for _ in range(2 if entry.status == "T" else 1)]
        hunks = tuple([hunk for part, _ in parts for hunk in part])
        added, deleted = sum(hunk.new_lines for hunk in hunks), sum(hunk.old_lines for hunk in hunks)
        yield added, deleted, any(binary for _, binary in parts), hunks


def _sections(lines: Sequence[str], read: Callable[[Sequence[str], int, int], tuple[T, int, int]]) -> Iterator[T]:
    """Walk the patch's ``diff …`` sections; `read` consumes one from a place, within a budget of text lines."""
    place, budget = 0, TEXT_LINES_A_COMMIT
    while place < len(lines):
        if lines[place].startswith("diff --"):
            section, place, budget = read(lines, place + 1, budget)
            yield section
        else:
            place += 1


def _file_section(lines: Sequence[str], place: int, budget: int) -> tuple[tuple[tuple[Hunk, ...], bool], int, int]:
    hunks: list[Hunk] = []
    binary = False
    while place < len(lines) and not (line := lines[place]).startswith("diff --"):
        place += 1
        if not line.startswith("@@"):
            binary = binary or line.startswith("Binary files ")
            continue
        found = _HUNK.match(line)
        if found is None:
            continue
        old_start, old_count, new_start, new_count = found.groups(default="1")
        old_lines, new_lines = int(old_count), int(new_count)
        deleted, place = _take(lines, place, old_lines)
        added, place = _take(lines, place, new_lines)
        budget -= old_lines + new_lines
        if budget < 0:
            deleted = added = ()
        hunks.append(Hunk(int(old_start), old_lines, int(new_start), new_lines, deleted, added))
    return (tuple(hunks), binary), place, budget


def _take(lines: Sequence[str], place: int, count: int) -> tuple[tuple[str, ...], int]:
    """Take `count` lines without their mark; a note such as "\\ No newline at end of file" belongs to them."""
    end = place + count
    taken = tuple(without_addresses(line[1:])[:LINE_CHARACTERS] for line in lines[place:end])
    if end < len(lines) and lines[end].startswith("\\"):
        end += 1
    return taken, end


def _combined_section(lines: Sequence[str], place: int, budget: int) -> tuple[tuple[CombinedHunk, ...], int, int]:
    """Parse a merged file's hunks.

    Git counts wrongly in these headers where there is no context (it prints -1 as an unsigned number), so a
    hunk ends where the marks end: a line of its body starts with a mark, a header with "@" or "d".
    """
    hunks: list[CombinedHunk] = []
    while place < len(lines) and not lines[place].startswith("diff --"):
        found = _COMBINED.match(lines[place])
        place += 1
        if found is None:
            continue
        parents = len(found[1]) - 1
        body: list[tuple[str, str]] = []
        while place < len(lines) and lines[place].startswith((" ", "+", "-", "\\")):
            line = lines[place]
            place += 1
            if not line.startswith("\\"):
                body.append((line[:parents], without_addresses(line[parents:])[:LINE_CHARACTERS]))
        budget -= len(body)
        hunks.append(CombinedHunk(int(found[2]), tuple(body)))
    return tuple(hunks), place, budget
