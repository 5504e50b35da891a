"""What git tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """One run of changed lines without context (``git diff -U0``).

    Starts are 1-based line numbers; for a pure insertion ``old_start`` is the line *before* it,
    and likewise ``new_start`` for a pure deletion, exactly as git prints them.
    ``deleted`` and ``added`` are the lines' texts without the newline.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    deleted: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a commit changed, against its only parent (or against nothing)."""

    path: str
    old_path: str  # equals `path` unless renamed
    status: str  # A added, M modified, D deleted, R renamed, T type changed
    old_blob: str  # "" when added
    new_blob: str  # "" when deleted
    lines_added: int = 0
    lines_deleted: int = 0
    is_binary: bool = False
    is_text_file: bool = True  # False for submodule pointers and symbolic links
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class CombinedHunk:
    """One hunk of a merge's combined diff (``git diff -c -U1``), which begins before result line `new_start`.

    ``lines`` are ``(marks, text)`` with one mark a parent: " " the parent has the line, "+" it lacks it,
    "-" it had the line and the result lacks it. A line with blank marks only is context.
    """

    new_start: int
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A file whose content in a merge differs from every parent's.

    Without `hunks` it was binary, or not read as a patch; `lines` is then its length, where that was counted instead.
    """

    path: str
    parent_blobs: tuple[str, ...]
    new_blob: str
    hunks: tuple[CombinedHunk, ...]
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `position` is its place in the order in which changes arrived (parents first, then by date).

    A merge (two or more parents) has no `files`: what it brought was already described where it
    was written. `merged` holds what it changed against all of its parents.
    """

    id: str
    position: int
    parents: tuple[str, ...]
    author: str  # pseudonym
    authored_at: int
    committed_at: int
    message: str
    files: tuple[FileChange, ...] = ()
    merged: tuple[MergedFile, ...] = ()
    reviewers: tuple[str, ...] = ()  # pseudonyms of those whom trailers name as reviewers, in order, without repeats

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1

    @property
    def subject(self) -> str:
        return self.message.split("\n", 1)[0]
