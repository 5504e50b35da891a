"""Everything that decides whether a request is let in, put together from the settings in one place."""

import time
from dataclasses import dataclass

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from faultcast.adapters.oidc import Issuer
from faultcast.errors import Forbidden, UsageError
from faultcast.settings import Settings
from serving.gateway.security.addresses import Callers, is_loopback, proxies
from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.audit import AuditLog
from serving.gateway.security.credentials import Credentials
from serving.gateway.security.headers import SecurityHeaders
from serving.gateway.security.keyring import Keyring
from serving.gateway.security.middleware import PRINCIPAL, Door
from serving.gateway.security.principal import LOCAL, Principal, Role
from serving.gateway.security.pseudonyms import Pseudonyms, load_key
from serving.gateway.security.rates import Buckets, Taken
from serving.gateway.security.tokens import Tokens
from serving.gateway.security.watch import Watch


@dataclass(frozen=True, slots=True)
class Security:
    """Who may ask what, how often and from where."""

    embedded: bool
    """No authentication: one person on one machine."""
    callers: Callers
    credentials: Credentials
    pseudonyms: Pseudonyms
    watch: Watch
    proxies: list[str]
    """Whose word on the caller's address and on TLS is believed."""
    known: Buckets
    """One bucket for each who proved who they are."""
    unknown: Buckets
    """One bucket for each address from which nobody did."""

    @classmethod
    def of(cls, settings: Settings) -> "Security":
        """Build from the settings.

        Raises:
            UsageError: they contradict one another, or a file that they name is unfit.
        """
        embedded = not is_required(settings)
        pseudonyms = Pseudonyms(load_key(settings))
        return cls(
            embedded=embedded,
            callers=Callers.of(settings, embedded=embedded),
            credentials=Credentials(ApiKeys(settings.home), _tokens(settings), pseudonyms),
            pseudonyms=pseudonyms,
            proxies=proxies(settings),
            watch=Watch(AuditLog.of(settings)),
            known=Buckets(settings.rate_per_second, settings.rate_burst, time.monotonic),
            unknown=Buckets(settings.anonymous_rate_per_second, settings.rate_burst, time.monotonic),
        )

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Put the door in front of an app: refusals, security headers, the rules of CORS. Wrap once, outside of all."""
        guarded: ASGIApp = Door(app, self)
        if self.callers.origins:
            guarded = CORSMiddleware(
                guarded,
                allow_origins=sorted(self.callers.origins),
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After"],
            )
        whole: ASGIApp = SecurityHeaders(guarded)
        if self.proxies:
            whole = ProxyHeadersMiddleware(whole, trusted_hosts=self.proxies)  # type: ignore[arg-type, assignment]
        return whole

    async def principal(self, request: HTTPConnection) -> Principal:
        """Tell who asks; known already, if the door let the request in.

        Raises:
            Unauthorized: credentials were sent and are not good.
            Unavailable: the issuer's keys were never read, and it does not answer.
        """
        known: Principal | None = request.scope.get(PRINCIPAL)
        return known or await self.identify(request)

    def allow(self, principal: Principal, *roles: Role) -> None:
        """Do nothing if the principal has one of the roles.

        Raises:
            Forbidden: it has none of them.
        """
        if principal.roles.isdisjoint(roles):
            raise Forbidden(f"This takes one of the roles {', '.join(roles)}; you have none of them.")

    async def identify(self, connection: HTTPConnection) -> Principal:
        """Read the credentials, whatever the door found."""
        if self.embedded:
            return LOCAL
        return await self.credentials.identify(connection.headers, address_of(connection))

    def take(self, principal: Principal, connection: HTTPConnection) -> Taken | None:
        """Count a request of somebody; one person on one machine is not counted."""
        if principal.kind == "local":
            return None
        return self.take_unknown(connection) if principal.kind == "anonymous" else self.known.take(principal.id)

    def take_unknown(self, connection: HTTPConnection) -> Taken | None:
        """Count a request of an address."""
        return self.unknown.take(self.pseudonym_of(connection))

    def pseudonym_of(self, connection: HTTPConnection) -> str:
        """The address that a request came from."""
        return self.pseudonyms.of_address(address_of(connection))


def address_of(connection: HTTPConnection) -> str:
    """The address as such; not for logs."""
    return connection.client.host if connection.client else ""


def _tokens(settings: Settings) -> Tokens | None:
    if not settings.oidc_issuer:
        return None
    keyring = Keyring(Issuer.of(settings).keys)
    return Tokens(keyring, settings.oidc_issuer, settings.oidc_audience, settings.roles_claim)


def is_required(settings: Settings) -> bool:
    """Tell whether callers have to prove who they are.

    Raises:
        UsageError: the settings contradict one another.
    """
    if settings.auth not in {"embedded", "required"}:
        raise UsageError(f"FAULTCAST_AUTH={settings.auth!r}: expected embedded or required")
    if settings.oidc_issuer and not settings.oidc_audience:
        raise UsageError(
            "FAULTCAST_OIDC_ISSUER is set and FAULTCAST_OIDC_AUDIENCE is not: without it, any token of that issuer "
            "would do, whomever it was made for. Set it to the name by which the issuer knows this gateway."
        )
    return settings.auth == "required" or bool(settings.oidc_issuer)


def check_address(settings: Settings, host: str) -> None:
    """Refuse to be reached by others without asking who they are.

    Raises:
        UsageError: `host` is not loopback, and no authentication is asked for.
    """
    if not is_required(settings) and not is_loopback(host):
        raise UsageError(
            f"Listening on {host} without authentication would give everyone there every right. Set "
            "FAULTCAST_AUTH=required (then `faultcast key create` makes API keys) or FAULTCAST_OIDC_ISSUER and "
            "FAULTCAST_OIDC_AUDIENCE, or listen on 127.0.0.1."
        )
