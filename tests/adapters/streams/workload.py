"""What travels in a story: issues of several repositories, some changed later, some told twice, some poison."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from faultcast.adapters.streams import Broker, Outgoing
from faultcast.adapters.trackers import Issue, tables
from faultcast.adapters.trackers.records import STREAMS
from faultcast.events import RAW, Event

REPOSITORIES = ("team/shop", "team/till", "crew/boat")
POISON = (
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[" * 5_000,
    b"null",
    b'{"version": 1}',
    b'{"version": 2, "id": "x"}',
    b'{"version": 1, "version": 1}',
    b'{"version": NaN}',
)


def issue(number: int, title: str = "", **more: object) -> Issue:
    values = {
        "id": str(number),
        "key": str(number),
        "title": title or f"Cart forgets item {number}",
        "text": "Seen twice. " * (number % 7),
        "labels": ("bug",) if number % 3 else (),
        "kind": "",
        "state": "open",
        "author": f"author-{number % 11:010x}",
        "created_at": 1_700_000_000 + number,
        "updated_at": 1_700_000_000 + number,
        "closed_at": None if number % 2 else 1_700_000_900 + number,
    }
    return Issue(**(values | more))


@dataclass(frozen=True)
class Workload:
    """Messages in order, and what is known of them."""

    messages: list[Outgoing]
    latest: dict[str, dict[str, Issue]]  # by repository and id
    distinct: int  # different valid events
    poison: int

    def publish(self, broker: Broker) -> None:
        for start in range(0, len(self.messages), 500):
            broker.publish(self.messages[start : start + 500])

    def write_tables(self, home: Path) -> None:
        """The tables that collecting the same directly would leave."""
        for name, issues in self.latest.items():
            folder = home / "ingest" / "github" / name.replace("/", "+")
            folder.mkdir(parents=True)
            tables.write({stream: issues if stream == "issues" else {} for stream in STREAMS}, folder)


def workload(messages: int, seed: int = 3) -> Workload:
    """So many messages: about one in ten changes a record, one in twenty comes twice, one in a hundred is poison."""
    dice = random.Random(seed)
    made: list[Outgoing] = []
    revisions: dict[tuple[str, str], int] = {}
    latest: dict[str, dict[str, Issue]] = {name: {} for name in REPOSITORIES}
    told: list[Event] = []
    poison = 0
    while len(made) < messages:
        chance = dice.random()
        if chance < 0.01:
            made.append(Outgoing(RAW, f"poison-{poison}", POISON[poison % len(POISON)]))
            poison += 1
            continue
        if told and chance < 0.06:
            made.append(_outgoing(told[-1]))  # as a publisher does that was killed before it remembered
            continue
        name = dice.choice(REPOSITORIES)
        if latest[name] and chance < 0.16:
            one = dice.choice(list(latest[name].values()))
            one = replace(one, title=f"{one.title}!", updated_at=one.updated_at + 60)
        else:
            one = issue(len(made) + 1)
        revision = revisions[name, one.id] = revisions.get((name, one.id), 0) + 1
        event = Event("issues", "github", name, revision, one)
        latest[name][one.id] = one
        told.append(event)
        made.append(_outgoing(event))
    return Workload(made, latest, len(told), poison)


def _outgoing(event: Event) -> Outgoing:
    return Outgoing(RAW, event.key, event.value)


def everything(broker: Broker, topics: Sequence[str]) -> Iterator[bytes]:
    """All that lies in some topics."""
    for topic in topics:
        source = broker.source(topic, {})
        while True:
            yield from (message.value for message in source.poll(1_000, 1.0))
            if source.is_at_end:
                break
        source.close()
