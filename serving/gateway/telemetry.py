"""Around every request: its id, one line in the access log, the `api_*` metrics. Pure ASGI, nothing is held back."""

import logging
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.gateway.identifiers import request_id
from serving.gateway.logs import access, enter_request, tell
from serving.gateway.metrics import Metrics

HEADER = "x-request-id"
OTHER = "other"
"""Endpoint of every path that is no route, and method of every method that is none: one value, whatever is asked."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("faultcast.gateway")


class Telemetry:
    """Gives a request its id and tells how it went."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Sequence[BaseRoute]) -> None:
        """`routes` name the endpoints."""
        self._app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        found = request_id(Headers(scope=scope).get(HEADER))
        enter_request(found)
        status = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = found
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception as error:
            self._metrics.errors.labels(self._endpoint(scope), type(error).__name__).inc()
            log.exception("A defect: this request could not be answered")
            raise
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        endpoint = self._endpoint(scope)
        self._metrics.requests.labels(method, endpoint, str(status)).inc()
        self._metrics.request_seconds.labels(method, endpoint).observe(seconds)
        tell(access, "answered", method=method, endpoint=endpoint, status=status, seconds=round(seconds, 6))

    def _endpoint(self, scope: Scope) -> str:
        """The template of the route; also of one that was refused before it was reached."""
        route = scope.get("route")
        if route is None:
            route = next((one for one in self._routes if one.matches(scope)[0] is not Match.NONE), None)
        return getattr(route, "path", OTHER)
