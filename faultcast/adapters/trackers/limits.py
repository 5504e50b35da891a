"""How long to wait before the next request: pure functions of what servers say.

The letter of the rules, in this order: ``Retry-After`` (seconds or a date) is obeyed whatever the status; an
exhausted limit (``X-RateLimit-Remaining: 0``, GitLab: ``RateLimit-Remaining``) ends at its ``…-Reset`` instant,
measured against the server's own clock; a secondary limit without either waits a minute and doubles [GitHub docs,
*Best practices for using the REST API*]; a server's trouble waits a second and doubles, capped.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LIMIT_SECONDS = 60.0
LIMIT_CAP_SECONDS = 960.0
TROUBLE_SECONDS = 1.0
TROUBLE_CAP_SECONDS = 60.0

_TROUBLE = frozenset({202, 408, 425, 500, 502, 503, 504})
_LIMIT_WORDS = ("rate limit", "abuse detection", "too many requests")


def is_limited(status: int, headers: Mapping[str, str], body: str) -> bool:
    """Whether an answer means "too fast" rather than "no": 429 always, 403 where it says so."""
    if status == 429:
        return True
    if status != 403:
        return False
    says_when = "retry-after" in headers or remaining(headers) == 0
    return says_when or any(word in body.lower() for word in _LIMIT_WORDS)


def is_trouble(status: int) -> bool:
    """Whether the server may be well again in a moment."""
    return status in _TROUBLE


def wait_seconds(status: int, headers: Mapping[str, str], failures: int, now: float) -> float:
    """Seconds to wait after the `failures`-th refusal in a row (1, 2, …) of one request.

    >>> wait_seconds(429, {"retry-after": "7"}, 1, 0.0)
    7.0
    >>> [wait_seconds(503, {}, failures, 0.0) for failures in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 60.0]
    >>> wait_seconds(403, {}, 2, 0.0)
    120.0
    """
    told = retry_after(headers, now)
    if told is not None:
        return told
    if is_trouble(status):
        return min(TROUBLE_SECONDS * 2.0 ** (failures - 1), TROUBLE_CAP_SECONDS)
    until_reset = exhausted_for(headers, now)
    if until_reset is not None:
        return until_reset
    return min(LIMIT_SECONDS * 2.0 ** (failures - 1), LIMIT_CAP_SECONDS)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that ``Retry-After`` asks for; `None` without one that can be read."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = _date(text)
    return None if until is None else max(0.0, until - server_time(headers, now))


def exhausted_for(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until a spent limit is renewed, one more because instants are whole; `None`: not spent."""
    if remaining(headers) != 0:
        return None
    until = _instant(_limit(headers, "reset"))
    return None if until is None else max(0.0, until - server_time(headers, now)) + 1.0


def remaining(headers: Mapping[str, str]) -> int | None:
    """Requests left in this window, where the server tells."""
    try:
        return int(float(_limit(headers, "remaining")))
    except (ValueError, OverflowError):
        return None


def server_time(headers: Mapping[str, str], now: float) -> float:
    """The server's clock, which its instants mean; ours where it does not tell."""
    told = _date(headers.get("date", ""))
    return now if told is None else told


def _limit(headers: Mapping[str, str], name: str) -> str:
    return headers.get(f"x-ratelimit-{name}") or headers.get(f"ratelimit-{name}") or ""


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _instant(text: str) -> float | None:
    """Unix seconds, or an ISO instant as Jira writes it."""
    try:
        found = float(text)
    except ValueError:
        pass
    else:
        return found if math.isfinite(found) else None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
