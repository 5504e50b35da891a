"""What people decided about predicted changes, as labels beside those that the history tells.

Among the sources to label by, ``feedback`` stands for the votes on this repository's predictions. Pinned to an instant,
``feedback@1763740800.5``, it names what had been voted until then: votes are never changed, so the same pin gives the
same labels, and a stage that has run is run again when somebody voted since.
"""

from dataclasses import replace

from faultcast.adapters import prediction_log
from faultcast.errors import UsageError
from faultcast.feedback import corrections
from faultcast.labels import Labelling
from faultcast.records import Label
from faultcast.settings import Settings

FEEDBACK = "feedback"
_NEVER = float("inf")


def pin(now: Settings, repository: str) -> str:
    """``feedback@<the newest vote>``; empty where nobody voted on this repository's predictions.

    Raises:
        Unavailable: the prediction log does not answer.
    """
    if not prediction_log.exists(now):
        return ""
    log = prediction_log.opened_to_read(now)
    try:
        votes = log.store.votes_by_commit(repository, _NEVER)
    finally:
        log.close()
    newest = max((vote.at for of_commit in votes.values() for vote in of_commit), default=None)
    return "" if newest is None else f"{FEEDBACK}@{newest!r}"


def split(sources: str) -> tuple[str, str]:
    """Sources, separated by commas -> those that are collected from trackers, and the pin of the votes.

    >>> split("github:team/shop@1f0c,feedback@1763740800.5")
    ('github:team/shop@1f0c', 'feedback@1763740800.5')
    """
    found = [source.strip() for source in sources.split(",") if source.strip()]
    votes = [source for source in found if source.partition("@")[0] == FEEDBACK]
    return ",".join(source for source in found if source not in votes), votes[-1] if votes else ""


def decided(pinned: str, now: Settings, repository: str, as_of: int) -> list[Label]:
    """Labels that people had decided on at `as_of` (unix seconds), as far as the pin reaches.

    Raises:
        UsageError: it is no pin.
        Unavailable: the prediction log does not answer.
    """
    if not pinned:
        return []
    try:
        until = float(pinned.partition("@")[2])
    except ValueError as error:
        raise UsageError(f"--issues: found {pinned!r}, expected {FEEDBACK}, or {FEEDBACK}@SECONDS") from error
    log = prediction_log.opened_to_read(now)
    try:
        votes = log.store.votes_by_commit(repository, until)
    finally:
        log.close()
    return corrections(votes, min(until, as_of), now.feedback_quorum)


def merged(found: Labelling, labels: list[Label]) -> Labelling:
    """Both kinds of label in the order in which they became known; of two at one instant people's word is the later."""
    if not labels:
        return found
    return replace(found, labels=tuple(sorted([*found.labels, *labels], key=lambda label: label.known_at)))
