"""Which commits introduced the faults that fixes repaired (after Sliwerski et al. 2005, SZZ).

A fix's deleted lines lead to the commits that wrote them. Blank lines, comments, imports and lone
punctuation say nothing and are left out, and so is all that is not source code. Of the candidates,
the one that wrote the most of the deleted lines is accepted (the younger one of two), and every
other one that wrote at least `ACCEPTED_SHARE` of them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from faultcast.labels.origins import UNKNOWN, DeletedLine
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, Fix, Link

ACCEPTED_SHARE = 0.34
"""Share of a fix's telling lines that makes a further candidate count."""

TELLING_LINES = 400
"""A fix that rewrites more telling lines than this is a rewrite: nothing is traced from it."""

_SAYS_NOTHING = re.compile(
    r"\s*(?:$|#(?!include)|//|/\*|\*(?:\s|/|$)|<!--|--\s|\"\"\"|'''|[\W_]+$|"
    r"(?:import|from|using|package|require|use|include|#include|export \{)\b|"
    r"(?:else|try|finally|do|end|begin|pass|break|continue|return|then|fi|done|default)\b[\s:;{}()]*$|"
    r"(?:const|var|let) .*=\s*require\()"
)


def telling(line: DeletedLine) -> bool:
    """Whether a deleted line can carry a fault at all."""
    return line.origin != UNKNOWN and not _SAYS_NOTHING.match(line.text)


def trace(fix: Fix, commit: Commit, deleted: Iterable[DeletedLine], commits: Sequence[tuple[str, int]]) -> list[Link]:
    """Return the links from one fix to the commits that induced what it repairs.

    `commits` gives ``(id, committed_at)`` by position. A fix that only adds lines deletes nothing and
    is not traced: it stays a fix without a known origin.
    """
    lines: Counter[int] = Counter()
    paths: dict[int, set[str]] = defaultdict(set)
    for line in deleted:
        if file_kind(line.path) == "source" and telling(line):
            lines[line.origin] += 1
            paths[line.origin].add(line.path)
    total = lines.total()
    if not 0 < total <= TELLING_LINES:
        return []
    ranked = sorted(lines, key=lambda origin: (lines[origin], origin), reverse=True)
    accepted = [ranked[0], *(origin for origin in ranked[1:] if lines[origin] >= ACCEPTED_SHARE * total)]
    return [
        Link(
            fix=commit.id,
            inducing=commits[origin][0],
            lines=lines[origin],
            paths=tuple(sorted(paths[origin])),
            known_at=max(commit.committed_at, commits[origin][1]),
            confidence=round(fix.confidence * (0.5 + 0.5 * lines[origin] / total), 4),
            rule=fix.rule,
        )
        for origin in accepted
    ]
