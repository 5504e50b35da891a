"""A history -> what is known about each of its changes, as of an instant."""

from collections.abc import Iterable
from dataclasses import dataclass

from faultcast.labels.fixes import recognise
from faultcast.labels.foreign import Foreign
from faultcast.labels.inducing import Candidate, candidate, trace
from faultcast.labels.issues import NO_ISSUES, NOTHING, Issues
from faultcast.labels.origins import Origins
from faultcast.labels.stated import Known
from faultcast.labels.variants import DEFAULT, Variant
from faultcast.records import Commit, Fix, Label, Link

DAY = 86_400
RIPENING_QUANTILE = 0.7
"""Share of the known faults that had come to light within the ripening time."""

RIPENING_BOUNDS_DAYS = (14.0, 180.0)


@dataclass(frozen=True, slots=True)
class Labelling:
    """All that labelling found. `labels` are in order of the instant at which they became known."""

    labels: tuple[Label, ...]
    links: tuple[Link, ...]
    fixes: tuple[Fix, ...]
    ripening_days: float
    issues_used: int = 0
    """Issues and pull requests that had a say in whether a commit is a fix."""


def label(
    history: Iterable[Commit],
    as_of: int,
    ripening_days: float = 0.0,
    variant: Variant = DEFAULT,
    issues: Issues = NO_ISSUES,
) -> Labelling:
    """Label every change that is not a merge, using only what was known at `as_of` (unix seconds).

    A change is inducing from the instant its first fix landed, and clean once it has ripened without
    one; a change that is fixed after it ripened has both labels, each from its own instant on. A change
    that is too young for either has none. `ripening_days` 0 chooses it, see `choose_ripening_days`.
    `issues` are what trackers tell; those opened after a commit landed say nothing of it.

    `history` is iterated twice.
    """
    past: list[Candidate] = []
    changes: list[Commit] = []
    fixes: list[Fix] = []
    links: list[Link] = []
    origins, known, foreign = Origins(history, variant), Known(), Foreign()
    used: set[str] = set()
    for commit in history:
        told = issues.of(commit) if commit.committed_at <= as_of else NOTHING
        used.update(told.all_names)
        fix = recognise(commit, told) if commit.committed_at <= as_of else None
        past.append(candidate(commit))
        foreign_paths = {file.old_path for file in commit.files if file.old_path in foreign}
        traced = origins.observe(commit, is_asked=fix is not None)  # it has to see every commit, fix or not
        if fix is not None:
            fixes.append(fix)
            named = known.named_by(commit.message)
            left_out = foreign_paths if variant.leaves_out_foreign else frozenset[str]()
            found = trace(fix, commit, traced, past, variant, named, left_out)
            links.extend(link for link in found if link.known_at <= as_of)  # a clock that runs ahead: not yet
        if not commit.is_merge and commit.committed_at <= as_of:
            changes.append(_without_content(commit))
        known.add(commit)
        foreign.observe(commit)
    commits = [(one.id, one.committed_at) for one in past]
    ripening = ripening_days or choose_ripening_days([one for one in commits if one[1] <= as_of], links)
    labels = _labels(changes, links, as_of, ripening, _came_to_light(commits, links, ripening))
    return Labelling(tuple(labels), tuple(links), tuple(fixes), ripening, len(used))


def choose_ripening_days(commits: list[tuple[str, int]], links: list[Link]) -> float:
    """Days within which `RIPENING_QUANTILE` of the known faults came to light.

    At least 14, at most 180 and at most a tenth of the history: waiting longer would leave too little
    to learn from. The quantile itself is biased towards short waits, as slow faults are still unknown.
    """
    waits = _waits(commits, links)
    low, high = RIPENING_BOUNDS_DAYS
    instants = [at for _, at in commits] or [0]
    span = (max(instants) - min(instants)) / DAY
    chosen = _quantile(waits, RIPENING_QUANTILE) if waits else 90.0
    return round(min(max(chosen, low), high, max(span / 10, 1.0)), 2)


def _waits(commits: list[tuple[str, int]], links: list[Link]) -> list[float]:
    """Days from each inducing commit to its first fix."""
    at = dict(commits)
    first: dict[str, int] = {}
    for link in links:
        first[link.inducing] = min(link.known_at, first.get(link.inducing, link.known_at))
    return [(known - at[commit]) / DAY for commit, known in first.items()]


def _came_to_light(commits: list[tuple[str, int]], links: list[Link], ripening_days: float) -> float:
    """How sure a clean label is: the share of known faults that a change would have shown by then."""
    waits = _waits(commits, links)
    return sum(wait <= ripening_days for wait in waits) / len(waits) if waits else 0.5


def _without_content(commit: Commit) -> Commit:
    return Commit(commit.id, commit.position, (), "", 0, commit.committed_at, "")


def _labels(
    changes: list[Commit], links: list[Link], as_of: int, ripening_days: float, clean_confidence: float
) -> list[Label]:
    first: dict[str, Link] = {}
    for found in links:
        known = first.get(found.inducing)
        if known is None or found.known_at < known.known_at:
            first[found.inducing] = found
    labels = []
    for change in changes:
        link = first.get(change.id)
        ripe_at = change.committed_at + int(ripening_days * DAY)
        if ripe_at <= as_of and (link is None or link.known_at > ripe_at):
            labels.append(Label(change.id, False, ripe_at, round(clean_confidence, 4), rule="ripened"))
        if link is not None:
            labels.append(Label(change.id, True, link.known_at, link.confidence, link.fix, link.rule))
    return sorted(labels, key=lambda known: (known.known_at, known.commit))


def _quantile(values: list[float], share: float) -> float:
    """The value below which a share of the values lies, between neighbours in proportion, as NumPy reckons it."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low, part = int(place), place % 1
    first, second = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    return first + (second - first) * part if part < 0.5 else second - (second - first) * (1 - part)
