"""By which names and from which pages the gateway may be called.

A page on the web can make a browser ask `http://localhost:8080`. Two things give it away: the name that it asked for
(DNS rebinding: an attacker's name that resolves to loopback stays the attacker's name in `Host`), and the browser's own
word on where the request came from (`Sec-Fetch-Site`, `Origin`).
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from faultcast.errors import Forbidden, UsageError
from faultcast.settings import Settings

_LOOKING = frozenset({"GET", "HEAD"})


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on, or a URL's host, is this machine alone.

    >>> is_loopback("127.0.0.5"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_of(value: str) -> str:
    """The name in a `Host` header, lower case, without port and brackets; "" if it is no host.

    >>> host_of("LocalHost:8080"), host_of("[::1]:80"), host_of("a@b"), host_of("a:b:c")
    ('localhost', '::1', '', '')
    """
    if not value or any(character in value for character in "/@?#\\, \t"):
        return ""
    try:
        parts = urlsplit(f"//{value}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".")


def listed(setting: str) -> tuple[str, ...]:
    """Entries of a setting that are separated by commas."""
    return tuple(entry.strip() for entry in setting.split(",") if entry.strip())


def proxies(settings: Settings) -> list[str]:
    """Addresses and networks of the proxies that are believed.

    Raises:
        UsageError: an entry is neither, or is everyone.
    """
    found = []
    for entry in listed(settings.trusted_proxies):
        try:
            network = ipaddress.ip_network(entry)
        except ValueError:
            network = None
        if network is None or network.prefixlen == 0:
            raise UsageError(
                f"FAULTCAST_TRUSTED_PROXIES: found {entry!r}, expected addresses or networks like 10.0.0.0/8"
            )
        found.append(entry)
    return found


@dataclass(frozen=True, slots=True)
class Callers:
    """Names and origins that are let in."""

    hosts: frozenset[str]
    """Empty: any name, unless only loopback's are let in."""
    is_loopback_only: bool
    origins: frozenset[str]

    @classmethod
    def of(cls, settings: Settings, *, embedded: bool) -> "Callers":
        """Read the settings.

        Raises:
            UsageError: an entry is no host, or no origin.
        """
        hosts = frozenset(host_of(entry) for entry in listed(settings.served_hosts))
        if "" in hosts:
            raise UsageError(f"FAULTCAST_SERVED_HOSTS={settings.served_hosts!r}: expected names like faultcast.example")
        for origin in listed(settings.cors_origins):
            if re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin) is None:
                raise UsageError(
                    f"FAULTCAST_CORS_ORIGINS: found {origin!r}, expected origins like https://dash.example.org"
                )
        return cls(hosts, embedded, frozenset(listed(settings.cors_origins)))

    def _is_named(self, host: str) -> bool:
        """A name that merely resolves to loopback is a name; nobody but this machine goes by loopback's address."""
        if not self.is_loopback_only and not self.hosts:
            return True
        name = host_of(host)
        return name in self.hosts or (self.is_loopback_only and is_loopback(name))

    def check(self, method: str, headers: Headers) -> None:
        """Let a request in.

        Raises:
            Forbidden: it was sent to another name, or by a page that is not ours.
        """
        hosts = headers.getlist("host")
        if len(hosts) > 1 or not self._is_named(hosts[0] if hosts else ""):
            raise Forbidden(
                "The Host header names none of the names that this server goes by. Ask it by its own name; "
                "FAULTCAST_SERVED_HOSTS lists more."
            )
        if headers.get("origin") not in self.origins and not _is_from_here(method, headers, hosts):
            raise Forbidden(
                "A page of another site sent this. Call the gateway from its own page or without a browser; "
                "FAULTCAST_CORS_ORIGINS lists origins that may."
            )


def _is_from_here(method: str, headers: Headers, hosts: list[str]) -> bool:
    """Browsers say which page sent a request, programs say nothing. A link from elsewhere may be followed.

    `Sec-Fetch-Site` is the browser's own judgement, also behind a proxy that changes `Host`; older ones send `Origin`.
    """
    site = headers.get("sec-fetch-site")
    if site is None:
        return _is_own(headers.get("origin"), hosts)
    return site in {"same-origin", "none"} or (method in _LOOKING and headers.get("sec-fetch-mode") == "navigate")


def _is_own(origin: str | None, hosts: list[str]) -> bool:
    """No origin, or that of a page of ours."""
    if origin is None:
        return True
    try:
        place = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return bool(hosts) and place == hosts[0].lower()
