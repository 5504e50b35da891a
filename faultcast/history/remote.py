"""Which URLs may be cloned: https, to a public address, that is then pinned for the connection."""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from faultcast.errors import Unavailable, UnsafeRepository

Resolve = Callable[[str, int], list[str]]
"""(host, port) -> addresses."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name that everyone reads alike: were it escaped, not ASCII or ended by a dot, the pin could miss it."""

_EMBEDDING = tuple(
    ipaddress.IPv6Network(net) for net in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")
)
"""IPv6 networks that only wrap IPv4 (compatible, NAT64, 6to4) or are local to a site: no server lives there."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A checked URL: the connection goes to `address`, whatever the name resolves to later."""

    url: str
    host: str
    port: int
    address: str

    @property
    def pin(self) -> str:
        """Value of git's ``http.curloptResolve``."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.host}:{self.port}:{address}"


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"{host}: the name cannot be resolved ({error}). Check the URL and the network.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check(url: str, allowed_hosts: tuple[str, ...] = (), resolve: Resolve = _look_up) -> Remote:
    """Return the checked remote that a URL names.

    `allowed_hosts` are exempt from the rule that the address must be public (a company's own server).

    Raises:
        UnsafeRepository: not https, with credentials, or to a private address.
        Unavailable: the name does not resolve.
    """
    if any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise UnsafeRepository(f"{url!r}: found white space or a control character, expected a plain https URL.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise UnsafeRepository(
            f"{url!r}: {error}; expected a URL such as https://example.org/team/repository."
        ) from error
    if parts.scheme != "https" or not host:
        raise UnsafeRepository(
            f"{url!r}: found {parts.scheme or 'no'} protocol, expected https. Clone it yourself and give the path."
        )
    if parts.username is not None or parts.password is not None:
        raise UnsafeRepository(f"https://{host}/…: found credentials in the URL; clone it yourself and give the path.")
    if not _HOST.fullmatch(host):
        raise UnsafeRepository(f"{url!r}: found the host {host!r}, expected a plain ASCII name or an address.")
    addresses = resolve(host, port)
    if host not in allowed_hosts:
        for address in addresses:
            _require_public(host, address)
    if not addresses:
        raise Unavailable(f"{host}: the name has no address. Check the URL.")
    return Remote(url, host, port, addresses[0])


def _require_public(host: str, address: str) -> None:
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    effective = mapped or parsed
    is_embedded = isinstance(effective, ipaddress.IPv6Address) and any(effective in net for net in _EMBEDDING)
    if not effective.is_global or effective.is_multicast or is_embedded:
        raise UnsafeRepository(
            f"{host} has the address {address}, which is not public. If this is your own server, "
            f"set FAULTCAST_ALLOWED_HOSTS={host}."
        )
