"""Ids that sort by time: UUIDv7 (RFC 9562, section 5.7) behind a readable prefix."""

import re
import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=-]{8,128}")


def uuid7() -> uuid.UUID:
    """A UUIDv7 that is greater than every one before it in this process.

    48 bits of milliseconds, 12 bits of their fraction (method 3 of section 6.2), 62 random bits. Where two fall into
    one fraction of 244 ns, or the clock goes back, the later one counts on from the earlier.
    """
    global _last  # noqa: PLW0603  the clock must not run backwards in one process
    now_ms, rest_ns = divmod(time.time_ns(), 1_000_000)
    stamp = now_ms << 12 | (rest_ns << 12) // 1_000_000
    with _lock:
        _last = stamp = max(stamp, _last + 1)
    high = (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF
    return uuid.UUID(int=high << 64 | 0b10 << 62 | secrets.randbits(62))


def prefix(repository: str) -> str:
    """What stands before an id: the name of the repository, shortened to what is safe in a URL.

    >>> prefix("facebook/react"), prefix("https://example.org/Team/Shop.git"), prefix("")
    ('react', 'shop', 'change')
    """
    name = repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git").lower()
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:32].strip("-") or "change"


def new_id(before: str) -> str:
    """An id such as `react_01900000-0000-7000-8000-000000000000`; `before` as `prefix` makes it."""
    return f"{before}_{uuid7()}"


def request_id(sent: str | None) -> str:
    """The id that a client gave its request, if it is fit to be logged; else one of ours."""
    return sent if sent and _REQUEST_ID.fullmatch(sent) else str(uuid7())
