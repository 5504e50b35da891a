"""A running gateway, asked over HTTP: JSON in, JSON out, every refusal one of our errors.

No redirect is followed: a token must not be carried to where somebody else points.
"""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from faultcast.errors import BadChange, NotFound, Unauthorized, Unavailable, UsageError

PATIENCE_SECONDS = 20.0
_MOST_BYTES = 16 * 1024 * 1024
_AWAY = (408, 429, 500, 502, 503, 504)


class Gateway:
    """One gateway.

    Args:
        url: its address, http or https, such as ``http://127.0.0.1:8080``.
        token: shown as a bearer token; "": none.

    Raises:
        UsageError: the address is none, or a token would travel unencrypted to another machine.
    """

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise UsageError(f"--url {url!r}: expected an address such as http://127.0.0.1:8080")
        if token and parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise UsageError(f"--url {url!r}: FAULTCAST_GATEWAY_TOKEN would travel unencrypted; give an https address.")
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path: str) -> dict[str, Any]:
        """Ask. Raises as `post` does."""
        return self._ask(urllib.request.Request(self.url + path, headers=self._headers))  # noqa: S310  checked above

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Send JSON.

        Raises:
            Unavailable: it does not answer, or says that it cannot now.
            NotFound: what was named is not there.
            Unauthorized: it wants to know who asks, or who asks may not.
            BadChange: it refuses what was sent.
        """
        data = json.dumps(body).encode()
        headers = self._headers | {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, data, headers))  # noqa: S310  checked above

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                found = json.loads(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error.code, error.read(64 * 1024)) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Unavailable(f"{self.url} does not answer as a gateway ({reason}). Is it running there?") from error
        if not isinstance(found, dict):
            raise Unavailable(f"{self.url} answers, but not as a gateway does. Is it one?")
        return found

    def _refusal(self, status: int, body: bytes) -> Exception:
        try:
            detail = str(json.loads(body)["detail"])[:600]
        except (ValueError, KeyError, TypeError):
            detail = "it said nothing more"
        words = f"{self.url} answered {status}: {detail}"
        if status in _AWAY:
            return Unavailable(words)
        if status in {401, 403}:
            return Unauthorized(f"{words} (FAULTCAST_GATEWAY_TOKEN is what is shown to it)")
        if status < 400:
            return UsageError(
                f"{self.url} answered {status}: it points elsewhere, which is not followed. Give that address."
            )
        return NotFound(words) if status == 404 else BadChange(words)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow none: the status then counts as a refusal."""
