"""Which files changed together so far (Zimmermann et al. 2005, "Mining version histories to guide software changes").

Memory is bounded: a change of many files says nothing about any two of them and is left out, and a file keeps only the
partners that it changed with most often.
"""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from faultcast.features.file_past import Value
from faultcast.records import Commit, FileChange

MOST_FILES = 30
"""A change of more files is a sweep: it tells nothing about which of them belong together."""

SUPPORT = 3
"""Changes together from which on two files are partners ..."""
CONFIDENCE = 0.5
"""... if they are this share of the file's changes."""

_PARTNERS_KEPT = 32
_PARTNERS_MOST = 64
_GONE = ""


class CoChanges:
    """The fold over pairs of files. A file is a number, which stays with it through renames."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.paths: list[str] = []  # id -> the path that it has now; "" once deleted
        self.changes: list[int] = []  # id -> how often it changed, sweeps left out
        self.partners: list[dict[int, int]] = []  # id -> partner -> how often together

    def together(self, files: Iterable[FileChange]) -> list[int]:
        """How often each pair of the touched files changed together before."""
        ids = sorted({self.ids[file.old_path] for file in files if file.old_path in self.ids})
        return [self._count_of(one, other) for one, other in combinations(ids, 2)]

    def missing(self, files: Iterable[FileChange]) -> list[str]:
        """Paths that usually change when one of the touched files does, and are not touched now."""
        ids = {self.ids[file.old_path] for file in files if file.old_path in self.ids}
        found: set[int] = set()
        for one in ids:
            least = max(SUPPORT, CONFIDENCE * self.changes[one])
            found.update(other for other, count in self.partners[one].items() if count >= least and other not in ids)
        return sorted(path for other in found if (path := self.paths[other]) != _GONE)

    def _count_of(self, one: int, other: int) -> int:
        return max(self.partners[one].get(other, 0), self.partners[other].get(one, 0))

    def observe(self, commit: Commit) -> None:
        """Let a change become the past. Of a sweep, only what became of the files that are known."""
        is_sweep = len(commit.files) > MOST_FILES
        files = [file for file in commit.files if not is_sweep or file.old_path in self.ids]
        ids = [self._id(file) for file in files]
        if not is_sweep:
            for one in ids:
                self.changes[one] += 1
            for one, other in combinations(sorted(set(ids)), 2):
                self._count(one, other)
                self._count(other, one)
        for file, one in zip(files, ids, strict=True):
            if file.status == "D":
                self.paths[one] = _GONE

    def _id(self, file: FileChange) -> int:
        found = self.ids.get(file.old_path)
        if found is None:
            found = len(self.paths)
            self.paths.append(file.path)
            self.changes.append(0)
            self.partners.append({})
        self.ids[file.path] = found
        self.paths[found] = file.path
        return found

    def _count(self, one: int, other: int) -> None:
        partners = self.partners[one]
        partners[other] = partners.get(other, 0) + 1
        if len(partners) > _PARTNERS_MOST:
            best = sorted(partners.items(), key=lambda item: (-item[1], -item[0]))[:_PARTNERS_KEPT]
            if other not in dict(best):
                best[-1] = (other, partners[other])  # or a new partner could never come up
            self.partners[one] = dict(best)

    def state(self) -> Any:
        """All of it as JSON."""
        partners = [[number for pair in kept.items() for number in pair] for kept in self.partners]
        return {"ids": self.ids, "paths": self.paths, "changes": self.changes, "partners": partners}

    @classmethod
    def restored(cls, state: Any) -> "CoChanges":
        """The fold from its `state`."""
        fold = cls()
        fold.ids, fold.paths, fold.changes = state["ids"], state["paths"], state["changes"]
        fold.partners = [dict(zip(flat[::2], flat[1::2], strict=True)) for flat in state["partners"]]
        return fold


def coupling_values(commit: Commit, co_changes: CoChanges) -> dict[str, Value]:
    """How the touched files changed together before; missing for a sweep."""
    if len(commit.files) > MOST_FILES:
        return {"co_changes": None, "missing_partners": None}
    together = co_changes.together(commit.files)
    return {
        "co_changes": sum(together) / len(together) if together else None,
        "missing_partners": len(co_changes.missing(commit.files)),
    }
