"""librdkafka's errors as ours: who is away, who refuses, and what to do next."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from faultcast.adapters.streams.kafka_access import Access
from faultcast.errors import FaultcastError, NotFound, Unavailable, UsageError

_UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
_LOGIN = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}  # noqa: SLF001
_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE}
_DOWN = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001
_SILENT = {_DOWN, KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TRANSPORT}  # noqa: SLF001
_RETRY_SECONDS = 0.2


class Trouble:
    """What one client heard of its brokers."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._last: KafkaError | None = None
        self.is_down = False

    def note(self, error: KafkaError) -> None:
        """Called by librdkafka."""
        if error.code() == _DOWN:
            self.is_down = True
        elif self._last is None or self._last.code() not in _LOGIN:
            self._last = error

    def raise_refusal(self) -> None:
        """Tell at once of what no waiting will change."""
        if self._last is not None and self._last.code() in _LOGIN:
            raise self.told(self._last, "")

    def probe(self, client: Producer | Consumer) -> None:
        """Hold that a broker answers.

        Raises:
            Unavailable, UsageError: it does not, or refuses us.
        """
        self._ask(client, None)
        self.is_down, self._last = False, None

    def partitions(self, client: Consumer, topic: str) -> set[int]:
        """Numbers of a topic's partitions.

        Raises:
            NotFound: there is no such topic.
            Unavailable, UsageError: no answer, no right to it.
        """
        until = time.monotonic() + self._access.timeout_seconds
        while True:
            found = self._ask(client, topic).topics[topic]
            if found.error is None:
                return set(found.partitions)
            if not found.error.retriable() or found.error.code() in _UNKNOWN or time.monotonic() > until:
                raise self.told(found.error, topic)
            time.sleep(_RETRY_SECONDS)

    def _ask(self, client: Producer | Consumer, topic: str | None) -> Any:
        """Metadata, asked for in short turns, so that a refusal is told as soon as it is heard."""
        until = time.monotonic() + self._access.timeout_seconds
        while True:
            try:
                return client.list_topics(topic, timeout=2) if topic else client.list_topics(timeout=2)
            except KafkaException as error:
                if isinstance(client, Producer) or not client.assignment():  # else a poll would take a message
                    client.poll(0)  # lets librdkafka call `note`
                self.raise_refusal()
                if time.monotonic() > until:
                    raise self.silent() from error

    def silent(self) -> Unavailable:
        """What to say of brokers that do not answer."""
        why = f" ({self._last.str()})" if self._last is not None else ""
        return Unavailable(
            f"Kafka at {self._access.brokers} does not answer{why}. Is it up, is FAULTCAST_KAFKA_BROKERS right, and "
            f"does it speak {self._access.configuration['security.protocol']}? Run again then; nothing is lost."
        )

    def told(self, error: KafkaError, topic: str) -> FaultcastError:
        """One of librdkafka's errors as ours."""
        code = error.code()
        if code in _SILENT:
            return self.silent()
        if code in _UNKNOWN:
            return NotFound(
                f"Kafka at {self._access.brokers}: found no topic {topic!r}. Create it: kafka-topics.sh --create "
                f"--topic {topic} --partitions 6 --replication-factor 3 --config min.insync.replicas=2"
            )
        if code in _LOGIN:
            return UsageError(
                f"Kafka at {self._access.brokers} refuses the account: {error.str()}. Check FAULTCAST_KAFKA_USER, "
                "FAULTCAST_KAFKA_PASSWORD and FAULTCAST_KAFKA_SASL_MECHANISM."
            )
        if code in _REFUSED:
            return UsageError(
                f"Kafka at {self._access.brokers}: no right to topic {topic!r}. The account needs Describe, Read on "
                "raw-code, and Write on what it publishes to."
            )
        if code in _TOO_LARGE:
            return UsageError(
                f"Kafka: topic {topic!r} refuses a message as too large: expected max.message.bytes of 1 MiB."
            )
        return Unavailable(
            f"Kafka at {self._access.brokers}, topic {topic!r}: {error.str()}. Run again; nothing is lost."
        )
