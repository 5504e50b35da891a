"""Which of the changes, in which order, how many: one part of the list, as `GET /changes` answers it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from faultcast.errors import NotFound
from serving.gateway.page.history import Change, Snapshot

MOST = 200
NOTHING: dict[str, Any] = {
    "repository": None, "as_of": None, "model": None, "total": 0, "matching": 0, "counts": {}, "changes": [],
    "next": None,
}  # fmt: skip
"""What is answered where no run has ended yet."""


def listing(
    snapshot: Snapshot, *, limit: int = 50, after: str = "", band: str = "", words: str = "", sort: str = "newest"
) -> dict[str, Any]:
    """One part of the list.

    Args:
        snapshot: the changes.
        limit: how many at most.
        after: the commit that the part before ended with; "": from the start.
        band: of this band alone; "": all.
        words: each of them has to be in subject, author, commit or a path, in any case.
        sort: newest, risk or lines, the largest first.

    Raises:
        NotFound: `after` is no change of the list.
    """
    wanted = words.lower().split()
    fitting = snapshot.orders[sort]
    if band:
        fitting = [change for change in fitting if change.band == band]
    for word in wanted:
        fitting = [change for change in fitting if word in change.sought]
    start = _start(fitting, after)
    part = fitting[start : start + limit]
    return {
        "repository": snapshot.repository,
        "as_of": iso(snapshot.run.as_of),
        "model": model(snapshot),
        "total": len(snapshot.changes),
        "matching": len(fitting),
        "counts": snapshot.counts,
        "changes": [line(change) for change in part],
        "next": part[-1].commit if part and start + limit < len(fitting) else None,
    }


def _start(fitting: Sequence[Change], after: str) -> int:
    if not after:
        return 0
    for at, change in enumerate(fitting, start=1):
        if change.commit == after:
            return at
    raise NotFound(f"after={after[:64]!r}: found no such change in this list; a later run may have ended. Start anew.")


def line(change: Change) -> dict[str, Any]:
    """One change in a line."""
    return {
        "commit": change.commit,
        "subject": change.subject,
        "author": change.author,
        "at": iso(change.committed_at),
        "risk": change.risk,
        "band": change.band or None,
        "reason": change.reasons[0]["text"] if change.reasons else None,
        "lines_added": change.lines_added,
        "lines_deleted": change.lines_deleted,
        "files": change.files,
        "risk_rank": change.risk_rank,
        "lines_rank": change.lines_rank,
    }


def model(snapshot: Snapshot) -> dict[str, Any]:
    """The model that scored them, with instants in words of ISO 8601."""
    found = dict(snapshot.model)
    return found | {name: iso(found[name]) for name in ("trained_from", "trained_until")}


def iso(seconds: float | None) -> str | None:
    """Unix seconds -> ISO 8601.

    >>> iso(0)
    '1970-01-01T00:00:00Z'
    """
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
