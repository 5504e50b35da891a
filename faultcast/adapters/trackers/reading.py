"""Reading JSON that somebody else wrote: typed, and with one error that names what was found."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from faultcast.adapters.trackers.records import Record
from faultcast.errors import Unavailable
from faultcast.history.identity import without_addresses
from faultcast.history.mentions import without_mentions

MAX_TEXT = 20_000
_WRITTEN = ("title", "text")
"""Fields in which people write."""
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b')


def parsed(text: str) -> Any:
    """Parse a body that the transport found to be whole JSON; an empty one is `None`."""
    return json.loads(text) if text else None


def items(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list.

    Raises:
        Unavailable: it is none.
    """
    if not isinstance(value, list):
        raise Unavailable(f"found {type(value).__name__} where a list was expected. Is this the tracker's address?")
    yield from (item for item in value if isinstance(item, dict))


def at(value: Any, *path: str) -> Any:
    """What lies at a path of keys; `None` where a step is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str) -> str:
    """A text at a path; numbers as they are written, anything else "".

    >>> text({"user": {"id": 7}}, "user", "id")
    '7'
    """
    found = at(value, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def number(value: Any, *path: str) -> int | None:
    """A whole number at a path."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def instant(value: Any, *path: str) -> int | None:
    """Unix seconds of an ISO instant at a path; one without a zone is UTC.

    >>> instant({"created": "2024-01-15T14:30:22.000+0000"}, "created")
    1705329022
    """
    found = at(value, *path)
    if not isinstance(found, str):
        return None
    try:
        moment = datetime.fromisoformat(found)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def required_instant(value: Any, *path: str) -> int:
    """The same, for what every record has.

    Raises:
        Unavailable: it is missing.
    """
    found = instant(value, *path)
    if found is None:
        raise Unavailable(f"found no instant at {'.'.join(path)} of a record, which every tracker tells.")
    return found


def next_link(headers: dict[str, str] | Any) -> str:
    """Address of the next page by the ``Link`` header [RFC 8288]; "" on the last one.

    >>> next_link({"link": '<https://x.org/?page=1>; rel="prev", <https://x.org/?page=3>; rel="next"'})
    'https://x.org/?page=3'
    """
    found = _NEXT.search(str(headers.get("link", "")))
    return found[1] if found else ""


def clean(record: Record) -> Record:
    """The record as it may be kept: no e-mail address, nobody mentioned, no half character, no endless text."""
    kept = {field.name: _clean(getattr(record, field.name)) for field in fields(record)}
    written = {name: without_mentions(kept[name])[:MAX_TEXT] for name in _WRITTEN if name in kept}
    return replace(record, **kept | written)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_addresses(value.encode("utf-8", "replace").decode("utf-8"))[:MAX_TEXT]
    if isinstance(value, tuple):
        return tuple(_clean(part) for part in value)
    return value
