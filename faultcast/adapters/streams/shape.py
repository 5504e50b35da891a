"""The shape that all brokers have. A topic has partitions; a message has a position in its partition.

Messages of one key come in the order in which they were published. Positions grow within a partition and are kept
by whoever reads, never by the broker: they can so be kept in one transaction with what was made of the messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, TypeAlias

from faultcast.errors import UsageError

Place: TypeAlias = tuple[str, str]
"""Topic and partition."""

Positions: TypeAlias = dict[Place, int]
"""The last message dealt with, by place; where there is none, a reader begins at the oldest."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be published."""

    topic: str
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What was published, and where it lies."""

    place: Place
    position: int
    value: bytes


class Source(Protocol):
    """One topic, read from a place on."""

    lost: int
    """Messages that the broker had deleted before they were read (its retention is over)."""

    def poll(self, limit: int, wait_seconds: float) -> list[Message]:
        """The next messages, at most `limit`; none if none come while we wait.

        Raises:
            Unavailable: the broker does not answer.
            UsageError: it refuses.
        """

    @property
    def is_at_end(self) -> bool:
        """Whether every partition was read to its end, as far as the last `poll` saw."""

    def close(self) -> None:
        """Let go of the connection."""


class Broker(Protocol):
    """Where events are published and read."""

    name: str
    """What positions belong to: embedded, kafka, kinesis."""

    address: str
    """Where it is, for people."""

    def publish(self, messages: Sequence[Outgoing]) -> Positions:
        """Publish all, and return the position of the last in each place: the broker has then kept them.

        Raises:
            Unavailable: not all were accepted; which were is not known.
            UsageError: the broker refuses: an unknown topic, no right to it, a message that is too large.
        """

    def source(self, topic: str, after: Positions) -> Source:
        """Read a topic, in each place behind a position, or from the oldest message on.

        Raises:
            Unavailable: the broker does not answer.
            UsageError: there is no such topic, no right to it, or it ends before a position.
        """

    def close(self) -> None:
        """Let go of the connection."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing travels.

    >>> is_loopback("[::1]"), is_loopback("localhost.example.org")
    (True, False)
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def made_anew(topic: str, partition: str, position: int) -> UsageError:
    """What to say of a topic that ends before the position that was reached in it."""
    return UsageError(
        f"{topic}/{partition}: found an end before position {position}, which was read already: the topic was made "
        "anew, or is another cluster's. Run `faultcast consume --from-start` to read it from the beginning; what is "
        "known already is not kept twice."
    )
