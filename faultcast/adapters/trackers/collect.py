"""Collecting from one tracker into its state folder: what changed since an instant, page by page.

The walk begins anew each time, from the first listings: pages that this collection has already kept are not asked
for again but followed as they were. So resuming needs no plan of its own.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from faultcast.adapters.trackers import tables
from faultcast.adapters.trackers.journal import Begin, Journal, opened
from faultcast.adapters.trackers.reading import clean
from faultcast.adapters.trackers.shape import Answer, Listing, Tracker, Validators

OVERLAP_SECONDS = 86_400
"""How far a collection reaches behind the begin of the one before: clocks differ, checks end late."""

TELL_SECONDS = 5
"""How often a long collection says how far it is."""

STALE_SECONDS = 3_600
"""A resumed collection that began longer ago is followed by another, for what changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did; `records` are all that are kept, by stream."""

    records: dict[str, int]
    pages: int  # asked for and answered anew
    unchanged: int  # asked for and answered "not modified"
    resumed: bool


def collect(
    tracker: Tracker,
    folder: Path,
    since: int,
    now: Callable[[], float],
    tell: Callable[[str], None] | None = None,
) -> Collected:
    """Collect what changed at or after `since` (unix seconds) and write the tables; see `tables`.

    Raises:
        Unavailable: the tracker does not answer, or limits last too long; what was fetched is kept.
        NotFound, UsageError, UnsafeRepository: asking again will not help.
    """
    with opened(folder, tracker.provider, tracker.name) as journal:
        resumed = journal.running is not None and journal.running.since <= since
        if not resumed:
            journal.begin(int(now()), _from(journal, since))
        walk = _Walk(tracker, journal, now, tell or (lambda _: None))
        began = walk.finish(folder)
        if resumed and now() - began.at > STALE_SECONDS:
            journal.begin(int(now()), _from(journal, since))
            walk.finish(folder)
        counts = {stream: len(records) for stream, records in journal.records.items() if records}
        return Collected(counts, walk.pages, walk.unchanged, resumed)


def _from(journal: Journal, since: int) -> int:
    """Where to begin: behind the last collection if that covers what is asked for, so that no gap is left."""
    if journal.last is None or journal.covered_from is None or since < journal.covered_from:
        return since
    return max(journal.covered_from, journal.last.at - OVERLAP_SECONDS)


class _Walk:
    def __init__(
        self, tracker: Tracker, journal: Journal, now: Callable[[], float], tell: Callable[[str], None]
    ) -> None:
        self.pages = 0
        self.unchanged = 0
        self._tracker = tracker
        self._journal = journal
        self._now = now
        self._tell = tell
        self._told_at = now()

    def finish(self, folder: Path) -> Begin:
        """Bring the collection at work to its end."""
        journal = self._journal
        began = journal.running
        if began is None:
            raise ValueError("no collection was begun")
        # What lies further back than anything asked for so far was never kept: no page of old may stand for it.
        may_reuse = journal.covered_from is not None and began.since >= journal.covered_from
        seen: set[str] = set()
        todo = deque(self._tracker.listings())
        while todo:
            listing = todo.popleft()
            if listing.url in seen:
                continue
            seen.add(listing.url)
            if listing.url not in journal.done:
                self._ask(listing, began.since, may_reuse=may_reuse)
            todo.extend(self._successors(journal.pages[listing.url], began.since))
        tables.write(journal.records, folder)
        journal.end(int(self._now()))
        return began

    def _ask(self, listing: Listing, since: int, *, may_reuse: bool) -> None:
        if self._now() - self._told_at >= TELL_SECONDS:
            self._told_at = self._now()
            self._tell(f"{self._tracker.name}: {self.pages + self.unchanged:,} pages so far")
        before = self._journal.pages.get(listing.url) if may_reuse else None
        answer = self._tracker.fetch(listing, before.validators if before else Validators())
        if answer is None:
            self._journal.same(listing)
            self.unchanged += 1
            return
        kept = tuple(clean(record) for record in answer.records if _changed_at(record, since) >= since)
        self._journal.page(listing, replace(answer, records=kept))
        self.pages += 1

    def _successors(self, page: Answer, since: int) -> list[Listing]:
        found = [more for more in page.follow if more.updated_at is None or more.updated_at >= since]
        if page.oldest is None or page.oldest >= since:
            if page.next:
                found.append(page.next)
            if page.note:
                self._tell(f"{self._tracker.name}: {page.note}")
        return found


def _changed_at(record: object, since: int) -> int:
    """When a record last changed; records that do not tell belong to one that did change."""
    return int(getattr(record, "updated_at", since))
