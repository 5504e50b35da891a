"""How routes read JSON and tell of their answers."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute

from faultcast.errors import BadChange
from serving.wire.instances import parse_json

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
WORDS = {
    400: "The request is malformed in a way that no schema tells.",
    401: "Nobody knows who asks.",
    403: "Who asks may not.",
    404: "What was named is not there.",
    408: "The body came too slowly.",
    409: "The model cannot be served here; what was served before goes on.",
    413: "The body is too large.",
    422: "The request is not what the schema says.",
    429: "Asked more often than is answered; `Retry-After` says when to come back.",
    500: "A defect of this server.",
    503: "Something is not there now; `Retry-After` says when to come back.",
}
ANYWHERE = (401, 403, 429, 500, 503)
"""What every route may answer."""
WITH_BODY = (400, 408, 413, 422)


class StrictRequest(Request):
    """Reads strict JSON (no NaN, no half surrogate pairs, bounded depth), whatever Python's own would take."""

    async def json(self) -> Any:
        """The body, read once."""
        if not hasattr(self, "_json"):
            try:
                self._json = parse_json(await self.body(), "body")
            except BadChange as error:
                raise HTTPException(400, str(error)) from None
        return self._json


class StrictRoute(APIRoute):
    """A route whose body is strict JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, given a `StrictRequest`."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def router() -> APIRouter:
    """An empty router of strict routes."""
    return APIRouter(route_class=StrictRoute)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for the OpenAPI document."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*ANYWHERE, *statuses}):
        found[status] = {"description": WORDS[status], "content": PROBLEM}
        if status in {429, 503}:
            seconds = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
            found[status]["headers"] = {"Retry-After": seconds}
    return found


def answer(told: object, status: int = 200) -> Response:
    """Anything that JSON can hold, as an answer."""
    return Response(orjson.dumps(told), status, media_type="application/json")
