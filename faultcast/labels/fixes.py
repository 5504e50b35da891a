"""Which commits repair a fault: by message, issues that they name and the kinds of file they touch.

Rules for messages are tried in order; the first that matches decides. Each carries its confidence: how often,
in our reading, such a message belongs to a commit that repairs a fault in the code.
"""

import re
from dataclasses import dataclass

from faultcast.labels.evidence import weigh
from faultcast.labels.issues import NOTHING, Told
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, Fix

ACCEPTED = 0.5
"""Confidence from which on a commit counts as a fix."""

_ISSUE = (
    r"(?:[\w.-]+/[\w.-]+)?(?:#|gh-)\d+|[A-Z][A-Z0-9]{1,9}-\d+|https?://\S+/(?:issues|issue|bugs?|browse|work_items)/\S+|"
    r"!\d+|(?:issue|bug|ticket) ?#?\d+"
)
_FAULT = (
    r"bugs?|defects?|faults?|crash(?:es|ed|ing)?|regressions?|deadlocks?|race conditions?|memory leaks?|leaks?|"
    r"segfaults?|exceptions?|tracebacks?|off[- ]by[- ]one|overflows?|underflows?|broken|incorrect(?:ly)?|wrong(?:ly)?|"
    r"fail(?:s|ed|ure|ures|ing)?|errors?|infinite loop|hang(?:s|ing)?|npe|null ?pointer|vulnerabilit(?:y|ies)"
)
_REPAIRED = r"(?:bug|hot|quick)?fix(?:e[sd]|ing)?|repair(?:s|ed)?|correct(?:s|ed)|resolv(?:e|es|ed)|solv(?:e|es|ed)"
_REPAIR = rf"{_REPAIRED}|correct"
_PREVENT = r"prevent(?:s|ed)?|avoid(?:s|ed)?|guard(?:s|ed)? against|don'?t|do not|no longer|stop"
_ADD = r"add(?:s|ed)?|implement(?:s|ed)?|introduc(?:e|es|ed)|support(?:s|ed)?|deprecat(?:e|es|ed)|enhanc(?:e|es|ed)"
_MISSING = r"missing|back|checks?|workarounds?|guards?|handl(?:e|es|ing)|validat\w+|for\b.*\b(?:crash|bug)"
_NO_CODE = (
    r"typos?|typographic\w*|spell(?:ing)?|grammar|grammatical|docs?|documentation|docstrings?|readme|changelog|comments?|"
    r"wording|[\w-]*lint\w*|flake8[\w-]*|ruff|mypy|pyright|typing|type[- ]hints?|type annotations?|prettier|black|isort|"
    r"goimports|gofmt|go vet|complaints|pre-commit\S*|formatting|whitespace|indent(?:ation)?|style|cosmetics?|stylistic|"
    r"nits?|pep ?8|"
    r"ci|travis|appveyor|github actions?|workflows?|build|packaging|makefile|tox|coverage|"
    r"tests?|test_\w+|testsuite|test cases?|specs?|flaky|examples?|demos?|benchmarks?|dependenc(?:y|ies)|imports?|copyright|licen[cs]e|version number|"
    r"links?|urls?"
)


_CERTAIN = r"crash(?:es|ed|ing)?|exceptions?|tracebacks?|deadlocks?|leaks?|regressions?|segfaults?|overflows?|hangs?|infinite loop"
_COSMETIC = (
    r"typos?|spelling|grammar|docs?|documentation|docstrings?|readme|changelog|comments?|wording|lint\w*|formatting|"
    r"whitespace|indentation|style|tests?|ci|flaky|e2e|examples?"
)
_SCOPES = rf"{_COSMETIC}|deps?|dependencies|build|release|codegen|refactor"


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    confidence: float
    pattern: re.Pattern[str]
    where: str = "subject"
    is_final: bool = False  # whatever a tracker tells


def _rule(name: str, confidence: float, pattern: str, where: str = "subject", *, is_final: bool = False) -> _Rule:
    return _Rule(name, confidence, re.compile(pattern, re.IGNORECASE), where, is_final)


_RULES: tuple[_Rule, ...] = (
    _rule("merge", 0.0, r"^merge\b", is_final=True),
    _rule(
        "dependency bump",
        0.0,
        r"^(?:\w+(?:\([\w/.-]*\))?!?: )?(?:bump|upgrade|update|pin)\w* \S+(?: \S+){0,2} (?:requirement\b|(?:from|to) \W?v?\d)",
        is_final=True,
    ),
    _rule(
        "conventional commit outside the code",
        0.05,
        r"^(?:docs?|style|tests?|ci|build)(?:\([^)]*\))?!?:",
        is_final=True,
    ),
    _rule("conventional commit, no fix", 0.05, r"^(?:chore|perf|refactor|feat)(?:\([^)]*\))?!?:"),
    _rule(
        "fix outside the code",
        0.05,
        rf"^(?!.*\b(?:{_CERTAIN})\b).*\b(?:{_REPAIR})\b (?:\w[\w-]* ){{0,3}}(?:{_NO_CODE})\b|"
        rf"^(?!.*\b(?:{_CERTAIN})\b).*\b(?:{_REPAIR})\b.* in (?:\S+ ){{0,2}}(?:docs|documentation|docstrings?|readme)$|"
        r"^(?:\w+: )?document(?:s|ed|ing)?\b",
        is_final=True,
    ),
    _rule(
        "conventional fix outside the code",
        0.05,
        rf"^(?:fix|bugfix|hotfix|bug)(?:\((?:{_SCOPES})\)!?:|!?: (?:\w+ )?(?:{_COSMETIC}|bump)\b)",
        is_final=True,
    ),
    _rule(
        "fix outside the code",
        0.1,
        rf"\b(?:{_NO_CODE})\b\]? (?:\w+ )?(?:fix(?:es|ed)?|corrections?)\b|^\[pre-commit",
        is_final=True,
    ),
    _rule(
        "revert of a change",
        0.1,
        r"^revert(?:s|ed)?\b(?![\s\S]*\b(?:broke|breaks|bug|crash|regression|fails?)\b)",
        "message",
    ),
    _rule("revert for a fault", 0.7, r"^revert(?:s|ed)?\b"),
    _rule("names what it fixes", 0.95, r"(?:^|\n)fixes: [0-9a-f]{7,64}\b", "message"),
    _rule("conventional fix", 0.95, r"^(?:fix|bugfix|hotfix|bug)(?:\([^)]*\))?!?:"),
    _rule(
        "adds something, closes an issue",
        0.4,
        rf"^(?:\w+: )?(?:{_ADD})\b(?!.*\b(?:{_REPAIR}|{_MISSING})\b)[\s\S]*\b(?:{_REPAIR})\b\W{{1,3}}(?:{_ISSUE})",
        "message",
    ),
    _rule("repairs an issue", 0.9, rf"\b(?:{_REPAIR})\b\W{{1,3}}(?:issue |bug |ticket )?(?:{_ISSUE})", "message"),
    _rule("repair and issue", 0.85, rf"\b(?:{_REPAIR})\b.*(?:{_ISSUE})|(?:{_ISSUE}).*\b(?:{_REPAIR})\b"),
    _rule("repairs a fault", 0.85, rf"\b(?:{_REPAIR})\b.*\b(?:{_FAULT})\b|\b(?:{_FAULT})\b.*\b(?:{_REPAIRED})\b"),
    _rule("starts with fix", 0.8, rf"^(?:\[[^\]]*\] ?|[\w./-]+: )?(?:{_REPAIR})\b"),
    _rule("says fix", 0.65, r"\b(?:bug|hot)?fix(?:e[sd])?\b"),
    _rule("prevents a fault", 0.6, rf"\b(?:{_PREVENT})\b.*\b(?:{_FAULT})\b"),
    _rule(
        "closes an issue, names a fault",
        0.6,
        rf"\b(?:{_FAULT})\b[\s\S]*\bclos(?:e[sd]?|ing)\b:? (?:{_ISSUE})",
        "message",
    ),
    _rule(
        "body says fix and fault",
        0.5,
        rf"\b(?:this|it|that|which|also)(?: \w+)? fix(?:e[sd])?\b[^.]*\b(?:{_FAULT})\b",
        "message",
    ),
)


_READ_CHARACTERS = 4000
_HINTS = ("fix", "repair", "correct", "solv", "revert", "bug", "prevent", "avoid", "guard", "don", "do not", "no longer",
          "stop", "clos")  # fmt: skip
"""Every rule of a fix needs one of these; most messages have none, and the rules cost more."""


def judge(message: str) -> tuple[float, str]:
    """Return ``(confidence, rule)`` that a commit with this message repairs a fault; (0, "") if no rule matches.

    >>> judge("Fix crash when the cart is empty (#214)")
    (0.85, 'repair and issue')
    >>> judge("Fix typo in docs")[0]
    0.05
    """
    rule = _deciding(message)
    return (rule.confidence, rule.name) if rule else (0.0, "")


def _deciding(message: str) -> _Rule | None:
    text = message[:_READ_CHARACTERS]
    subject = text.split("\n", 1)[0][:300]
    return next((rule for rule in _RULES if rule.pattern.search(subject if rule.where == "subject" else text)), None)


def says_fix(message: str) -> bool:
    """Whether the message alone makes the commit count as a fix."""
    text = message[:_READ_CHARACTERS].lower()
    return any(hint in text for hint in _HINTS) and judge(message)[0] >= ACCEPTED


def recognise(commit: Commit, told: Told = NOTHING) -> Fix | None:
    """Return the fix that a commit is, by its message and what a tracker told of it, or None.

    A commit that touches no source file repairs no code, whatever is said; merges only bring what
    was written elsewhere.
    """
    if commit.is_merge or not any(file_kind(file.path) == "source" for file in commit.files):
        return None
    rule = _deciding(commit.message)
    if rule is not None and rule.is_final:
        return None
    confidence, name = (rule.confidence, rule.name) if rule else (0.0, "")
    found = weigh(confidence, name, told, ACCEPTED)
    if found.confidence < ACCEPTED:
        return None
    return Fix(commit.id, found.confidence, found.rule, found.issues, found.reported_at)
