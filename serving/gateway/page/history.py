"""The changes of the last run, as the page lists them. A later run is noticed by the time of its run file."""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.runs import Run
from faultcast.errors import NotFound
from faultcast.wording import plain
from serving.gateway.page.standing import standing

if TYPE_CHECKING:
    from faultcast.adapters.run_changes import RunChanges

_SHOWN_PATHS = 20
_SHOWN_REASONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One scored change. All text is safe to show: visible characters alone, and not too many of them."""

    commit: str
    subject: str
    author: str
    committed_at: int
    risk: float | None
    """None where no model scored it: it is then ranked by lines added alone."""
    band: str
    reasons: Sequence[Mapping[str, Any]]
    lines_added: int
    lines_deleted: int
    files: int
    risk_rank: int
    lines_rank: int
    """Its place among the scored changes by risk, and by lines added alone; 1 is the first to look at."""
    sought: str
    """Lower-case text that a search looks into."""


@dataclass(frozen=True)
class Snapshot:
    """The changes of one run, and the run itself."""

    run: Run
    repository: str
    """Name as a person would say it."""
    model: Mapping[str, Any]
    changes: Sequence[Change]
    """Newest first."""
    past: "RunChanges"
    touched: Path
    place: Mapping[str, Change] = field(default_factory=dict)

    @cached_property
    def orders(self) -> Mapping[str, Sequence[Change]]:
        """The changes by what they are sorted by."""
        return {
            "newest": self.changes,
            "risk": sorted(self.changes, key=lambda change: change.risk_rank),
            "lines": sorted(self.changes, key=lambda change: change.lines_rank),
        }

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many changes each band has."""
        return Counter(change.band for change in self.changes if change.band)


class History:
    """The newest snapshot. Safe to use from threads.

    Args:
        home: the state folder.
        location: the repository; None: that of the last run of all.
    """

    def __init__(self, home: Path, location: str | None = None) -> None:
        self._home = home.resolve()
        self._location = location
        self._lock = threading.Lock()
        self._read: tuple[tuple[str, int], Snapshot] | None = None

    def snapshot(self) -> Snapshot | None:
        """What the last run left; None where none has ended.

        Raises:
            NotFound: its files are gone.
        """
        try:
            run = runs.last(self._home, self._location)
        except NotFound:
            return None
        stamp = (run.repo_id, Places(self._home, run.location).run_file.stat().st_mtime_ns)
        with self._lock:
            if self._read is None or self._read[0] != stamp:
                try:
                    self._read = (stamp, _snapshot(run, Places(self._home, run.location)))
                except NotFound as error:  # its words name folders, which are nobody's business
                    raise NotFound(
                        "Files of the last run are gone: found a run, expected its artifacts beside it. Run `faultcast "
                        "run` on its repository again."
                    ) from error
            return self._read[1]


def _snapshot(run: Run, places: Places) -> Snapshot:
    from faultcast.adapters.run_changes import RunChanges  # noqa: PLC0415  pyarrow, which only the page needs

    found = json.loads(run.artifact("score/predictions").read_bytes())
    past = RunChanges(
        features=run.artifact("describe/features"),
        history=run.artifact("mine/history"),
        labels=run.artifact("label/labels"),
    )
    changes = _changes(found["changes"], past, is_risk=found["model"].get("basis") in ("model", "general"))
    return Snapshot(
        run=run,
        repository=plain(run.location.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"), 80),
        model=standing(run, found["model"]),
        changes=changes,
        past=past,
        touched=places.touched,
        place={change.commit: change for change in changes},
    )


def _changes(scored: list[dict[str, Any]], past: "RunChanges", *, is_risk: bool) -> list[Change]:
    sizes = {}
    for change in scored:
        at = past.place.get(change["commit"])
        one = None if at is None else past.changes[at]
        sizes[change["commit"]] = (one.lines_added, one.lines_deleted, one.files) if one else (0, 0, 0)
    by_lines = sorted(scored, key=lambda change: (-sizes[change["commit"]][0], change["commit"]))
    lines_rank = {change["commit"]: rank for rank, change in enumerate(by_lines, start=1)}
    changes = [
        _change(change, sizes[change["commit"]], rank, lines_rank[change["commit"]], is_risk=is_risk)
        for rank, change in enumerate(scored, start=1)  # riskiest first, as `score` wrote them
    ]
    return sorted(changes, key=lambda change: (-change.committed_at, change.risk_rank))


def _change(
    change: dict[str, Any], size: tuple[int, int, int], risk_rank: int, lines_rank: int, *, is_risk: bool
) -> Change:
    subject, author = plain(change["subject"], 200), plain(change["author"], 60)
    paths = [plain(path, 300) for path in change["paths"][:_SHOWN_PATHS]]
    return Change(
        commit=change["commit"],
        subject=subject,
        author=author,
        committed_at=change["committed_at"],
        risk=change["risk"] if is_risk else None,
        band=change["band"] if is_risk else "",
        reasons=tuple(_reason(reason) for reason in change["reasons"][:_SHOWN_REASONS]),
        lines_added=size[0],
        lines_deleted=size[1],
        files=size[2],
        risk_rank=risk_rank,
        lines_rank=lines_rank,
        sought="\n".join([subject, author, change["commit"], *paths]).lower(),
    )


def _reason(reason: dict[str, Any]) -> dict[str, Any]:
    return {
        "feature": plain(reason["feature"], 80),
        "effect": round(float(reason["effect"]), 4),
        "text": plain(reason["text"], 300),
    }
