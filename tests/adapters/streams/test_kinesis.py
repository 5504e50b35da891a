"""What only Kinesis does: it takes a part of a call, and it splits and merges shards."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from brokers import opened
from fake_kinesis import BusyKinesis, serving

from faultcast.adapters.streams import Broker, Outgoing
from faultcast.errors import Unavailable, UsageError


def at(kinesis: BusyKinesis, folder: Path, **settings: Any) -> Broker:
    return opened(folder, "kinesis", {"FAULTCAST_KINESIS_URL": kinesis.url}, **settings)


def test_what_was_left_out_is_sent_again(tmp_path: Path) -> None:
    with serving() as kinesis:
        kinesis.leave_out = [{0, 2}, {1}]
        written = at(kinesis, tmp_path).publish([Outgoing("raw-code", f"{one}", b"%d" % one) for one in range(4)])
    assert kinesis.calls == [["0", "1", "2", "3"], ["0", "2"], ["2"]]
    assert sorted(value for _, value in kinesis.kept) == [b"0", b"1", b"2", b"3"]
    # Positions are larger than 64 bits hold.
    assert written == {("raw-code", "shardId-000000000000"): 10**20 + 4}


def test_sent_again_or_not_each_key_keeps_its_order(tmp_path: Path) -> None:
    with serving() as kinesis:
        kinesis.leave_out = [{0}, {0}]
        sent = [Outgoing("raw-code", key, value) for key, value in (("a", b"1"), ("b", b"1"), ("a", b"2"), ("b", b"2"))]
        at(kinesis, tmp_path).publish(sent)
    for key in "ab":
        assert [value for one, value in kinesis.kept if one == key] == [b"1", b"2"]


def test_a_call_is_never_larger_than_kinesis_takes(tmp_path: Path) -> None:
    with serving() as kinesis:
        at(kinesis, tmp_path).publish([Outgoing("raw-code", f"{one}", b"x") for one in range(1_200)])
        assert [len(call) for call in kinesis.calls] == [500, 500, 200]
        kinesis.calls.clear()
        at(kinesis, tmp_path).publish([Outgoing("raw-code", f"{one}", b"x" * 1_000_000) for one in range(9)])
        assert [len(call) for call in kinesis.calls] == [4, 4, 1]


def test_patience_has_an_end(tmp_path: Path) -> None:
    with serving() as kinesis:
        kinesis.leave_out = [{0}] * 100
        with pytest.raises(Unavailable, match=r"left 1 records out \(ProvisionedThroughputExceeded.*more shards"):
            at(kinesis, tmp_path, stream_timeout_seconds=1.0).publish([Outgoing("raw-code", "a", b"1")])


def test_no_right_to_it(tmp_path: Path) -> None:
    with serving() as kinesis:
        kinesis.refuse = "AccessDeniedException"
        with pytest.raises(UsageError, match="The role needs kinesis:ListShards"):
            at(kinesis, tmp_path).publish([Outgoing("raw-code", "a", b"1")])


def test_a_split_keeps_the_order_of_keys(kinesis: dict[str, str], tmp_path: Path) -> None:
    """Children are read when all of their parent was, by a reader that goes on and by one that comes later."""
    client = boto3.client("kinesis", endpoint_url=kinesis["FAULTCAST_KINESIS_URL"], region_name="eu-west-1")
    client.create_stream(StreamName="split", ShardCount=1)
    broker = opened(tmp_path, "kinesis", kinesis)
    keys = [f"key {one}" for one in range(8)]
    source = broker.source("split", {})
    broker.publish([Outgoing("split", key, f"{key} before".encode()) for key in keys])
    client.split_shard(StreamName="split", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    broker.publish([Outgoing("split", key, f"{key} after".encode()) for key in keys])
    late = broker.source("split", {})
    for reader in (source, late):
        found: list[str] = []
        for _ in range(20):
            found += [one.value.decode() for one in reader.poll(3, 0.2)]
        assert sorted(found) == sorted(f"{key} {when}" for key in keys for when in ("before", "after"))
        assert all(found.index(f"{key} before") < found.index(f"{key} after") for key in keys)
        assert reader.is_at_end
    broker.close()
