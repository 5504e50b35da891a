"""What happened to each file so far: who changed it, when, in which changes, how long it is, which fixes it took."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faultcast.records import Commit, FileChange, MergedFile

DAY = 86_400
MINOR_SHARE = 0.05
"""Who made less than this share of a file's changes is a minor contributor to it (Bird et al. 2011)."""

Value = float | int | bool | None


@dataclass(slots=True)
class FilePast:
    """What happened to one file so far."""

    last_changed_at: int = 0
    authors: Counter[str] = field(default_factory=Counter)
    changes: list[int] = field(default_factory=list)  # positions of the commits, in order
    lines: int | None = None

    def copy(self) -> "FilePast":
        return FilePast(self.last_changed_at, self.authors.copy(), self.changes.copy(), self.lines)


class Files:
    """The fold over files. A renamed file keeps its past; the old path keeps its own, as a branch may go on with it."""

    def __init__(self) -> None:
        self.known: dict[str, FilePast] = {}
        self._blob_lines: dict[str, int] = {"": 0}

    def of(self, files: Iterable[FileChange]) -> list[FilePast]:
        """The pasts of touched files that have one."""
        return [found for file in files if (found := self.known.get(file.old_path)) is not None]

    def lines_before(self, file: FileChange) -> int | None:
        """Lines of the file that a change starts from; None if its length is not known.

        The blob tells it exactly; a change that comes without blob ids is answered by the path.
        """
        if file.status == "A":
            return 0
        if file.old_blob:
            return self._blob_lines.get(file.old_blob)
        past = self.known.get(file.old_path)
        return None if past is None else past.lines

    def observe(self, commit: Commit) -> None:
        """Let a change become the past. A merge only tells how long the files are that it wrote."""
        for merged in commit.merged:
            self._observe_merged(merged)
        for file in commit.files:
            self._observe_file(file, commit)

    def _observe_file(self, file: FileChange, commit: Commit) -> None:
        before = self._blob_lines.get(file.old_blob)
        if file.old_blob != file.new_blob and (file.is_binary or not file.is_text_file):
            before = None  # its lines were not counted
        lines = None if before is None else before + file.lines_added - file.lines_deleted
        if lines is not None and file.new_blob:
            self._blob_lines[file.new_blob] = lines
        if file.status == "R" and file.old_path in self.known:
            self.known[file.path] = self.known[file.old_path].copy()
        past = self.known.setdefault(file.path, FilePast())
        past.last_changed_at = commit.committed_at
        past.authors[commit.author] += 1
        past.changes.append(commit.position)
        past.lines = lines

    def _observe_merged(self, merged: MergedFile) -> None:
        before = self._blob_lines.get(merged.parent_blobs[0]) if merged.parent_blobs else None
        if before is None or not merged.new_blob:
            return
        if merged.hunks:
            marks = [marks for hunk in merged.hunks for marks, _ in hunk.lines]
            added = sum("-" not in mark and mark.startswith("+") for mark in marks)
            deleted = sum(mark.startswith("-") for mark in marks)
            self._blob_lines[merged.new_blob] = before + added - deleted
        elif merged.lines is not None:
            self._blob_lines[merged.new_blob] = merged.lines

    def state(self) -> Any:
        """All of it as JSON; authors by their place in a list, as they repeat."""
        authors: dict[str, int] = {}
        files = {
            path: [
                past.last_changed_at,
                {authors.setdefault(name, len(authors)): count for name, count in past.authors.items()},
                past.changes,
                past.lines,
            ]
            for path, past in self.known.items()
        }
        return {"blob_lines": self._blob_lines, "authors": list(authors), "files": files}

    @classmethod
    def restored(cls, state: Any) -> "Files":
        """The fold from its `state`."""
        fold = cls()
        fold._blob_lines = state["blob_lines"]
        authors = state["authors"]
        for path, (last, counts, changes, lines) in state["files"].items():
            by_name = Counter({authors[int(place)]: count for place, count in counts.items()})
            fold.known[path] = FilePast(last, by_name, changes, lines)
        return fold


def history_values(commit: Commit, files: Files) -> dict[str, Value]:
    """Kamei et al. 2013: NDEV, AGE, NUC."""
    known = files.of(commit.files)
    ages = [max(0, commit.committed_at - past.last_changed_at) / DAY for past in known]
    return {
        "developers": len(set[str]().union(*(past.authors for past in known))),
        "age_days": sum(ages) / len(ages) if ages else None,
        "unique_changes": _distinct([past.changes for past in known]),
    }


def ownership_values(commit: Commit, files: Files) -> dict[str, Value]:
    """Bird et al. 2011: ownership."""
    known = files.of(commit.files)
    minor: set[str] = set()
    shares = []
    for past in known:
        total = past.authors.total()
        shares.append(max(past.authors.values()) / total)
        if total * MINOR_SHARE > 1:
            minor.update(name for name, count in past.authors.items() if count < MINOR_SHARE * total)
    made = sum(past.authors.total() for past in known)
    own = sum(past.authors[commit.author] for past in known)
    return {
        "author_file_share": own / made if made else None,
        "owner_share": sum(shares) / len(shares) if shares else None,
        "minor_developers": len(minor) if known else None,
    }


def _distinct(changes: list[list[int]]) -> int:
    """How many different changes there are in lists of which none repeats one: most changes touch one file."""
    return len(changes[0]) if len(changes) == 1 else len(set[int]().union(*changes))
