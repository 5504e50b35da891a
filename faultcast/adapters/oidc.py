"""The keys of an OpenID Connect issuer: its discovery document, then its JSON Web Key Set.

OpenID Connect Discovery 1.0, section 4; RFC 7517. Both are fetched over HTTPS, no redirect is followed, and no more is
read than such documents need.
"""

import asyncio
import ipaddress
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx

from faultcast.errors import Unavailable, UsageError
from faultcast.settings import Settings

_TIMEOUT_SECONDS = 5.0
"""Of one step, such as connecting or the next bytes."""
_WHOLE_SECONDS = 10.0
"""Of both documents together: an issuer that sends a byte now and then is not waited for."""
_MOST_BYTES = 512 * 1024
_WELL_KNOWN = "/.well-known/openid-configuration"


class Issuer:
    """One issuer, asked anew at every call."""

    def __init__(self, url: str, *, allow_loopback_http: bool = False, ca_file: str = "") -> None:
        self._url = url
        self._allow_loopback_http = allow_loopback_http
        if not self._is_allowed(url):
            raise UsageError(f"FAULTCAST_OIDC_ISSUER={url!r}: expected an https:// address")
        if urlsplit(url).query or urlsplit(url).fragment or urlsplit(url).username:
            raise UsageError(f"FAULTCAST_OIDC_ISSUER={url!r}: expected an address without user, query and fragment")
        try:
            self._context = ssl.create_default_context(cafile=ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"FAULTCAST_CA_FILE={ca_file!r}: found no certificates ({error}), expected PEM") from error

    @classmethod
    def of(cls, settings: Settings) -> "Issuer":
        """The issuer that the settings name.

        Raises:
            UsageError: it cannot be asked safely.
        """
        return cls(
            settings.oidc_issuer, allow_loopback_http=bool(settings.oidc_loopback_http), ca_file=settings.ca_file
        )

    async def keys(self) -> list[dict[str, Any]]:
        """Return the JSON Web Keys that it signs with now.

        Raises:
            Unavailable: it does not answer, or not with what was asked for.
        """
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                return await self._keys()
        except TimeoutError as error:
            raise Unavailable(f"{self._url}: gave no keys within {_WHOLE_SECONDS:g} seconds") from error

    async def _keys(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(
            verify=self._context, timeout=_TIMEOUT_SECONDS, trust_env=not _is_loopback(self._url)
        ) as client:
            document = await self._get(client, self._url.rstrip("/") + _WELL_KNOWN)
            if document.get("issuer") != self._url:
                raise Unavailable(
                    f"{self._url}: its discovery document names another issuer, expected the same, letter by letter "
                    "(OpenID Connect Discovery 1.0, 4.3). Set FAULTCAST_OIDC_ISSUER as the document has it."
                )
            where = document.get("jwks_uri")
            if not isinstance(where, str) or not self._is_allowed(where):
                raise Unavailable(f"{self._url}: found no jwks_uri with https:// in its discovery document")
            keys = (await self._get(client, where)).get("keys")
        if not isinstance(keys, list):
            raise Unavailable(f"{where}: found no list of keys, expected a JSON Web Key Set")
        return [key for key in keys if isinstance(key, dict)]

    async def _get(self, client: httpx.AsyncClient, url: str) -> dict[str, Any]:
        try:
            async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise Unavailable(f"{url}: answered {answer.status_code}, expected 200")
                content = b""
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise Unavailable(f"{url}: answered more than {_MOST_BYTES:,} bytes")
            found = json.loads(content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RecursionError) as error:
            raise Unavailable(f"{url}: no usable answer ({type(error).__name__})") from error
        if not isinstance(found, dict):
            raise Unavailable(f"{url}: found no JSON object")
        return found

    def _is_allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        if not parts.hostname:
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and self._allow_loopback_http and _is_loopback(url))


def _is_loopback(url: str) -> bool:
    """An address, not a name: what a name resolves to is not ours to decide."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
