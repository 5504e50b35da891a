"""What happened before a change: a fold over the history in the order in which changes arrived.

`describe` reads the past, then the change is observed and becomes part of it. The whole past can be
saved and loaded, so that one new change is described without mining the history again.
"""

import json
import zlib
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultcast.errors import NotFound
from faultcast.records import Commit, FileChange, MergedFile

YEAR = 365.25 * 86_400
_FORMAT = 1


@dataclass(slots=True)
class FilePast:
    """What happened to one file so far."""

    last_changed_at: int = 0
    authors: Counter[str] = field(default_factory=Counter)
    changes: list[int] = field(default_factory=list)  # positions of the commits, rising
    lines: int | None = None

    def copy(self) -> "FilePast":
        return FilePast(self.last_changed_at, self.authors.copy(), self.changes.copy(), self.lines)


@dataclass(slots=True)
class AuthorPast:
    """What one author did so far."""

    instants: list[int] = field(default_factory=list)  # rising
    subsystems: Counter[str] = field(default_factory=Counter)


class Past:
    """State of the fold."""

    def __init__(self) -> None:
        self.files: dict[str, FilePast] = {}
        self.authors: defaultdict[str, AuthorPast] = defaultdict(AuthorPast)
        self._blob_lines: dict[str, int] = {"": 0}
        self.position = -1
        self.commit = ""

    # --- questions ------------------------------------------------------------------------

    def lines_before(self, file: FileChange) -> int | None:
        """Lines of the file that a change starts from; None if its length is not known.

        The blob tells it exactly; a change that comes without blob ids is answered by the path.
        """
        if file.status == "A":
            return 0
        if file.old_blob:
            return self._blob_lines.get(file.old_blob)
        past = self.files.get(file.old_path)
        return None if past is None else past.lines

    def file(self, path: str) -> FilePast | None:
        return self.files.get(path)

    def author_changes(self, author: str) -> int:
        return len(self.authors[author].instants) if author in self.authors else 0

    def author_recent_changes(self, author: str, at: int) -> float:
        """Kamei et al. 2013, REXP: a change k whole years old counts 1 / (k + 1)."""
        if author not in self.authors:
            return 0.0
        instants = self.authors[author].instants
        total, upto, years = 0.0, len(instants), 1
        while upto:
            first = bisect_left(instants, at - years * YEAR + 1)
            total += max(0, upto - first) / years
            upto, years = min(first, upto), years + 1
        return total

    def author_subsystem_changes(self, author: str, subsystems: Iterable[str]) -> int:
        if author not in self.authors:
            return 0
        made = self.authors[author].subsystems
        return sum(made[name] for name in subsystems)

    # --- the fold -------------------------------------------------------------------------

    def observe(self, commit: Commit) -> None:
        """Let a change become the past. A merge only tells how long the files are that it wrote."""
        self.position, self.commit = commit.position, commit.id
        for merged in commit.merged:
            self._observe_merged(merged)
        if commit.is_merge:
            return
        author = self.authors[commit.author]
        insort(author.instants, commit.committed_at)
        author.subsystems.update({subsystem(file.path) for file in commit.files})
        for file in commit.files:
            self._observe_file(file, commit)

    def _observe_file(self, file: FileChange, commit: Commit) -> None:
        before = self._blob_lines.get(file.old_blob)
        if file.old_blob != file.new_blob and (file.is_binary or not file.is_text_file):
            before = None  # its lines were not counted
        lines = None if before is None else before + file.lines_added - file.lines_deleted
        if lines is not None and file.new_blob:
            self._blob_lines[file.new_blob] = lines
        if file.status == "R" and file.old_path in self.files:
            self.files[file.path] = self.files[file.old_path].copy()
        past = self.files.setdefault(file.path, FilePast())
        past.last_changed_at = commit.committed_at
        past.authors[commit.author] += 1
        past.changes.append(commit.position)
        past.lines = lines

    def _observe_merged(self, merged: MergedFile) -> None:
        before = self._blob_lines.get(merged.parent_blobs[0]) if merged.parent_blobs else None
        if before is None or not merged.new_blob:
            return
        marks = [marks for hunk in merged.hunks for marks, _ in hunk.lines]
        added = sum("-" not in mark and mark.startswith("+") for mark in marks)
        deleted = sum(mark.startswith("-") for mark in marks)
        self._blob_lines[merged.new_blob] = before + added - deleted

    # --- storage --------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the state: compressed JSON, whole or not at all."""
        state = {
            "format": _FORMAT,
            "position": self.position,
            "commit": self.commit,
            "blob_lines": self._blob_lines,
            "files": {
                name: [past.last_changed_at, past.authors, past.changes, past.lines]
                for name, past in self.files.items()
            },
            "authors": {name: [past.instants, past.subsystems] for name, past in self.authors.items()},
        }
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 3))
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Past":
        """Read a state that `save` wrote.

        Raises:
            NotFound: there is none, or it is of another format.
        """
        try:
            state: dict[str, Any] = json.loads(zlib.decompress(path.read_bytes()))
            if state["format"] != _FORMAT:
                raise NotFound(
                    f"{path}: found format {state['format']}, expected {_FORMAT}. Run `faultcast run` again."
                )
            return cls._restored(state)
        except (FileNotFoundError, zlib.error, ValueError, TypeError, KeyError) as error:
            raise NotFound(
                f"{path}: found no usable state of the past ({error}). Run `faultcast run` first."
            ) from error

    @classmethod
    def _restored(cls, state: dict[str, Any]) -> "Past":
        past = cls()
        past.position, past.commit = state["position"], state["commit"]
        past._blob_lines = state["blob_lines"]
        for name, (last, authors, changes, lines) in state["files"].items():
            past.files[name] = FilePast(last, Counter(authors), changes, lines)
        for name, (instants, subsystems) in state["authors"].items():
            past.authors[name] = AuthorPast(instants, Counter(subsystems))
        return past


def subsystem(path: str) -> str:
    """The top-level directory of a path; "." for a file at the root."""
    return path.split("/", 1)[0] if "/" in path else "."
