"""What one request may cost before anybody has looked at it: pure ASGI, for the predictor and the gateway alike.

`BodyLimit` reads a request's whole body, within its limits, and only then calls the app; a body that breaks a limit
is answered here. What a connection may cost before there is a request is told in `listening`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from faultcast.errors import BadChange

MIB = 1024 * 1024

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Written = Callable[[int, str], tuple[bytes, bytes]]
"""(status, message) -> the content type and the body of a refusal."""

RETRY_AFTER_SECONDS = b"5"
_CHUNK = 64 * 1024
"""Bytes that are looked through at a time; more than that beside the event loop."""


def as_error(status: int, message: str) -> tuple[bytes, bytes]:
    """A refusal as KServe's protocols have it."""
    del status
    return b"application/json", orjson.dumps({"error": message})


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


class _Deadline:
    """Bounds the time that tasks spend inside: one timer for all, since one for each costs more than reading does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._watching = False

    def __enter__(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if task is None:
            raise RuntimeError("expected to run in a task")
        self._ends[task] = loop.time() + self._seconds
        if not self._watching:
            self._watching = True
            loop.call_later(self._seconds / 4, self._watch)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("expected to run in a task")
        del self._ends[task]
        if task in self._late:
            self._late.discard(task)
            if task.uncancel() == 0 and kind is asyncio.CancelledError:
                raise _Refused(408, f"body: not complete after {self._seconds:g} seconds; send it faster") from None

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, end in self._ends.items():
            if end <= now and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._watching = bool(self._ends)
        if self._watching:
            loop.call_later(self._seconds / 4, self._watch)


class BodyLimit:
    """ASGI middleware: bodies bounded in bytes, in time, in depth, and all bodies together in memory."""

    def __init__(
        self,
        app: App,
        *,
        max_bytes: int = 8 * MIB,
        max_seconds: float = 10.0,
        max_together: int = 64 * MIB,
        max_depth: int = 0,
        written: Written = as_error,
    ) -> None:
        """Limit what reaches `app`.

        Args:
            app: is called with a body that is complete.
            max_bytes: of one body; more is 413.
            max_seconds: that a body may take to arrive; longer is 408.
            max_together: bytes of all bodies that are held at once; beyond it 503 with `Retry-After`.
            max_depth: of brackets in a body that is JSON; deeper is 400; 0: whoever reads the JSON sees to it.
            written: how a refusal reads.
        """
        self._app = app
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._max_together = max_together
        self._max_depth = max_depth
        self._written = written
        self._held = 0
        self._deadline = _Deadline(max_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (announced := _announced(scope["headers"])) == 0:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        try:
            complete = await self._read(scope, receive, body, announced)
        except _Refused as refused:
            await self._refuse(refused, send)
        else:
            if complete:
                await self._app(scope, _replay(bytes(body), receive), send)
        finally:
            self._held -= len(body)

    async def _read(self, scope: Scope, receive: Receive, body: bytearray, announced: int | None) -> bool:
        """Collect a body; False: the client went away."""
        if announced is None or announced > self._max_bytes:
            await self._drain(scope, receive)
            raise _Refused(413, self._too_large())
        with self._deadline:
            if not await self._collect(scope, receive, body):
                return False
        if self._max_depth and await self._is_deeper(body):
            raise _Refused(400, f"body: nested deeper than {self._max_depth} levels; send it flatter")
        return True

    async def _collect(self, scope: Scope, receive: Receive, body: bytearray) -> bool:
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return False
            chunk = message.get("body", b"")
            self._held += len(chunk)
            body += chunk
            if len(body) > self._max_bytes:
                await self._drain(scope, receive)
                raise _Refused(413, self._too_large())
            if self._held > self._max_together:
                raise _Refused(503, "too many large bodies at once; try again later")
            more = message.get("more_body", False)
        return True

    async def _is_deeper(self, body: bytearray) -> bool:
        if len(body) <= _CHUNK:
            return is_deeper(body, self._max_depth)
        return await asyncio.to_thread(is_deeper, body, self._max_depth)

    async def _drain(self, scope: Scope, receive: Receive) -> None:
        """Throw a body's rest away, up to limits: a client that is still sending would not read the answer."""
        if any(name == b"expect" for name, _ in scope["headers"]):
            return  # it waits to be asked for its body, and will not be
        seen, more = 0, True
        try:
            async with asyncio.timeout(self._max_seconds):
                while more and seen <= 8 * self._max_bytes:
                    message = await receive()
                    seen += len(message.get("body", b""))
                    more = message.get("more_body", False)
        except TimeoutError:
            return

    def _too_large(self) -> str:
        return f"body: larger than {self._max_bytes:,} bytes; send fewer changes at once, or hunks only"

    async def _refuse(self, refused: _Refused, send: Send) -> None:
        content_type, content = self._written(refused.status, refused.message)
        headers = [
            (b"content-type", content_type),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ]
        if refused.status == 503:
            headers.append((b"retry-after", RETRY_AFTER_SECONDS))
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _announced(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Bytes that the headers announce: 0 for no body, 1 for one of unknown length, None for nonsense."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else None
        if name == b"transfer-encoding":
            return 1
    return 0


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body in one message, then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def is_deeper(body: bytes | bytearray, most: int) -> bool:
    """Whether JSON nests deeper than `most` levels, without reading it; where it is no JSON, it may be said to.

    >>> is_deeper(b'{"a": [1, "[[[", {}]}', 3), is_deeper(b'{"a": [1, "[[[", {}]}', 2)
    (False, True)
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    level, inside = 0, False
    for chunk in _chunks(_without_escapes(body)):
        inside_N = _inside_texts(chunk, inside)
        kind_N = chunk | 32  # makes `[` and `{` one, and `]` and `}`
        step_N = np.where(inside_N, 0, (kind_N == ord("{")).astype(np.int8) - (kind_N == ord("}")))
        level_N = np.cumsum(step_N, dtype=np.int32) + level
        if level_N.max() > most:
            return True
        level, inside = int(level_N[-1]), bool(inside_N[-1])
    return False


def check_size(body: bytes | bytearray, max_values: int, where: str) -> None:
    """Refuse JSON that would take many times its bytes once read (8 MiB of `[],[],…` take 200 MiB).

    Raises:
        BadChange: it holds more than `max_values` values.
    """
    if _count(body) >= max_values and _count_outside(body) >= max_values:
        raise BadChange(f"{where}: found more than {max_values:,} values; send fewer changes at once")


def _count(body: bytes | bytearray) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _count_outside(body: bytes | bytearray) -> int:
    found, inside = 0, False
    for chunk in _chunks(_without_escapes(body)):
        inside_N = _inside_texts(chunk, inside)
        found += _count(chunk[~inside_N].tobytes())
        inside = bool(inside_N[-1])
    return found


def _without_escapes(body: bytes | bytearray) -> bytes:
    """What is left has no quote but those around texts."""
    return bytes(body).replace(b"\\\\", b"").replace(b'\\"', b"")


def _chunks(body: bytes) -> Iterator[NDArray[np.uint8]]:
    """A body piece by piece, so that others have their turn."""
    for start in range(0, len(body), _CHUNK):
        yield np.frombuffer(body, np.uint8, min(_CHUNK, len(body) - start), start)


def _inside_texts(chunk: NDArray[np.uint8], inside: bool) -> NDArray[np.bool_]:
    """Which bytes stand inside a text (the opening quote does); `inside`: whether the byte before did."""
    return np.asarray(np.logical_xor.accumulate(chunk == ord('"')) ^ inside)
