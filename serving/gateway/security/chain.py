"""Lines that show tampering. Pure: bytes in, bytes or findings out.

A line is one JSON object. It holds its number, the SHA-256 of the line before it, byte by byte, and at its end a seal
over all that comes before the seal: HMAC-SHA256 with the audit key, or plain SHA-256 where there is none. Changed,
removed, swapped or added lines break the chain at that place. Without a key this shows damage and clumsy hands; whoever
may write the file can also compute digests, and make a new chain from any line on. With the key that takes the key.

Lines that are missing at the end leave a chain that fits. Only who remembers how long it was can tell: the head (number
and SHA-256 of the last line), which is kept beside the log and goes out with the process's own log.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""What the first line has for the digest of the line before it."""
UNFIT = "log does not fit its head"
"""Event: what was written last is not what is there now. It stays in the log, so that going on hides nothing."""
TORN = "torn line removed"
"""Event: a process ended while it wrote; nobody was told that this line had been written."""

_SEAL = re.compile(rb',"(sha256|hmac)":"([0-9a-f]{64})"\}\Z')
_SEAL_BYTES = 80


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: how many lines, and the digest of the last one."""

    lines: int = 0
    sha256: str = GENESIS

    def __str__(self) -> str:
        return f"{self.lines}:{self.sha256}"

    @classmethod
    def read(cls, text: str) -> "Head | None":
        """Read what `str` wrote; None if it is something else."""
        match = re.fullmatch(r"(\d{1,12}):([0-9a-f]{64})", text.strip())
        return cls(int(match[1]), match[2]) if match else None


@dataclass(frozen=True, slots=True)
class Finding:
    """The first line that does not fit, counted from 1, and why."""

    line: int
    why: str


def next_line(entry: Mapping[str, Any], before: Head, key: bytes | None) -> tuple[bytes, Head]:
    """Return the next line, without its line feed, and the head with it.

    >>> text, head = next_line({"what": "reload"}, Head(), None)
    >>> text[:50], head.lines
    (b'{"n":1,"what":"reload","before":"0000000000000000', 1)
    """
    whole = {"n": before.lines + 1, **entry, "before": before.sha256}
    body = json.dumps(whole, ensure_ascii=True, separators=(",", ":")).encode("ascii")[:-1]
    name = b"hmac" if key else b"sha256"
    sealed = body + b',"%s":"%s"}' % (name, _seal(body, key).encode())
    return sealed, Head(before.lines + 1, hashlib.sha256(sealed).hexdigest())


def _seal(body: bytes, key: bytes | None) -> str:
    return (hmac.digest(key, body, "sha256") if key else hashlib.sha256(body).digest()).hex()


@dataclass(frozen=True, slots=True)
class Line:
    """A line, taken apart. Nothing is checked yet."""

    body: bytes
    is_keyed: bool
    seal: str
    entry: dict[str, Any]


def parse(text: bytes) -> Line | None:
    """Take a line apart; None if it is no line of an audit log."""
    found = _SEAL.search(text, max(0, len(text) - _SEAL_BYTES))
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if found is None or not isinstance(entry, dict):
        return None
    return Line(text[: found.start()], found[1] == b"hmac", found[2].decode(), entry)


def check(lines: Iterable[bytes], key: bytes | None, anchor: Head | None = None) -> tuple[Head, Finding | None]:
    """Follow a chain from its first line; return how far it fits and the first line that does not.

    Args:
        lines: without their line feeds.
        key: the audit key; None: the lines are sealed without one, or it is not at hand and seals stay unchecked.
        anchor: a head from an earlier time; the chain must have passed through it.
    """
    head = Head()
    for text in lines:
        finding = _check_line(text, head, key)
        if finding is not None:
            return head, finding
        head = Head(head.lines + 1, hashlib.sha256(text).hexdigest())
        if anchor and head.lines == anchor.lines and head.sha256 != anchor.sha256:
            return head, Finding(head.lines, "it is not the line that was the last one when the head was kept")
    if anchor and head.lines < anchor.lines:
        return head, Finding(head.lines + 1, f"missing: {anchor.lines:,} lines were written, {head.lines:,} are there")
    return head, None


def _check_line(text: bytes, before: Head, key: bytes | None) -> Finding | None:
    found = parse(text)
    why = "it is no line of an audit log" if found is None else _why_unfit(found, before, key)
    return Finding(before.lines + 1, why) if why else None


def _why_unfit(line: Line, before: Head, key: bytes | None) -> str:
    if key is not None and not line.is_keyed:
        return "it is sealed without the key"
    is_checkable = key is not None or not line.is_keyed
    if is_checkable and not hmac.compare_digest(_seal(line.body, key), line.seal):
        return "it was changed: its seal does not fit" + (", or the key is another" if line.is_keyed else "")
    number = line.entry.get("n")
    if number != before.lines + 1:
        return f"it says that it is line {number}: lines were removed, added or swapped here"
    if line.entry.get("before") != before.sha256:
        return f"it was not written after line {before.lines:,} as that stands now: one of the two was changed"
    if line.entry.get("what") == UNFIT:
        return "it tells that the lines before it were not those that had been written"
    return ""
