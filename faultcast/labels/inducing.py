"""Which commits introduced the faults that fixes repaired (after Sliwerski et al. 2005, SZZ).

A fix's deleted lines lead to the commits that wrote them. Which lines and which candidates count is
a variant's matter (`faultcast.labels.variants`); what follows is told of ours.

A fix whose message names the commit that it repairs is believed. Otherwise blank lines, comments,
imports and lone punctuation say nothing and are left out, and so are lines that only moved or changed
their look, and all that is not source code written here. Where a fix removes nothing else, the lines
that it moved or re-formed do count, with less confidence: what is put under a condition is indented. Of
the candidates, the one that wrote the most of these lines is accepted (the younger one of two), and
every other one that wrote at least `ACCEPTED_SHARE` of them. A fix that only adds lines is traced, with
less confidence still, to whoever wrote the lines around them. Where a tracker tells when the fault was
reported, no commit that landed later is a candidate.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field

from faultcast.labels.origins import UNKNOWN, DeletedLine, Traced
from faultcast.labels.variants import Lines, Variant
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, Fix, Link

ACCEPTED_SHARE = 0.5
"""Share of a fix's telling lines that makes a further candidate count."""

TELLING_LINES = 400
"""A fix that rewrites more telling lines than this is a rewrite: nothing is traced from it."""

BULK_FILES = 100
"""A commit that touches more source files than this is an import or a sweep: no single fault is blamed on it."""

KEPT_CONFIDENCE = 0.7
"""What the confidence of a link is multiplied with that only rests on lines which the fix moved or re-formed."""

ADDED_CONFIDENCE = 0.6
"""What the confidence of a link is multiplied with that only rests on the lines around an addition."""

REPORTED = ", reported before"
"""What the rule of a link ends with where a tracker dates the fault's report: what landed after it was left out."""

ADDED_PLACES = 4
"""A fix that adds lines in more places than this tells nothing by what is around them."""

_BLANK_OR_COMMENT = re.compile(r"\s*(?:$|#(?!include)|//|/\*|\*(?:\s|/|$)|<!--|--\s|\"\"\"|''')")
_SAYS_NOTHING = re.compile(
    _BLANK_OR_COMMENT.pattern + r"|\s*(?:[\W_]+$|"
    r"(?:import|from|using|package|require|use|include|#include|export \{)\b|"
    r"(?:else|try|finally|do|end|begin|pass|break|continue|return|then|fi|done|default)\b[\s:;{}()]*$|"
    r"(?:const|var|let) .*=\s*require\()"
)
_LEFT_OUT: dict[Lines, re.Pattern[str]] = {
    "all": re.compile(r"(?!)"),
    "code": _BLANK_OR_COMMENT,
    "telling": _SAYS_NOTHING,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What has to be known of a commit to judge whether it can have induced a fault."""

    id: str
    committed_at: int
    is_merge: bool
    source_files: int


@dataclass(slots=True)
class _Share:
    """What one candidate wrote of what a fix touched."""

    lines: int = 0
    paths: set[str] = field(default_factory=set)


def candidate(commit: Commit) -> Candidate:
    """Return a commit as a candidate."""
    sources = sum(file_kind(file.path) == "source" for file in commit.files)
    return Candidate(commit.id, commit.committed_at, commit.is_merge, sources)


def trace(
    fix: Fix,
    commit: Commit,
    traced: Traced,
    past: Sequence[Candidate],
    variant: Variant,
    named: Mapping[int, str],
    foreign: AbstractSet[str],
) -> list[Link]:
    """Return the links from one fix to the commits that induced what it repairs.

    `past` gives the commits so far by position, `named` those that the message names with the rule by
    which it does, `foreign` the fix's files that nobody here wrote by hand.
    """
    scope = _Scope(past, variant, foreign, fix.reported_at if variant.heeds_reports else None)
    wrote, rule, weight = _wrote(traced.deleted, scope), "deleted lines", 1.0
    if not wrote and variant.heeds_kept:
        wrote, rule, weight = _wrote(traced.kept, scope), "moved or re-formed lines", KEPT_CONFIDENCE
    total = sum(share.lines for share in wrote.values())
    if named and variant.heeds_named:
        return [_link(fix, commit, past[it], wrote.get(it, _Share()), 1.0, rule) for it, rule in sorted(named.items())]
    if total:
        if variant.lines == "telling" and total > TELLING_LINES:
            return []
        certain = {it: weight * (0.5 + 0.5 * wrote[it].lines / total) for it in _accepted(wrote, total, past, variant)}
        return [_link(fix, commit, past[it], wrote[it], sure, f"{rule}{scope.suffix}") for it, sure in certain.items()]
    if variant.traces_additions:
        around, rule = _around(traced, scope), "lines around an addition"
        return [_link(fix, commit, past[it], around[it], ADDED_CONFIDENCE, f"{rule}{scope.suffix}") for it in around]
    return []


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which lines and which commits count for one fix."""

    past: Sequence[Candidate]
    variant: Variant
    foreign: AbstractSet[str]
    reported_at: int | None  # when the fault was reported: what landed later has not induced it

    @property
    def suffix(self) -> str:
        """What a link's rule ends with."""
        return "" if self.reported_at is None else REPORTED

    def has_file(self, path: str) -> bool:
        return path not in self.foreign and file_kind(path) == "source"

    def has_commit(self, origin: int) -> bool:
        if origin == UNKNOWN:
            return False
        found = self.past[origin]
        if self.reported_at is not None and found.committed_at > self.reported_at:
            return False
        is_bulk = self.variant.leaves_out_bulk and found.source_files > BULK_FILES
        return not is_bulk and not (self.variant.leaves_out_merges and found.is_merge)

    def leaves_out(self, text: str) -> bool:
        return _LEFT_OUT[self.variant.lines].match(text) is not None


def _wrote(lines: Iterable[DeletedLine], scope: _Scope) -> dict[int, _Share]:
    """Candidate -> its share of the lines that count."""
    found: defaultdict[int, _Share] = defaultdict(_Share)
    for line in lines:
        if scope.has_file(line.path) and scope.has_commit(line.origin) and not scope.leaves_out(line.text):
            found[line.origin].lines += 1
            found[line.origin].paths.add(line.path)
    return found


def _accepted(wrote: Mapping[int, _Share], total: int, past: Sequence[Candidate], variant: Variant) -> Iterable[int]:
    if variant.accept == "all":
        return sorted(wrote)
    if variant.accept == "most recent":
        return [max(wrote, key=lambda it: (past[it].committed_at, it))]
    first, *rest = sorted(wrote, key=lambda it: (wrote[it].lines, it), reverse=True)
    return [first, *(it for it in rest if wrote[it].lines >= ACCEPTED_SHARE * total)]


def _around(traced: Traced, scope: _Scope) -> dict[int, _Share]:
    """Who wrote what is around the lines that a fix added: one commit, or nobody."""
    places = [
        place
        for place in traced.inserted
        if scope.has_file(place.path) and not all(scope.leaves_out(text) for text in place.texts)
    ]
    if not 0 < len(places) <= ADDED_PLACES:
        return {}
    votes: Counter[int] = Counter()
    for place in places:
        votes.update(it for it in (place.before, place.after) if scope.has_commit(it))
    if not votes:
        return {}
    best = max(votes, key=lambda it: (votes[it], it))
    return {best: _Share(0, {place.path for place in places if best in (place.before, place.after)})}


def _link(fix: Fix, commit: Commit, found: Candidate, share: _Share, certainty: float, rule: str) -> Link:
    return Link(
        fix=commit.id,
        inducing=found.id,
        lines=share.lines,
        paths=tuple(sorted(share.paths)),
        known_at=max(commit.committed_at, found.committed_at),  # a clock may run ahead
        confidence=round(fix.confidence * certainty, 4),
        rule=rule,
    )
