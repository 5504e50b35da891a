"""`ingest`: repositories by name -> their mirrors, and what their trackers know of them: as tables, or as events."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from faultcast import settings
from faultcast.adapters.places import state_folder
from faultcast.adapters.repositories import pseudonyms, refresh
from faultcast.adapters.streams import Broker, Outgoing, Published, open_broker
from faultcast.adapters.trackers import Collected, check_name, collect, read, state_of
from faultcast.adapters.trackers.choose import trackers
from faultcast.adapters.trackers.records import STREAMS
from faultcast.errors import BadEvent, UsageError
from faultcast.events import MAX_BYTES, RAW, Event, read as read_event

DAY_SECONDS = 86_400
PUBLISH_BATCH = 500


@dataclass(frozen=True, slots=True)
class Told:
    """Events that were published to the topic `raw-code` of a broker, and how many records no event can hold."""

    broker: str
    address: str
    published: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """One repository: where its tables and its mirror are ("" where there is none to clone).

    `told`: what was published; `None` where the tables are all there is to it.
    """

    name: str
    folder: Path
    location: str
    collected: Collected
    told: Told | None


def ingest(
    names: Sequence[str], provider: str, days: float, pipeline_type: str, *, clone: bool, tell: Callable[[str], None]
) -> list[Ingested]:
    """Clone each repository, collect what changed on its tracker in the last `days`, and publish it unless `local`.

    Raises:
        UsageError: a name, a setting or a token is wrong.
        NotFound, UnsafeRepository, Unavailable: as `collect`, `refresh` and `publish` say; what was done is kept.
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
    with ExitStack() as stack:
        broker = None
        if pipeline_type != "local":
            broker = stack.enter_context(closing(open_broker(pipeline_type, home, now)))
            broker.publish([])  # that it is away is told before the collecting, not after
        for name in names:
            tracker = open_tracker(name)
            # A consumer writes the tables below `home`: what is collected in order to be published lies elsewhere.
            folder = state_of(home / "streams" if broker else home, provider, name)
            tell(f"{name}: collecting from {provider}")
            collected = collect(tracker, folder, int(time.time() - days * DAY_SECONDS), time.time, tell)
            told = publish(broker, folder, provider, tracker.name, tell) if broker else None
            location = tracker.clone_url if clone else ""
            if location:
                tell(f"{name}: cloning {location}")
                refresh(location, now)
            found.append(Ingested(name, folder, location, collected, told))
    return found


def publish(broker: Broker, folder: Path, provider: str, name: str, tell: Callable[[str], None]) -> Told:
    """Publish every record of a collection that is not as it was published last.

    Raises:
        Unavailable: the broker does not answer; what arrived comes again with the same ids.
        NotFound, UsageError: there is no such topic, or no right to it.
    """
    published = left_out = 0
    with closing(Published(folder / "published.sqlite", provider, name)) as memory:
        for stream in STREAMS:
            changed = memory.changed(stream, read(folder, stream))
            events = [event for event in changed if _can_be_told(event)]
            left_out += len(changed) - len(events)
            for start in range(0, len(events), PUBLISH_BATCH):
                batch = events[start : start + PUBLISH_BATCH]
                broker.publish([Outgoing(RAW, event.key, event.value) for event in batch])
                memory.remember(batch)
                published += len(batch)
    if left_out:
        tell(f"{name}: {left_out:,} records left out, as no event can hold them (at most {MAX_BYTES:,} bytes)")
    return Told(broker.name, broker.address, published, left_out)


def _can_be_told(event: Event) -> bool:
    """Whether a consumer will take it: judged by the same rules."""
    try:
        read_event(event.value, STREAMS)
    except BadEvent:
        return False
    return True
