"""What a tracker tells of the issues and pull requests that commits name.

Trackers date when an issue was opened, not when it got a label. So an issue counts for the commits that landed
after it was opened, with the labels that it has now.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from faultcast.labels.references import references, squashed
from faultcast.records import Commit

Kind = Literal["fault", "other", ""]
"""What an issue is about: a fault; other work; its tracker does not say."""

_FAULT = re.compile(
    r"(?<![a-z])(?:bugs?|bugfix(?:es)?|defects?|regressions?|crash(?:es)?|faults?|hotfix|vulnerabilit(?:y|ies)|"
    r"incidents?)(?![a-z])"
)
_NO_FAULT = re.compile(r"\bnot[ _-]?an?[ _-]?bug\b|\bnotabug\b|\binvalid\b|\bworks?[ _-]as[ _-](?:intended|designed)\b")
_OTHER = re.compile(
    r"(?<![a-z])(?:enhancements?|features?|feature[ _-]?requests?|improvements?|proposals?|wish(?:es|list)?|ideas?|"
    r"questions?|support|discussions?|refactor(?:ing)?s?|clean[ _-]?ups?|chores?|maintenance|(?<!sub-)task|epic|story|"
    r"performance|rfc)(?![a-z])"
)
_OTHER_FILES = re.compile(
    r"(?<![a-z])(?:documentation|docs?|tests?|testing|ci|build|infrastructure|dependenc(?:y|ies)|typos?|style)(?![a-z])"
)
_SCOPE = re.compile(r"^\s*\[?([a-z][a-z -]*?)\]?\s*(?:::?|/|\]|-(?=\w+$))\s*\S")
_SCOPES_OF_KIND = frozenset({"type", "kind", "category", "t", "c", "issue", "issue type", "impact"})
_SCOPES_ELSEWHERE = re.compile(
    r"^(?:area|component|comp|module|priority|prio|p|severity|status|state|needs?|size|lang|language|platform|os|team|"
    r"topic|pkg|package|plugin|subsystem|scope|version|resolution|triage|release|milestone|stage)$"
)


def kind_of(type_name: str, labels: Iterable[str], *, is_pull_request: bool = False) -> Kind:
    """What an issue is about, by its tracker's own type and its labels; a fault wins over other work.

    A label that names a place (``area/crash-reporter``) says nothing of the kind. Pull requests often get labels
    by the files that they touch: of these, "documentation" or "tests" counts only as a type (``kind/documentation``).

    >>> kind_of("", ("good first issue", "type: bug")), kind_of("Improvement", ()), kind_of("", ("area/bugs",))
    ('fault', 'other', '')
    """
    said = [text for text in (f"type:{type_name}" if type_name else "", *labels) if text]
    found: set[Kind] = set()
    for text in (one.lower() for one in said):
        scope = match[1] if (match := _SCOPE.match(text)) else ""
        if _SCOPES_ELSEWHERE.match(scope):
            continue
        if _NO_FAULT.search(text):
            return "other"
        if _FAULT.search(text):
            found.add("fault")
        elif _OTHER.search(text) or (_OTHER_FILES.search(text) and (not is_pull_request or scope in _SCOPES_OF_KIND)):
            found.add("other")
    return "fault" if "fault" in found else "other" if found else ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue: its name as commits write it, what it is about, when it was opened (unix seconds)."""

    name: str
    kind: Kind
    opened_at: int


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request: the issues that it says it closes, and the commits that it landed as."""

    name: str
    kind: Kind
    opened_at: int
    closes: tuple[str, ...] = ()
    landed_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one commit by the time it landed: issues that it closes, others that it names, its pull
    request."""

    closes: tuple[Issue, ...] = ()
    names: tuple[Issue, ...] = ()
    pull_request: PullRequest | None = None

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names of all of them."""
        pull = (self.pull_request.name,) if self.pull_request else ()
        return (*(issue.name for issue in (*self.closes, *self.names)), *pull)


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Issues:
    """All that trackers tell of one repository. `projects`: its names there, in lower case."""

    issues: Mapping[str, Issue] = field(default_factory=dict)
    pull_requests: Mapping[str, PullRequest] = field(default_factory=dict)
    projects: frozenset[str] = frozenset()
    _landed: Mapping[str, PullRequest] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        landed = {commit: pull for pull in self.pull_requests.values() for commit in pull.landed_as}
        object.__setattr__(self, "_landed", landed)

    def __len__(self) -> int:
        return len(self.issues) + len(self.pull_requests)

    def of(self, commit: Commit) -> Told:
        """What they tell of a commit; an issue that was opened after it says nothing of it."""
        if not self.issues and not self.pull_requests:
            return NOTHING
        closes: dict[str, None] = {}
        names: dict[str, None] = {}
        for name, is_closing in references(commit.message, self.projects):
            (closes if is_closing else names)[name] = None
        pull = self._landed.get(commit.id) or self.pull_requests.get(squashed(commit.message))
        if pull is not None and pull.opened_at > commit.committed_at:
            pull = None
        if pull is not None:
            closes |= dict.fromkeys(pull.closes)
        closed = self._known(closes, commit.committed_at)
        return Told(closed, self._known((name for name in names if name not in closes), commit.committed_at), pull)

    def _known(self, names: Iterable[str], at: int) -> tuple[Issue, ...]:
        found = (self.issues[name] for name in names if name in self.issues)
        return tuple(issue for issue in found if issue.opened_at <= at)


NO_ISSUES = Issues()
