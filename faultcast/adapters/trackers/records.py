"""What trackers tell, in nouns that are the same for all of them.

Instants are unix seconds; authors are pseudonyms; texts hold no e-mail address. `id` is unique within one
repository and stream, so that what is told twice is kept once.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Issue:
    """A report that something is wrong or wanted."""

    id: str
    key: str  # what commits name: "12", or "KAFKA-12"
    title: str
    text: str
    labels: tuple[str, ...]
    kind: str  # the tracker's own type ("Bug"); "" where it has none
    state: str  # open, closed
    author: str
    created_at: int
    updated_at: int
    closed_at: int | None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A proposed change (GitLab: merge request)."""

    id: str
    key: str
    title: str
    text: str
    labels: tuple[str, ...]
    state: str  # open, closed, merged
    author: str
    base: str  # branch that it changes
    head_commit: str
    merge_commit: str  # "" unless merged
    created_at: int
    updated_at: int
    closed_at: int | None
    merged_at: int | None


@dataclass(frozen=True, slots=True)
class Review:
    """What one person said of a pull request."""

    id: str
    pull_request: str  # its key
    decision: str  # approved, changes_requested, commented, dismissed, pending
    text: str
    author: str
    commit: str  # the one that was looked at; "" where the tracker does not say
    submitted_at: int | None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run of continuous integration on one commit."""

    id: str
    commit: str
    name: str
    outcome: str  # the tracker's own word ("success", "failure", …); "" while it runs
    started_at: int | None
    completed_at: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of static analysis."""

    id: str
    tool: str
    rule: str
    level: str  # the tool's own word
    text: str
    path: str
    line: int | None  # 1-based
    commit: str  # the one that was analysed; "" where the tool does not say
    state: str
    found_at: int | None


Record: TypeAlias = Issue | PullRequest | Review | CheckRun | Finding

STREAMS: dict[str, type[Record]] = {
    "issues": Issue,
    "pull_requests": PullRequest,
    "reviews": Review,
    "check_runs": CheckRun,
    "findings": Finding,
}
"""Stream (and table) -> what it holds."""

STREAM_OF: dict[type[Record], str] = {kind: stream for stream, kind in STREAMS.items()}
