"""Refusals as they are answered: RFC 9457 problems, and no more in them than needed."""

import json
import math

from starlette.types import Scope, Send

from faultcast.errors import (
    FaultcastError,
    Forbidden,
    NotFound,
    PermanentError,
    TemporaryError,
    TooMany,
    Unauthorized,
)


class Nowhere(NotFound):
    """A path that nothing goes by."""

    def __init__(self) -> None:
        super().__init__("Nothing goes by this path. GET /docs lists what does.")


class MethodNotAllowed(PermanentError):
    """A path that knows other methods."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"This path knows {', '.join(allowed)} alone.")


_KINDS: tuple[tuple[type[FaultcastError], int, str], ...] = (
    (Unauthorized, 401, "Unauthorized"),
    (Forbidden, 403, "Forbidden"),
    (NotFound, 404, "Not Found"),
    (MethodNotAllowed, 405, "Method Not Allowed"),
    (TooMany, 429, "Too Many Requests"),
    (TemporaryError, 503, "Service Unavailable"),
)


async def refuse(error: FaultcastError, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    """Answer with a refusal; the body is not read."""
    status, title = next(((code, words) for kind, code, words in _KINDS if isinstance(error, kind)), (403, "Forbidden"))
    problem = {"type": "about:blank", "title": title, "status": status, "detail": str(error)}
    body = json.dumps(problem).encode()
    sent = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    if isinstance(error, Unauthorized):
        sent.append((b"www-authenticate", b'Bearer realm="faultcast"'))
    if isinstance(error, MethodNotAllowed):
        sent.append((b"allow", ", ".join(error.allowed).encode()))
    if isinstance(error, TemporaryError):
        sent.append((b"retry-after", str(max(1, math.ceil(getattr(error, "retry_after", 5)))).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
