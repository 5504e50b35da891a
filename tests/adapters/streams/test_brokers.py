"""The same stories for each broker: what is published is read, in order, from any place on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import opened

from faultcast.adapters.streams import Broker, Message, Outgoing, Positions
from faultcast.errors import NotFound, UsageError

KINDS = ("embedded", "kafka", "kinesis")


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    kind = request.param
    served = {} if kind == "embedded" else request.getfixturevalue(kind)
    found = opened(tmp_path, kind, served)
    yield found
    found.close()


def read(broker: Broker, topic: str, after: Positions, limit: int = 7) -> list[Message]:
    source, found = broker.source(topic, after), []
    while True:
        batch = source.poll(limit, 0.5)
        assert len(batch) <= limit
        found += batch
        if source.is_at_end:
            source.close()
            return found


def test_all_comes_in_the_order_of_its_key(broker: Broker) -> None:
    topic = "dead-letters"
    sent = [Outgoing(topic, f"key {number % 5}", b"%d %d" % (number % 5, number)) for number in range(100)]
    broker.publish(sent[:40])
    written = broker.publish(sent[40:])
    found = read(broker, topic, {})
    assert sorted(one.value for one in found) == sorted(one.value for one in sent)
    for key in range(5):
        numbers = [int(one.value.split()[1]) for one in found if one.value.startswith(b"%d " % key)]
        assert numbers == sorted(numbers)
    # From any place on: what was read of each partition up to there does not come again.
    after = {one.place: one.position for one in found[:60]}
    rest = sorted(one.value for one in found[60:])
    assert sorted(one.value for one in read(broker, topic, after)) == rest
    # Publishing tells the last place of each partition: behind it, there is nothing.
    assert read(broker, topic, {one.place: one.position for one in found} | written) == []


def test_what_comes_later_is_read_by_who_waits(broker: Broker) -> None:
    topic = "validated-pull-requests"
    broker.publish([Outgoing(topic, "a", b"before")])
    source = broker.source(topic, {})
    values: list[bytes] = []
    while not source.is_at_end:
        values += [one.value for one in source.poll(10, 0.5)]
    broker.publish([Outgoing(topic, "a", b"after")])
    for _ in range(20):
        values += [one.value for one in source.poll(10, 0.5)]
        if b"after" in values:
            break
    source.close()
    assert values == [b"before", b"after"]


def test_nothing_to_publish(broker: Broker) -> None:
    assert broker.publish([]) == {}


def test_a_million_bytes_pass(broker: Broker) -> None:
    topic = "validated-check-runs"
    broker.publish([Outgoing(topic, f"{number}", b"%d" % number * 1_000_000) for number in range(6)])
    assert sorted(len(one.value) for one in read(broker, topic, {})) == [1_000_000] * 6


def test_a_topic_made_anew_is_not_read_as_the_old_one(broker: Broker) -> None:
    """A position that lies behind the end is of another topic: going on would lose what comes first."""
    topic = "validated-findings"
    written = broker.publish([Outgoing(topic, "a", b"1")])
    if broker.name == "kinesis":
        return  # its positions are never used again
    with pytest.raises(UsageError, match=r"made anew.*--from-start"):
        broker.source(topic, {place: position + 10 for place, position in written.items()}).poll(1, 0)


def test_no_such_topic(broker: Broker) -> None:
    if broker.name == "embedded":
        assert read(broker, "nowhere", {}) == []
        return
    with pytest.raises(NotFound, match=r"found no (topic|stream) 'nowhere'\. Create it"):
        broker.source("nowhere", {})


def test_the_embedded_file_is_its_owners(tmp_path: Path) -> None:
    opened(tmp_path, "embedded", {}).close()
    path = tmp_path / "streams" / "broker.sqlite"
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"no database" * 500)
    with pytest.raises(UsageError, match="Delete the file"):
        opened(tmp_path, "embedded", {})
