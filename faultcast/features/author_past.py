"""What each author did so far, and what those did who reviewed."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faultcast.features.file_past import Value
from faultcast.records import Commit

YEAR = 365.25 * 86_400


@dataclass(slots=True)
class AuthorPast:
    """What one author did so far."""

    instants: list[int] = field(default_factory=list)  # rising
    subsystems: Counter[str] = field(default_factory=Counter)


class Authors:
    """The fold over authors and reviewers."""

    def __init__(self) -> None:
        self.known: defaultdict[str, AuthorPast] = defaultdict(AuthorPast)
        self.reviews: Counter[str] = Counter()

    def changes(self, author: str) -> int:
        """How many changes an author made."""
        return len(self.known[author].instants) if author in self.known else 0

    def recent_changes(self, author: str, at: int) -> float:
        """Kamei et al. 2013, REXP: a change k whole years old counts 1 / (k + 1)."""
        if author not in self.known:
            return 0.0
        instants = self.known[author].instants
        total, upto, years = 0.0, len(instants), 1
        while upto:
            first = bisect_left(instants, at - years * YEAR + 1)
            total += max(0, upto - first) / years
            upto, years = min(first, upto), years + 1
        return total

    def subsystem_changes(self, author: str, subsystems: Iterable[str]) -> int:
        """Kamei et al. 2013, SEXP: earlier changes to these top-level directories, once per directory."""
        if author not in self.known:
            return 0
        made = self.known[author].subsystems
        return sum(made[name] for name in subsystems)

    def observe(self, commit: Commit) -> None:
        """Let a change that is no merge become experience."""
        author = self.known[commit.author]
        insort(author.instants, commit.committed_at)
        author.subsystems.update({subsystem(file.path) for file in commit.files})
        self.reviews.update(commit.reviewers)

    def state(self) -> Any:
        """All of it as JSON."""
        return {
            "authors": {name: [past.instants, past.subsystems] for name, past in self.known.items()},
            "reviews": self.reviews,
        }

    @classmethod
    def restored(cls, state: Any) -> "Authors":
        """The fold from its `state`."""
        fold = cls()
        fold.reviews = Counter(state["reviews"])
        for name, (instants, subsystems) in state["authors"].items():
            fold.known[name] = AuthorPast(instants, Counter(subsystems))
        return fold


def experience_values(commit: Commit, authors: Authors) -> dict[str, Value]:
    """Kamei et al. 2013: EXP, REXP, SEXP."""
    touched = {subsystem(file.path) for file in commit.files}
    return {
        "author_changes": authors.changes(commit.author),
        "author_recent_changes": authors.recent_changes(commit.author, commit.committed_at),
        "author_subsystem_changes": authors.subsystem_changes(commit.author, touched),
    }


def review_values(commit: Commit, authors: Authors) -> dict[str, Value]:
    """Who reviewed; missing, not none, in a history that has never named a reviewer."""
    names = commit.reviewers
    if not names and not authors.reviews:
        return dict.fromkeys(("reviewers", "reviewer_changes", "reviewer_reviews"))
    return {
        "reviewers": len(names),
        "reviewer_changes": max(map(authors.changes, names), default=None),
        "reviewer_reviews": max((authors.reviews[name] for name in names), default=None),
    }


def subsystem(path: str) -> str:
    """The top-level directory of a path; "." for a file at the root."""
    return path.split("/", 1)[0] if "/" in path else "."
