"""An event: one record as it was told, with all that is needed to keep it elsewhere. On the wire it is JSON::

{"id": "9f…", "kind": "issues", "provider": "github", "record": {"id": "12", …}, "repository": "team/shop",
 "revision": 1, "version": 1}
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from faultcast.errors import BadEvent
from faultcast.events import schema

VERSION = 1

RAW = "raw-code"
"""Topic of everything that is told, before it is looked at."""

REFUSED = "dead-letters"
"""Topic of what was refused, with the reason."""

MAX_BYTES = 1_000_000
"""Of one event: what Kafka and Kinesis take as they come (1 MiB with the key)."""

_FIELDS = {"id", "kind", "provider", "record", "repository", "revision", "version"}
_MAX_NAME = 1_000


def validated(kind: str) -> str:
    """Topic of the valid events of one kind.

    >>> validated("pull_requests")
    'validated-pull-requests'
    """
    return f"validated-{kind.replace('_', '-')}"


@dataclass(frozen=True)
class Event:
    """One record as it was told.

    `revision` tells the contents of one record apart that were told one after another (1, 2, 3, …), so that
    going back to an earlier content is an event of its own, and telling the same again is not.
    """

    kind: str
    provider: str
    repository: str
    revision: int
    record: Any  # a dataclass with an `id`

    @cached_property
    def id(self) -> str:
        """Its identity: a hash of all it holds."""
        return _digest(self._body)

    @property
    def key(self) -> str:
        """Events with the same key stay in order: those of one record."""
        return _digest([self.provider, self.repository, self.kind, self.record.id])

    @property
    def value(self) -> bytes:
        """Its bytes."""
        return _json(self._body | {"id": self.id}).encode()

    @cached_property
    def _body(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "provider": self.provider,
            "record": asdict(self.record),
            "repository": self.repository,
            "revision": self.revision,
            "version": VERSION,
        }


def read(value: bytes, kinds: Mapping[str, type[Any]]) -> Event:
    """The event that some bytes are; `kinds` says what each kind of record is.

    Raises:
        BadEvent: they are none, whatever they are; nothing else is ever raised.
    """
    told = _parsed(value)
    if not isinstance(told, dict):
        raise BadEvent("wrong type", f"found {type(told).__name__}, expected an object")
    if type(told.get("version")) is not int or told["version"] != VERSION:
        raise BadEvent("unknown version", f"expected {VERSION}")
    schema.only(told, _FIELDS, "event")
    kind = schema.text("kind", told["kind"], _MAX_NAME)
    if kind not in kinds:
        raise BadEvent("unknown kind", f"expected one of {', '.join(kinds)}")
    event = Event(
        kind,
        schema.text("provider", told["provider"], _MAX_NAME),
        schema.text("repository", told["repository"], _MAX_NAME),
        schema.whole("revision", told["revision"], 0, 2**63 - 1),
        schema.record(kinds[kind], told["record"]),
    )
    if told["id"] != event.id:
        raise BadEvent("wrong id", "the id is not the hash of what the event holds")
    return event


def _parsed(value: bytes) -> Any:
    if len(value) > MAX_BYTES:
        raise BadEvent("too large", f"found {len(value):,} bytes, at most {MAX_BYTES:,} may be")
    try:
        return json.loads(value.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except BadEvent:
        raise
    except (ValueError, RecursionError) as error:
        raise BadEvent("no JSON", f"expected UTF-8 JSON ({type(error).__name__})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise BadEvent("no JSON", "found a field twice in one object")
    return told


def _no_number(_: str) -> Any:
    raise BadEvent("no JSON", "found a number that is none (NaN or Infinity)")


def _json(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"), sort_keys=True)


def _digest(told: Any) -> str:
    return hashlib.sha256(_json(told).encode()).hexdigest()[:32]
