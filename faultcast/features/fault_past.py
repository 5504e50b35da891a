"""Which files and functions were repaired before (Kim et al. 2007, FixCache; Lewis et al. 2013, time-weighted risk).

That a file was faulty is known from the moment at which its fix lands, never before: a fix is recognised by its own
message and files, so no link to whatever it repaired is needed, and nothing of the future can leak into a row.
"""

from collections.abc import Iterable
from typing import Any

from faultcast.features.file_past import DAY, Value
from faultcast.labels.fixes import recognise
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit

HALF_LIFE_DAYS = 180.0
"""Days after which an earlier fault counts half."""


class Faults:
    """The fold over fixes: when each landed, and which files it repaired."""

    def __init__(self) -> None:
        self.fixed_at: dict[int, int] = {}  # position of a fix -> instant
        self.files: dict[str, list[int]] = {}  # path -> positions of its fixes

    def observe(self, commit: Commit) -> bool:
        """Remember what a change repaired, if it is a fix; return whether it is one."""
        for file in commit.files:
            if file.status == "R" and file.old_path in self.files:
                self.files[file.path] = list(self.files[file.old_path])
        if recognise(commit) is None:
            return False
        self.fixed_at[commit.position] = commit.committed_at
        for file in commit.files:
            if file_kind(file.path) == "source":
                self.files.setdefault(file.path, []).append(commit.position)
        return True

    def before(self, paths: Iterable[str]) -> set[int]:
        """Positions of the fixes that repaired any of the files."""
        found: set[int] = set()
        for path in paths:
            found.update(self.files.get(path, ()))
        return found

    def faded(self, fixes: Iterable[int], at: int) -> float:
        """Sum over fixes of ``0.5 ** (age / half-life)``.

        The sum runs in order, so that the same fixes give the same number to the last bit.
        """
        ages = (max(0, at - self.fixed_at[position]) / DAY for position in sorted(fixes))
        return float(sum(0.5 ** (age / HALF_LIFE_DAYS) for age in ages))

    def state(self) -> Any:
        """All of it as JSON."""
        return {"fixed_at": list(self.fixed_at.items()), "files": self.files}

    @classmethod
    def restored(cls, state: Any) -> "Faults":
        """The fold from its `state`."""
        fold = cls()
        fold.fixed_at = dict(map(tuple, state["fixed_at"]))
        fold.files = state["files"]
        return fold


def fault_values(commit: Commit, faults: Faults) -> dict[str, Value]:
    """Earlier faults of the touched files, as far as they were known."""
    fixes = faults.before(file.old_path for file in commit.files)
    latest = max((faults.fixed_at[position] for position in fixes), default=None)
    return {
        "prior_faults": len(fixes),
        "prior_faults_faded": faults.faded(fixes, commit.committed_at),
        "days_since_fault": None if latest is None else max(0, commit.committed_at - latest) / DAY,
    }
