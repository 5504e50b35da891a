"""API keys for machines such as CI: made once, shown once, kept as digests in one file.

A key is `fck_<id>_<secret>`; the prefix lets secret scanners find one that was published by mistake. The secret is 256
random bits, so SHA-256 is enough: a slow hash protects what people can remember and others can guess, and nobody
guesses one of 2^256. The id is no secret: it is how a key is named in lists and logs.
"""

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from faultcast.adapters.lock import exclusive
from faultcast.errors import NotFound, UsageError, out_of_space
from serving.gateway.security.principal import Role

PREFIX = "fck_"
_KEY = re.compile(r"fck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@/-]{0,63}")
_DAY = 86_400
_LOOK_AGAIN_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0

log = logging.getLogger("faultcast.gateway.security")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its secret."""

    id: str
    name: str
    role: Role
    sha256: str
    """Of the whole key, 64 hexadecimal digits."""
    created_at: int
    """Seconds since the epoch, as all times here."""
    expires_at: int
    """0: never."""
    revoked_at: int = 0
    """0: not revoked."""

    def is_good(self, now: float) -> bool:
        """Tell whether it opens anything at that instant."""
        return not self.revoked_at and (not self.expires_at or now < self.expires_at)


class ApiKeys:
    """The keys of one state folder. Another process may add or revoke some at any time."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = home / "gateway" / "keys.json"
        self._clock = clock
        self._looked_at = -float("inf")
        self._stamp: tuple[int, int, int] | None = None
        self._known: dict[str, ApiKey] = {}

    def find(self, presented: str) -> ApiKey | None:
        """Return the key that was presented, if it is good now; a revoked one is not, within a second."""
        match = _KEY.fullmatch(presented)
        known = self._current().get(match[1]) if match else None
        digest = hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()
        is_same = hmac.compare_digest(digest, known.sha256 if known else "0" * 64)
        return known if known and is_same and known.is_good(self._clock()) else None

    def create(self, name: str, role: Role, days: float = 90.0) -> tuple[ApiKey, str]:
        """Make a key; return it and its secret text, which is kept nowhere.

        Raises:
            UsageError: the name is unfit or taken by a key that is still good, or the days are.
            Busy: another process holds the file.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"found the name {name!r}, expected up to 64 letters, digits, blanks and . _ @ / -")
        if not 0 <= days <= 3_650:
            raise UsageError(f"found {days:g} days, expected 0 (never expires) to 3,650")
        now = int(self._clock())
        with self._changing() as keys:
            if any(key.name == name and key.is_good(now) for key in keys.values()):
                raise UsageError(f"A good key goes by the name {name!r} already. Revoke it, or take another name.")
            identity = secrets.token_hex(6)
            text = f"{PREFIX}{identity}_{secrets.token_urlsafe(32)}"
            digest = hashlib.sha256(text.encode("ascii")).hexdigest()
            key = ApiKey(identity, name, role, digest, now, now + int(days * _DAY) if days else 0)
            keys[identity] = key
        return key, text

    def revoke(self, which: str) -> ApiKey:
        """Make a key, named by its id or its name, open nothing any more.

        Raises:
            NotFound: no good key goes by that.
            Busy: another process holds the file.
        """
        now = int(self._clock())
        with self._changing() as keys:
            for key in keys.values():
                if which in {key.id, key.name} and key.is_good(now):
                    keys[key.id] = revoked = replace(key, revoked_at=now)
                    return revoked
        raise NotFound(f"found no good key {which!r}, expected an id or a name that `faultcast key list` shows")

    def all(self) -> list[ApiKey]:
        """Every key that ever was, the oldest first."""
        return sorted(self._read().values(), key=lambda key: (key.created_at, key.id))

    def _current(self) -> dict[str, ApiKey]:
        now = self._clock()
        if not 0 <= now - self._looked_at < _LOOK_AGAIN_SECONDS:
            self._looked_at = now
            self._look()
        return self._known

    def _look(self) -> None:
        stamp = self._stat()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = self._read()
        except UsageError as error:
            log.error("The API keys of before go on: %s", error)  # noqa: TRY400  the message says it all

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> dict[str, ApiKey]:
        try:
            rows = json.loads(self.path.read_text("utf-8"))["keys"]
            keys = [ApiKey(**row | {"role": Role(row["role"])}) for row in rows]
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{self.path}: found no list of keys ({type(error).__name__}). Restore it, or delete it: all API keys "
                "are void then."
            ) from error
        return {key.id: key for key in keys}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, ApiKey]]:
        """Hold the file, and write it whole if nothing is raised."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        busy = f"{self.path}: process {{holder}} is changing the API keys. Try again."
        with exclusive(self.path.with_suffix(".lock"), busy, patience_seconds=_PATIENCE_SECONDS):
            keys = self._read()
            yield keys
            self._write(keys)

    def _write(self, keys: dict[str, ApiKey]) -> None:
        partial = self.path.with_suffix(".partial")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump({"keys": [asdict(key) for key in keys.values()]}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise out_of_space(error) or error from error
        partial.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
