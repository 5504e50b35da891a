"""The audit log: who did what that must be known later. Appended to by every process of a state folder.

A line is written, synced, and only then counts; the head beside it follows. A process that is killed in between leaves
a torn line, which the next one takes away and tells of, or a head that is one line behind, which the next one moves on.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from faultcast.adapters.lock import exclusive
from faultcast.errors import FaultcastError, UsageError
from faultcast.settings import Settings
from serving.gateway.security import chain
from serving.gateway.security.chain import Finding, Head
from serving.gateway.security.pseudonyms import read_hex

_PATIENCE_SECONDS = 5.0
_LONGEST = 200
"""Characters kept of anything that came from outside."""
_BLOCK = 65_536

log = logging.getLogger("faultcast.audit")


def _now() -> datetime:
    return datetime.now(UTC)


class AuditLog:
    """One log in one state folder."""

    def __init__(self, home: Path, key: bytes | None = None, clock: Callable[[], datetime] = _now) -> None:
        self.path = home / "gateway" / "audit.jsonl"
        self._head_path = self.path.with_suffix(".head")
        self._key = key
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings) -> "AuditLog":
        """Open the log of the settings.

        Raises:
            UsageError: the key cannot be read, or the log was begun with another kind of seal.
        """
        key = None
        if settings.audit_key_file:
            try:
                key = read_hex(Path(settings.audit_key_file).read_text(errors="replace"), settings.audit_key_file)
            except FileNotFoundError as error:
                raise UsageError(
                    f"FAULTCAST_AUDIT_KEY_FILE={settings.audit_key_file!r}: there is no such file"
                ) from error
        opened = cls(settings.home, key)
        opened._check_kind()
        return opened

    def exists(self) -> bool:
        """Tell whether there is, or was, a log."""
        return self.path.exists() or self._head_path.exists()

    def _check_kind(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            first = chain.parse(file.readline().rstrip(b"\n"))
        if first is not None and first.is_keyed != (self._key is not None):
            had, has = ("with", "without") if first.is_keyed else ("without", "with")
            raise UsageError(
                f"{self.path} was begun {had} a key, and this process is {has} one. Set FAULTCAST_AUDIT_KEY_FILE as it "
                "was, or move the log and its .head elsewhere: a new one is begun."
            )

    def append(self, what: str, who: str, outcome: str, **details: str | int) -> Head:
        """Write one line and return once it is on the disk.

        Args:
            what: the event, such as `reload`.
            who: a pseudonym.
            outcome: done, refused or failed.
            details: whatever else must be known; nothing secret, no one's name or address.

        Raises:
            Busy: another process holds the log.
            OSError: it cannot be written.
        """
        entry: dict[str, object] = {"at": self._at(), "what": what}
        entry |= {"who": who, "outcome": outcome}
        entry |= {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in details.items()}
        with self._held() as descriptor:
            head = self._end(descriptor)
            head = self._write(descriptor, entry, head)
        log.info("audited", extra={"fields": {"what": what, "head": str(head)}})
        return head

    async def record(self, what: str, who: str, outcome: str, **details: str | int) -> None:
        """Append without blocking the event loop; a log that cannot be written is told of and stops no one."""
        try:
            await asyncio.to_thread(self.append, what, who, outcome, **details)
        except (FaultcastError, OSError) as error:
            log.critical("The audit log cannot be written: %s by %s, %s, is not in it: %s", what, who, outcome, error)

    def verify(self, anchor: Head | None = None) -> tuple[Head, Finding | None]:
        """Check the whole log against its seals, its head, and `anchor`, a head kept elsewhere.

        Raises:
            UsageError: there is a log that is sealed with a key, and none is set.
        """
        self._check_kind()
        with self._held() as descriptor:
            lines = os.pread(descriptor, os.fstat(descriptor).st_size, 0).split(b"\n")[:-1]
            kept = self._kept_head()
        for remembered in (anchor, kept):
            head, finding = chain.check(lines, self._key, remembered)
            if finding is not None:
                return head, finding
        if not _fits(head, kept):
            there = (kept or Head()).lines
            return head, Finding(there + 1, f"the head beside the log knows {there:,} lines: others were added past it")
        return head, None

    def _write(self, descriptor: int, entry: dict[str, object], head: Head) -> Head:
        text, head = chain.next_line(entry, head, self._key)
        data = text + b"\n"
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
        self._keep_head(head)
        return head

    def _end(self, descriptor: int) -> Head:
        """Find the end of the log; take a torn line away, and tell of it and of an end that is not as it was left."""
        last, torn = _last_line(descriptor)
        count = _count(descriptor, last)
        head = Head(count, hashlib.sha256(last).hexdigest()) if count else Head()
        kept = self._kept_head()
        if torn:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
        is_fit = _fits(head, kept)
        if is_fit and head != (kept or Head()):
            self._keep_head(head)  # before anything is written: two kills in a row must not leave it two behind
        if torn:
            head = self._tell(descriptor, chain.TORN, head, bytes=len(torn))
        if not is_fit:
            head = self._tell(descriptor, chain.UNFIT, head, expected=str(kept or Head()), lines_found=count)
        return head

    def _tell(self, descriptor: int, what: str, head: Head, **details: str | int) -> Head:
        entry = {"at": self._at(), "what": what, "who": "faultcast"}
        log.warning("Audit log: %s", what)
        return self._write(descriptor, {**entry, "outcome": "done", **details}, head)

    def _kept_head(self) -> Head | None:
        try:
            return Head.read(self._head_path.read_text("ascii", "replace"))
        except FileNotFoundError:
            return None

    def _keep_head(self, head: Head) -> None:
        partial = self._head_path.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{head}\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._head_path)

    def _at(self) -> str:
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @contextmanager
    def _held(self) -> Iterator[int]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        busy = f"{self.path}: process {{holder}} holds the audit log. Try again."
        with exclusive(self.path.with_suffix(".lock"), busy, patience_seconds=_PATIENCE_SECONDS):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                yield descriptor
            finally:
                os.close(descriptor)


def _fits(head: Head, kept: Head | None) -> bool:
    """A head that is one line behind is what a kill between line and head leaves."""
    known = kept or Head()
    return head == known or head.lines == known.lines + 1


def _count(descriptor: int, last: bytes) -> int:
    """The last line's number is its own; where that cannot be read, lines are counted."""
    line = chain.parse(last)
    number = line.entry.get("n") if line else None
    if isinstance(number, int):
        return number
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).count(b"\n")


def _last_line(descriptor: int) -> tuple[bytes, bytes]:
    """Return the last whole line, without its line feed, and what comes after it."""
    size = os.fstat(descriptor).st_size
    start, found = size, b""
    while start and found.count(b"\n") < 2:
        block = min(_BLOCK, start)
        start -= block
        found = os.pread(descriptor, block, start) + found
    whole, line_feed, torn = found.rpartition(b"\n")
    return (whole.rpartition(b"\n")[2] if line_feed else b""), torn
