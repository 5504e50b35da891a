"""The door: what is refused before a route is run. Pure ASGI, nothing is held back and no body is read.

In this order: the name it was sent to and the page that sent it, who sends it, how often, what the table says.
"""

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faultcast.errors import FaultcastError, Forbidden, TemporaryError, TooMany, Unauthorized
from serving.gateway.security.principal import Principal
from serving.gateway.security.rates import Taken
from serving.gateway.security.refusals import MethodNotAllowed, Nowhere, refuse
from serving.gateway.security.table import TABLE, Rule

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
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken: list[Taken] = []
        try:
            rule = await self._judge(HTTPConnection(scope), scope, taken)
        except FaultcastError as refusal:
            await refuse(refusal, scope, send, [header for one in taken for header in one.headers()])
            return
        await self._app(scope, receive, self._watch(scope, send, rule, taken))

    async def _judge(self, connection: HTTPConnection, scope: Scope, taken: list[Taken]) -> Rule:
        security = self._security
        method, path = scope["method"], scope["path"]
        security.callers.check(method, connection.headers)
        try:
            principal = await security.identify(connection)
        except (Unauthorized, TemporaryError):
            _count(security.take_unknown(connection), taken)
            raise
        scope[PRINCIPAL] = principal
        _count(security.take(principal, connection), taken)
        found = TABLE.find(method, path)
        if found.rule is None:
            if not principal.roles:
                raise Unauthorized("Nothing was sent that proves who asks.")
            raise MethodNotAllowed(found.allowed) if found.allowed else Nowhere()
        if not principal.may(found.rule.need):
            if not principal.roles and principal.kind == "anonymous":
                raise Unauthorized("Nothing was sent that proves who asks.")
            raise Forbidden(f"This takes a role that grants {found.rule.need.value}; none of yours does.")
        return found.rule

    def _watch(self, scope: Scope, send: Send, rule: Rule, taken: list[Taken]) -> Send:
        principal: Principal = scope[PRINCIPAL]

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (header for one in taken for header in one.headers()):
                    headers[name.decode()] = value.decode()
                if rule.audited:
                    await self._security.audit_answer(rule, principal, scope, message["status"])
            await send(message)

        return watched


def _count(one: Taken | None, taken: list[Taken]) -> None:
    if one is None:
        return
    taken.append(one)
    if not one.allowed:
        raise TooMany(f"Asked more often than {one.per_second:g} times a second.", one.retry_after)
