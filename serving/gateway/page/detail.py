"""One change in depth: what it says, what it touched, what became of it and of those like it."""

from collections.abc import Mapping
from typing import Any

from faultcast.adapters import touched_cache
from faultcast.adapters.run_changes import RunChanges
from faultcast.errors import NotFound
from faultcast.features import Part, TouchedFile
from faultcast.features.parts import describe_part, parts
from faultcast.models.similar import nearest
from faultcast.wording import plain, plain_lines
from serving.gateway.page.history import Snapshot
from serving.gateway.page.listing import iso, line, model
from serving.wire.requests import RawFeatures

MOST_FILES = 200
MOST_COMPARED = 4_000
"""Labelled changes that one is compared with: the newest before it."""
MOST_SIMILAR = 5
MOST_PARTS = 12
"""Blocks whose risk alone is told."""


def detail(snapshot: Snapshot, commit: str) -> dict[str, Any]:
    """Everything that the run's files tell of one change.

    Raises:
        NotFound: the run knows no such change.
    """
    past = snapshot.past
    known = past.found(commit) if commit in past.place else None
    if known is None:
        raise NotFound(
            f"{commit[:64]!r}: the last run of {snapshot.repository} knows no such change (merges are none: what they "
            "bring was written elsewhere). Give the full id of a commit that the run has seen."
        )
    scored = snapshot.place.get(commit)
    listed = past.changes[past.place[commit]]
    own = {
        "commit": commit, "subject": plain(listed.subject, 200), "author": plain(listed.author, 60),
        "at": iso(listed.committed_at), "risk": None, "band": None, "reason": None, "lines_added": listed.lines_added,
        "lines_deleted": listed.lines_deleted, "files": listed.files, "risk_rank": None, "lines_rank": None,
    }  # fmt: skip
    touched = touched_cache.peek(snapshot.touched, commit) or {}
    return {
        **(line(scored) if scored else own),
        "repository": snapshot.repository,
        "total": len(snapshot.changes),
        "model": model(snapshot),
        "message": plain_lines(known["message"]),
        "reasons": list(scored.reasons) if scored else [],
        "touched": [_file(file, touched.get(file["path"])) for file in (known["files"] or [])[:MOST_FILES]],
        "outcome": outcome(past, commit, snapshot.run.as_of),
        "similar": similar(snapshot, commit),
    }


def _file(file: Mapping[str, Any], touched: TouchedFile | None) -> dict[str, Any]:
    return {
        "path": plain(file["path"], 300),
        "status": file["status"],
        "lines_added": file["lines_added"],
        "lines_deleted": file["lines_deleted"],
        "blocks": [_block(part) for part in (touched.parts if touched else ())],
    }


def _block(part: Part) -> dict[str, Any]:
    return {
        "name": plain(part.name, 200),
        "lines_added": part.lines_added,
        "lines_deleted": part.lines_deleted,
        "cyclomatic_before": part.before.cyclomatic if part.before else None,
        "cyclomatic_after": part.after.cyclomatic if part.after else None,
    }


def outcome(past: RunChanges, commit: str, as_of: int) -> dict[str, Any]:
    """What became of a change, as known at an instant: inducing, clean, or open while nothing is known."""
    label = past.label(commit, as_of)
    if label is None:
        return {"label": "open", "known_at": None, "fix": None, "fix_subject": None}
    at = past.place.get(label.fix)
    return {
        "label": "inducing" if label.is_inducing else "clean",
        "known_at": iso(label.known_at),
        "fix": label.fix or None,
        "fix_subject": None if at is None else plain(past.changes[at].subject, 200),
    }


def similar(snapshot: Snapshot, commit: str) -> list[dict[str, Any]]:
    """Past changes most like this one, of those whose label was known when it was made, with that label."""
    past = snapshot.past
    place = past.place[commit]
    then = past.changes[place].committed_at
    rows: list[int] = []
    for at in range(place - 1, -1, -1):
        if past.label(past.changes[at].commit, then):
            rows.append(at)
            if len(rows) == MOST_COMPARED:
                break
    if not rows:
        return []
    values_NC = past.values(rows[-1], place + 1)
    compared_NC = values_NC[[at - rows[-1] for at in rows]]
    found = nearest(values_NC[-1], compared_NC, MOST_SIMILAR)
    return [_neighbour(past, rows[one.row], one.distance, then) for one in found]


def _neighbour(past: RunChanges, place: int, distance: float, then: int) -> dict[str, Any]:
    change = past.changes[place]
    return {
        "commit": change.commit,
        "subject": plain(change.subject, 200),
        "author": plain(change.author, 60),
        "at": iso(change.committed_at),
        "lines_added": change.lines_added,
        "distance": round(distance, 3),
        "outcome": outcome(past, change.commit, then),
    }


def blocks(snapshot: Snapshot, commit: str) -> tuple[list[dict[str, Any]], list[RawFeatures]]:
    """The largest blocks of a change, and each as if it were the whole change, to be scored.

    Raises:
        NotFound: the run knows no such change.
    """
    past = snapshot.past
    whole = past.commit(commit) if commit in past.place else None
    if whole is None:
        raise NotFound(f"{commit[:64]!r}: the last run of {snapshot.repository} knows no such change.")
    touched = touched_cache.peek(snapshot.touched, commit) or {}
    row = past.row(commit)
    found = parts(whole, touched)[:MOST_PARTS]
    described = [describe_part(whole, touched, part, row) for part in found]
    told = [{"path": plain(part.path, 300), "name": plain(part.name, 200)} for part in found]
    return told, [RawFeatures(one.values, one.text) for one in described]
