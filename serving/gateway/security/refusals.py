"""Refusals as the rest of the gateway tells them (`serving.gateway.problems`), and two that only the door knows."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from faultcast.errors import FaultcastError, NotFound, PermanentError
from serving.gateway import problems


class Nowhere(NotFound):
    """A path that nothing goes by."""

    def __init__(self) -> None:
        super().__init__("Nothing goes by this path. GET /docs lists what does.")


class MethodNotAllowed(PermanentError):
    """A path that knows other methods."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__("This path does not know this method. GET /docs lists what it knows.")


async def refuse(
    error: FaultcastError, scope: Scope, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]
) -> None:
    """Answer with a refusal; the body is not read."""
    answer = _method(error) if isinstance(error, MethodNotAllowed) else problems.of(error)
    answer.raw_headers.extend(headers)
    if any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"]):
        answer.headers["connection"] = "close"  # whoever is refused holds no connection open with a body without end
    await answer(scope, receive, send)


def _method(error: MethodNotAllowed) -> Response:
    return problems.problem(405, str(error), headers={"allow": ", ".join(error.allowed)})
