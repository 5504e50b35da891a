"""The door: what is refused before a route is run. Pure ASGI, nothing is held back and no body is read.

In this order: the name it was sent to and the page that sent it, who sends it, how often, what the table says.
"""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faultcast.errors import FaultcastError, Forbidden, TemporaryError, TooMany, Unauthorized
from serving.gateway.logs import current_request_id
from serving.gateway.security.credentials import nobody
from serving.gateway.security.principal import Need, Principal
from serving.gateway.security.rates import Taken
from serving.gateway.security.refusals import MethodNotAllowed, Nowhere, refuse
from serving.gateway.security.table import PROBES, TABLE, Rule

if TYPE_CHECKING:
    from serving.gateway.security.security import Security

PRINCIPAL = "faultcast.principal"
"""Where the caller stands in an ASGI scope, once it is known."""


class Door:
    """Lets a request through to the app, or answers it with a refusal."""

    def __init__(self, app: ASGIApp, security: "Security") -> None:
        self._app = app
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "lifespan" or _is_probe(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken: list[Taken] = []
        connection = HTTPConnection(scope)
        try:
            principal = await self._identify(connection, taken)
            rule = self._rule(principal, connection)
        except FaultcastError as refusal:
            await self._tell(refusal, connection)
            await refuse(refusal, scope, receive, send, [header for one in taken for header in one.headers()])
            return
        await self._app(scope, receive, self._watched(connection, send, rule, principal, taken))

    async def _identify(self, connection: HTTPConnection, taken: list[Taken]) -> Principal:
        security = self._security
        security.callers.check(connection.scope["method"], connection.headers)
        try:
            principal = await security.identify(connection)
        except (Unauthorized, TemporaryError):
            _count(security.take_unknown(connection), taken)
            raise
        connection.scope[PRINCIPAL] = principal
        _count(security.take(principal, connection), taken)
        if principal.kind == "key":
            await security.watch.seen(principal, security.pseudonym_of(connection))
        return principal

    def _rule(self, principal: Principal, connection: HTTPConnection) -> Rule:
        found = TABLE.find(connection.scope["method"], connection.scope["path"])
        need = found.rule.need if found.rule else None
        if need is not Need.OPEN and principal.kind == "anonymous":
            raise nobody()
        if found.rule is None:
            raise MethodNotAllowed(found.allowed) if found.allowed else Nowhere()
        if not principal.may(found.rule.need):
            raise Forbidden(f"This takes a role that may {found.rule.need.value}; you have none of those.")
        return found.rule

    async def _tell(self, refusal: FaultcastError, connection: HTTPConnection) -> None:
        if not isinstance(refusal, Unauthorized | Forbidden):
            return
        address = self._security.pseudonym_of(connection)
        known: Principal | None = connection.scope.get(PRINCIPAL)
        rule = TABLE.find(connection.scope["method"], connection.scope["path"]).rule
        route = f"{rule.method} {rule.template}" if rule else "none"
        await self._security.watch.refused(refusal, known.id if known else address, address, route)

    def _watched(
        self, connection: HTTPConnection, send: Send, rule: Rule, principal: Principal, taken: list[Taken]
    ) -> Send:
        scope, watch = connection.scope, self._security.watch
        limits = [header for one in taken for header in one.headers()]
        if not limits and not rule.audited:
            return send

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *limits]
                if rule.audited:
                    how = (scope["path"], message["status"], current_request_id())
                    await watch.ended(rule.audited, principal, *how)
            await send(message)

        return watched


def _is_probe(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["path"] in PROBES and scope["method"] in {"GET", "HEAD"}


def _count(one: Taken | None, taken: list[Taken]) -> None:
    if one is None:
        return
    taken.append(one)
    if not one.allowed:
        raise TooMany(f"Asked more often than {one.per_second:g} times a second.", one.retry_after)
