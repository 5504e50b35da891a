"""Kafka, by confluent-kafka: an idempotent producer that waits for all replicas; readers that keep their own place.

No consumer group decides who reads what or how far: partitions are assigned by hand and positions are the sink's, so
that they are kept in one transaction with the records. librdkafka's log is switched off, as it would repeat
configurations; what matters of it becomes our errors.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message as KafkaMessage,
    Producer,
    TopicPartition,
)

from faultcast.adapters.streams.kafka_access import Access
from faultcast.adapters.streams.kafka_errors import Trouble
from faultcast.adapters.streams.shape import Message, Outgoing, Positions, made_anew

_REFRESH_SECONDS = 60
"""How often a reader looks for new partitions."""

_MAX_MESSAGE_BYTES = 1_040_000
"""Of one message with its key; brokers take 1,048,588 unless told otherwise, and an event is smaller than both."""

_SILENT = logging.getLogger("faultcast.librdkafka")
_SILENT.disabled = True


class KafkaBroker:
    """See `shape.Broker`."""

    name = "kafka"

    def __init__(self, access: Access) -> None:
        self.address = access.brokers
        self._access = access
        self._trouble = Trouble(access)
        self._producer: Producer | None = None

    def publish(self, messages: Sequence[Outgoing]) -> Positions:
        producer = self._connected()
        written: Positions = {}
        refused: list[tuple[KafkaError, str]] = []

        def arrived(error: KafkaError | None, message: KafkaMessage) -> None:
            topic, partition = str(message.topic()), str(message.partition())
            if error is not None:
                refused.append((error, topic))
            else:
                written[topic, partition] = max(written.get((topic, partition), -1), message.offset() or 0)

        for one in messages:
            while True:
                try:
                    producer.produce(one.topic, one.value, one.key, on_delivery=arrived)
                    break
                except BufferError:  # the queue is full: let some go
                    producer.poll(0.1)
                except KafkaException as error:
                    raise self._trouble.told(error.args[0], one.topic) from error
        while producer.flush(0.5) and not refused:
            self._trouble.raise_refusal()
        if refused:
            producer.purge()
            raise self._trouble.told(*refused[0])
        return written

    def _connected(self) -> Producer:
        if self._producer is None:
            milliseconds = int(self._access.timeout_seconds * 1000)
            self._producer = Producer(
                self._access.configuration
                | {
                    "acks": "all",
                    "enable.idempotence": True,
                    "compression.type": "zstd",
                    "linger.ms": 5,
                    "message.max.bytes": _MAX_MESSAGE_BYTES,
                    "message.timeout.ms": milliseconds,
                    "topic.metadata.propagation.max.ms": min(10_000, milliseconds),
                    "error_cb": self._trouble.note,
                    "logger": _SILENT,
                }
            )
            self._trouble.probe(self._producer)
        return self._producer

    def source(self, topic: str, after: Positions) -> "KafkaSource":
        return KafkaSource(self._access, topic, after)

    def close(self) -> None:
        if self._producer is not None:
            self._producer.purge()
            self._producer = None


class KafkaSource:
    """See `shape.Source`."""

    def __init__(self, access: Access, topic: str, after: Positions) -> None:
        self.lost = 0
        self._topic = topic
        self._timeout = access.timeout_seconds
        self._trouble = Trouble(access)
        self._assigned: set[int] = set()
        self._ended: set[int] = set()
        self._heard_at = self._looked_at = time.monotonic()
        configuration: dict[str, Any] = access.configuration | {
            "group.id": "faultcast",  # demanded, though nothing is kept under it
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "error_cb": self._trouble.note,
            "logger": _SILENT,
        }
        self._consumer = Consumer(configuration)
        try:
            self._assign({int(partition): position for (of, partition), position in after.items() if of == topic})
        except BaseException:
            self._consumer.close()
            raise

    @property
    def is_at_end(self) -> bool:
        return self._ended == self._assigned

    def poll(self, limit: int, wait_seconds: float) -> list[Message]:
        if time.monotonic() - self._looked_at > _REFRESH_SECONDS:
            self._assign({})
        found = []
        for told in self._consumer.consume(limit, wait_seconds):
            partition, error = int(told.partition() or 0), told.error()
            if error is None:
                self._ended.discard(partition)
                found.append(Message((self._topic, str(partition)), int(told.offset() or 0), told.value() or b""))
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  the only name it has
                self._ended.add(partition)
            elif not error.retriable():
                raise self._trouble.told(error, self._topic)
        if found or self.is_at_end:
            self._heard_at = time.monotonic()
        self._trouble.raise_refusal()
        if self._trouble.is_down or time.monotonic() - self._heard_at > self._timeout:
            self._trouble.probe(self._consumer)
            self._heard_at = time.monotonic()
        return found

    def _assign(self, after: dict[int, int]) -> None:
        """Read the partitions that are not yet read."""
        self._looked_at = time.monotonic()
        new = sorted(self._trouble.partitions(self._consumer, self._topic) - self._assigned)
        places = [TopicPartition(self._topic, one, self._begin(one, after.get(one))) for one in new]
        if places:
            self._consumer.incremental_assign(places)
        self._assigned.update(new)

    def _begin(self, partition: int, after: int | None) -> int:
        if after is None:
            return OFFSET_BEGINNING
        try:
            watermarks = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), self._timeout)
        except KafkaException as error:
            raise self._trouble.told(error.args[0], self._topic) from error
        if watermarks is None:
            raise self._trouble.silent()
        low, high = watermarks
        if after + 1 > high:
            raise made_anew(self._topic, str(partition), after)
        self.lost += max(0, low - after - 1)
        return max(low, after + 1)

    def close(self) -> None:
        self._consumer.close()
