"""Kinesis, by boto3: a topic is a stream, a partition is a shard. Credentials are boto3's own chain (roles, IAM).

A shard that was split or merged ends; its children are read when all of it was, so that a key's order holds.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from faultcast.adapters.streams.kinesis_access import Access, told
from faultcast.adapters.streams.shape import Message, Outgoing, Positions, made_anew
from faultcast.errors import Unavailable

_MAX_RECORDS, _MAX_BYTES = 500, 4_500_000
"""Of one call of PutRecords; it takes 500 records and 5 MiB."""

_LOOK_SECONDS = 0.25
"""How often a reader asks for more; a shard answers five calls a second."""


class KinesisBroker:
    """See `shape.Broker`."""

    name = "kinesis"

    def __init__(self, access: Access) -> None:
        self.address = access.address
        self._access = access

    def publish(self, messages: Sequence[Outgoing]) -> Positions:
        written: Positions = {}
        for batch in _batches(messages):
            self._put(batch, written)
        return written

    def _put(self, batch: list[Outgoing], written: Positions) -> None:
        """All of a batch; those that Kinesis throttles are sent again, which no key's order suffers from."""
        topic, until, pause = batch[0].topic, time.monotonic() + self._access.timeout_seconds, 0.1
        while True:
            entries = [{"Data": one.value, "PartitionKey": one.key} for one in batch]
            with told(self._access, topic):
                results = self._access.client.put_records(StreamName=topic, Records=entries)["Records"]
            for result in results:
                if "SequenceNumber" in result:
                    place = (topic, result["ShardId"])
                    written[place] = max(written.get(place, -1), int(result["SequenceNumber"]))
            batch = [one for one, result in zip(batch, results, strict=True) if "SequenceNumber" not in result]
            if not batch:
                return
            if time.monotonic() + pause > until:
                why = next(result["ErrorCode"] for result in results if "ErrorCode" in result)
                raise Unavailable(
                    f"Kinesis: stream {topic!r} left {len(batch)} records out ({why}) for "
                    f"{self._access.timeout_seconds:g} seconds. Give it more shards, or run again; nothing is lost."
                )
            time.sleep(pause)
            pause = min(2 * pause, 5.0)

    def source(self, topic: str, after: Positions) -> "KinesisSource":
        return KinesisSource(self._access, topic, after)

    def close(self) -> None:
        self._access.client.close()


def _batches(messages: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Calls to make: of one topic, within the limits, and each key once, as a call keeps no order."""
    batch: list[Outgoing] = []
    keys: set[str] = set()
    size = 0
    for one in messages:
        adds = len(one.value) + len(one.key)
        is_full = len(batch) == _MAX_RECORDS or size + adds > _MAX_BYTES
        if batch and (is_full or one.key in keys or one.topic != batch[0].topic):
            yield batch
            batch, keys, size = [], set(), 0
        batch.append(one)
        keys.add(one.key)
        size += adds
    if batch:
        yield batch


class _Shard:
    def __init__(self, name: str, parents: set[str], after: int | None) -> None:
        self.name = name
        self.parents = parents
        self.after = after
        self.iterator: str | None = None
        self.is_closed = False  # read to its end, for ever
        self.is_at_end = False


class KinesisSource:
    """See `shape.Source`. What a stream's retention deleted is not told by Kinesis: `lost` stays 0."""

    lost = 0

    def __init__(self, access: Access, topic: str, after: Positions) -> None:
        self._access = access
        self._topic = topic
        self._after = {shard: position for (of, shard), position in after.items() if of == topic}
        self._shards: dict[str, _Shard] = {}
        self._turn = 0
        self._asked_at = 0.0
        self._list()

    def _list(self) -> None:
        """Find shards that are not yet known."""
        with told(self._access, self._topic):
            pages = self._access.client.get_paginator("list_shards").paginate(StreamName=self._topic)
            found = {one["ShardId"]: one for page in pages for one in page["Shards"]}
        for name in found.keys() - self._shards.keys():
            parents = {str(found[name].get(parent)) for parent in ("ParentShardId", "AdjacentParentShardId")}
            self._shards[name] = _Shard(name, parents & found.keys(), self._after.get(name))

    def _readable(self) -> list[_Shard]:
        return [
            shard
            for _, shard in sorted(self._shards.items())
            if not shard.is_closed and all(self._shards[parent].is_closed for parent in shard.parents)
        ]

    @property
    def is_at_end(self) -> bool:
        return all(shard.is_at_end for shard in self._readable())

    def poll(self, limit: int, wait_seconds: float) -> list[Message]:
        until = time.monotonic() + wait_seconds
        while True:
            shards = self._readable()
            for _ in shards:  # each in turn, so that a busy one does not starve the others
                self._turn += 1
                if found := self._read(shards[self._turn % len(shards)], limit):
                    return found
            if self.is_at_end or time.monotonic() >= until:
                time.sleep(max(0.0, until - time.monotonic()) if self.is_at_end else 0)
                return []
            time.sleep(_LOOK_SECONDS)

    def _read(self, shard: _Shard, limit: int) -> list[Message]:
        try:
            with told(self._access, self._topic):
                if shard.iterator is None:
                    shard.iterator = self._iterator(shard)
                page = self._access.client.get_records(ShardIterator=shard.iterator, Limit=limit)
        except Unavailable as error:
            code = _code(error)
            if code == "ExpiredIteratorException":  # it lives five minutes
                shard.iterator = None
            elif code != "ProvisionedThroughputExceededException":  # somebody else reads, too: a moment later, then
                raise
            return []
        shard.iterator = page.get("NextShardIterator")
        found = [Message((self._topic, shard.name), int(one["SequenceNumber"]), one["Data"]) for one in page["Records"]]
        if found:
            shard.after = found[-1].position
        shard.is_at_end = not found and not page.get("MillisBehindLatest", 0)
        if shard.iterator is None:
            shard.is_closed = True
            self._list()
        return found

    def _iterator(self, shard: _Shard) -> str:
        wanted: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.after is not None:
            wanted = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": str(shard.after)}
        try:
            answer = self._access.client.get_shard_iterator(StreamName=self._topic, ShardId=shard.name, **wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidArgumentException" and shard.after is not None:
                raise made_anew(self._topic, shard.name, shard.after) from error
            raise
        return str(answer["ShardIterator"])

    def close(self) -> None:
        """The connection is the broker's."""


def _code(error: Unavailable) -> str:
    cause = error.__cause__
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else ""
