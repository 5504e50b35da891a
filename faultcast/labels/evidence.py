"""What a tracker tells of a commit, weighed against what the commit's own message says.

A tracker's word on what an issue is stands above the message's: whoever read the report called it a bug, or not
(Herzig, Just and Zeller, 2013: a third of what is filed as a bug is none, and messages know less than that).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from faultcast.labels.issues import Issue, Told

CLOSES_A_BUG = 0.97
PULL_REQUEST_OF_A_BUG = 0.9
FIX_THAT_NAMES_A_BUG = 0.95
NAMES_A_BUG = 0.6
NO_BUG = 0.2
"""Confidences of the rules of the same names."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure it is that a commit repairs a fault, by which rule, and which issues say so.

    `reported_at` is when the last of the faults that it repairs was reported, None where that is not known.
    """

    confidence: float
    rule: str
    issues: tuple[str, ...] = ()
    reported_at: int | None = None


def weigh(confidence: float, rule: str, told: Told, accepted: float) -> Judgement:
    """Return the judgement of a message, moved by what the tracker told."""
    faults = [issue for issue in told.closes if issue.kind == "fault"]
    if faults:
        return _by(max(confidence, CLOSES_A_BUG), "closes a bug", faults)
    pull = told.pull_request
    if pull is not None and pull.kind == "fault":
        sure = max(confidence, PULL_REQUEST_OF_A_BUG)
        return Judgement(sure, "pull request of a bug", (pull.name,), _reported_at(told.closes))
    others = [issue.name for issue in told.closes if issue.kind == "other"]
    others += [pull.name] if pull is not None and pull.kind == "other" else []
    if others:
        return Judgement(min(confidence, NO_BUG), "closes no bug", tuple(others))
    return _by_names(confidence, rule, told, is_fix=confidence >= accepted)


def _by_names(confidence: float, rule: str, told: Told, *, is_fix: bool) -> Judgement:
    """What follows where no closed issue and no pull request says what it is about."""
    named = [issue for issue in told.names if issue.kind == "fault"]
    if named and is_fix:
        return _by(max(confidence, FIX_THAT_NAMES_A_BUG), "fix that names a bug", named)
    if named and not rule:
        return _by(NAMES_A_BUG, "names a bug", named)
    return _by(confidence, rule, told.closes if is_fix else ())


def _by(confidence: float, rule: str, issues: Sequence[Issue]) -> Judgement:
    return Judgement(confidence, rule, tuple(issue.name for issue in issues), _reported_at(issues))


def _reported_at(issues: Sequence[Issue]) -> int | None:
    return max((issue.opened_at for issue in issues), default=None)
