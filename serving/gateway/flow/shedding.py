"""Refusing before anything is read: what a request costs that is refused anyway is taken from those that are answered.

Reading a body, checking it and logging it cost as much as scoring does. Whoever asks while the line is full is told so
by the request's head alone.
"""

from collections.abc import Callable
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

PREDICTING = ("/predict", "/analyze/code", "/v1/models/", "/v2/models/")
"""Where a POST asks for scores."""


class Full(Protocol):
    """What can be full."""

    def full(self) -> float | None:
        """Seconds after which to come back; None while there is room."""
        ...


class Shedding:
    """ASGI middleware: 429 with `Retry-After` for questions that would find the line full."""

    def __init__(self, app: ASGIApp, *, line: Full, written: Callable[[int, str], tuple[bytes, bytes]]) -> None:
        """`written` makes content type and body of a refusal from its status and message."""
        self.app = app
        self._line = line
        self._written = written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through."""
        seconds = self._line.full() if _asks(scope) else None
        if seconds is None:
            await self.app(scope, receive, send)
            return
        content_type, body = self._written(429, f"Too many wait to be scored; try again in {seconds:g} s.")
        headers = [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            (b"retry-after", b"%d" % seconds),
        ]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _asks(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "POST" and str(scope["path"]).startswith(PREDICTING)
