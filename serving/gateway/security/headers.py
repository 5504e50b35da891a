"""What every answer tells a browser not to do.

Nothing here depends on who asks. Scripts and styles come from files of ours alone: no page needs an inline script, so
none is let run, and there is neither a nonce to guess nor a digest to keep current.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DATA = "default-src 'none'; frame-ancestors 'none'"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000")

_OURS = frozenset({b"content-security-policy", HSTS[0], *(name for name, _ in ALWAYS)})
_PAGE = (b"content-security-policy", PAGE.encode())
_DATA = (b"content-security-policy", DATA.encode())
_NO_STORE = (b"cache-control", b"no-store")


class SecurityHeaders:
    """Adds them to every answer; pure ASGI, nothing is held back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_tls = scope.get("scheme") == "https"

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_ours(message.get("headers", ()), is_tls=is_tls)
            await send(message)

        await self._app(scope, receive, send_with)


def _with_ours(sent: Iterable[tuple[bytes, bytes]], *, is_tls: bool) -> list[tuple[bytes, bytes]]:
    """What a route says of these itself does not count; what it says of caching does."""
    headers = [(name.lower(), value) for name, value in sent]
    headers = [header for header in headers if header[0] not in _OURS]
    known = dict(headers)
    headers += ALWAYS
    headers.append(_PAGE if known.get(b"content-type", b"").startswith(b"text/html") else _DATA)
    if is_tls:
        headers.append(HSTS)
    if b"cache-control" not in known:
        headers.append(_NO_STORE)
    return headers
