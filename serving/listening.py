"""What one connection may cost before it has made a request, and how uvicorn is told to listen.

uvicorn waits for ever for the rest of a request's head, and keeps a head of any size; here both are bounded, and so is
the number of connections. Bodies are bounded by `limits`.
"""

import asyncio
import socket
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from faultcast.errors import UsageError
from serving.limits import App, Receive, Scope, Send, as_error

TOO_LONG = "the request's line and headers are longer than this server reads"


@dataclass(frozen=True, slots=True)
class Connections:
    """Limits of connections."""

    at_once: int = 512
    """Open connections; one more is answered 503 with `Retry-After` and closed."""
    head_bytes: int = 32 * 1024
    """Of a request's line and headers; a longer head is 431."""
    head_seconds: float = 10.0
    """That a head may take to arrive; then 408."""
    unread_seconds: float = 30.0
    """That a client may leave an answer unread that does not fit the kernel's buffers; then it is cut off."""
    idle_seconds: int = 75
    """That an open connection may wait for its next request; proxies in front give up earlier."""
    goodbye_seconds: int = 20
    """That running requests have when the server ends."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol within limits; `_bounded` makes one for given limits."""

    limits: ClassVar[Connections] = Connections()
    _head: int = 0
    """Bytes seen of a head that is not complete; -1: none is awaited."""
    _seen: int = 0
    """An upper bound of the bytes of the head that completes now."""
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.at_once:
            self._end(503, "too many connections; try again later", b"retry-after: 1\r\n")
        else:
            self._timer = self.loop.call_later(self.limits.head_seconds, self._too_slow)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        awaited, self._seen = self._head, max(self._head, 0) + len(data)
        super().data_received(data)
        if self._head < 0:
            self._forget_timer()
        else:
            # What came with the end of another request is not counted: one read is bounded anyway.
            self._head = awaited + len(data) if awaited >= 0 else 1
            if self._head > self.limits.head_bytes:
                self._end(431, TOO_LONG)
            elif self._timer is None and not self.transport.is_closing():
                self._timer = self.loop.call_later(self.limits.head_seconds, self._too_slow)

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = -1
        if self._seen > self.limits.head_bytes:  # perhaps by its body: only then is it worth counting
            length = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            self.app = _refuse_head if length > self.limits.head_bytes else self.app
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        self._timer = None
        if self._head:
            self._end(408, f"no complete request after {self.limits.head_seconds:g} seconds")
        else:
            self.transport.close()  # it never asked for anything

    def _end(self, status: int, message: str, header: bytes = b"") -> None:
        """Answer and close; nothing of this request has reached the app."""
        if self.transport.is_closing():
            return
        content_type, body = as_error(status, message)
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-length: {len(body)}\r\n".encode()
        head += b"content-type: " + content_type + b"\r\nconnection: close\r\n" + header + b"\r\n"
        self.transport.write(head + body)
        self.transport.close()

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def config(
    app: App, limits: Connections | None = None, *, lifespan: Literal["auto", "on", "off"] = "off"
) -> uvicorn.Config:
    """How uvicorn serves an app: HTTP/1.1 by httptools, no access log of its own, no header that names it."""
    limits = limits or Connections()
    return uvicorn.Config(
        app,
        http=_bounded(limits),
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=limits.goodbye_seconds,
    )


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address.

    Raises:
        UsageError: it cannot be listened on.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Cannot listen on {host}:{port} ({error}); choose another --port or --host") from error


def _bounded(limits: Connections) -> type[BoundedProtocol]:
    return type("BoundedProtocol", (BoundedProtocol,), {"limits": limits})


async def _refuse_head(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    content_type, body = as_error(431, TOO_LONG)
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": body})
