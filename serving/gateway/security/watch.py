"""What the door tells the audit log: refusals, keys seen at new addresses, and how audited routes ended.

Refusals are the one thing that a stranger can bring about at will. So each kind is told at most once a minute for each
caller, with how often it happened since, and in all no more than so many lines a minute.
"""

import time
from collections.abc import Callable

from faultcast.errors import FaultcastError, Forbidden, Unauthorized
from serving.gateway.security.audit import AuditLog
from serving.gateway.security.principal import Principal

_QUIET_SECONDS = 60.0
_LINES_A_MINUTE = 60
_REMEMBERED = 10_000


class Quietly:
    """Tells when to speak, and of how many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, lines: int = _LINES_A_MINUTE) -> None:
        self._clock = clock
        self._most_lines = lines
        self._since: dict[tuple[str, ...], tuple[float, int]] = {}
        self._minute = 0.0
        self._lines = 0

    def count(self, *what: str) -> int:
        """Return how often this happened since it was last told, this time included; 0: do not tell now."""
        now = self._clock()
        told_at, silent = self._since.pop(what, (-float("inf"), 0))
        if now - self._minute >= _QUIET_SECONDS:
            self._minute, self._lines = now, 0
        if now - told_at < _QUIET_SECONDS or self._lines >= self._most_lines:
            self._remember(what, told_at, silent + 1)
            return 0
        self._lines += 1
        self._remember(what, now, 0)
        return silent + 1

    def _remember(self, what: tuple[str, ...], told_at: float, silent: int) -> None:
        self._since[what] = (told_at, silent)
        if len(self._since) > _REMEMBERED:
            del self._since[next(iter(self._since))]


class Watch:
    """Writes events of the door down."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._quietly = Quietly()
        self._seen: dict[tuple[str, str], None] = {}

    async def refused(self, error: FaultcastError, who: str, address: str, route: str) -> None:
        """A refusal for what somebody is or may do; what is merely too often or not there is no one's attempt."""
        if not isinstance(error, Unauthorized | Forbidden):
            return
        kind = type(error).__name__.lower()
        times = self._quietly.count(kind, who)
        if times:
            await self._log.record("access", who, "refused", why=kind, route=route, address=address, times=times)

    async def seen(self, principal: Principal, address: str) -> None:
        """A key that is used from an address that this process has not seen it at."""
        if principal.kind != "key" or (principal.id, address) in self._seen:
            return
        if len(self._seen) >= _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[principal.id, address] = None
        await self._log.record("key used at a new address", principal.id, "done", address=address)

    async def ended(self, what: str, principal: Principal, path: str, status: int, request_id: str) -> None:
        """How an audited route ended; told before the answer leaves."""
        outcome = "done" if status < 400 else "refused" if status < 500 else "failed"
        await self._log.record(what, principal.id, outcome, path=path, status=status, request_id=request_id)
