"""`ingest`: repositories by name -> their mirrors, and what their trackers know of them as tables."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faultcast import settings
from faultcast.adapters.places import state_folder
from faultcast.adapters.repositories import pseudonyms, refresh
from faultcast.adapters.trackers import Collected, check_name, collect, state_of
from faultcast.adapters.trackers.choose import trackers
from faultcast.errors import UsageError

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Ingested:
    """One repository: where its tables and its mirror are ("" where there is none to clone)."""

    name: str
    folder: Path
    location: str
    collected: Collected


def ingest(
    names: Sequence[str], provider: str, days: float, *, clone: bool, tell: Callable[[str], None]
) -> list[Ingested]:
    """Clone each repository and collect what changed on its tracker in the last `days`.

    Raises:
        UsageError: a name, a setting or a token is wrong.
        NotFound, UnsafeRepository, Unavailable: as `collect` and `refresh` say; what was fetched is kept.
    """
    if not names:
        raise UsageError("--repositories: found no name, expected owner/name, several separated by commas.")
    if not 0 < days < 36_500:
        raise UsageError(f"--days: found {days:g}, expected more than 0 and less than 36,500.")
    for name in names:
        check_name(provider, name)
    now = settings.load()
    home = state_folder(now.home)
    open_tracker = trackers(provider, now, pseudonyms(now), tell=tell)
    found = []
    for name in names:
        tracker = open_tracker(name)
        folder = state_of(home, provider, name)
        tell(f"{name}: collecting from {provider}")
        collected = collect(tracker, folder, int(time.time() - days * DAY_SECONDS), time.time, tell)
        location = tracker.clone_url if clone else ""
        if location:
            tell(f"{name}: cloning {location}")
            refresh(location, now)
        found.append(Ingested(name, folder, location, collected))
    return found
