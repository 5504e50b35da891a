"""HTTPS to one tracker: checked and pinned address, patience, no token anywhere but on the wire.

Every adapter speaks through this, PyGithub included, so that limits, retries, redirects and secrets are
settled in one place. Nothing here reads the environment: no proxy, no .netrc.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import requests.auth
import urllib3.exceptions
from urllib3.exceptions import HTTPError, ProtocolError

from faultcast.adapters.trackers import limits
from faultcast.adapters.trackers.pinned import PinnedAdapter
from faultcast.errors import NotFound, Unavailable, UnsafeRepository, UsageError
from faultcast.history.remote import Remote, check

MAX_BODY_BYTES = 64 * 1024**2
MAX_ATTEMPTS = 8
_REDIRECTS = frozenset({301, 302, 307, 308})
_GOOD = frozenset({200, 304})
NOTHING = frozenset({404, 409, 410, 422, 451})
"""Statuses that may mean "there is none": deleted, empty, switched off, withheld."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a tracker. The secret is in no repr."""

    url: str
    authorization: str = field(default="", repr=False)  # value of the header; "" for none
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what no text of ours may hold
    token_name: str = ""  # what the user has to set, for messages
    allowed_hosts: tuple[str, ...] = ()
    ca_file: str = ""
    timeout_seconds: float = 30.0
    max_wait_seconds: float = 3900.0


class _Authorization(requests.auth.AuthBase):
    """Puts the token on the wire, so that it is a value in no frame of ours."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request


class Transport:
    """Asks one host; see the module."""

    def __init__(self, access: Access, clock: Clock | None = None, tell: Callable[[str], None] | None = None) -> None:
        self._access = access
        self._clock = clock or Clock()
        self._tell = tell or (lambda _: None)
        self._remote: Remote = check(access.url.rstrip("/"), access.allowed_hosts)
        self._rests_until = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = _Authorization(access.authorization)
        self._session.verify = access.ca_file or True
        self._session.mount("https://", PinnedAdapter(self._remote))

    def __repr__(self) -> str:
        return f"Transport({self._remote.url!r})"

    @property
    def url(self) -> str:
        """The tracker's address, without a slash at its end."""
        return self._remote.url

    @property
    def host(self) -> str:
        return self._remote.host

    @property
    def origin(self) -> str:
        """``https://host[:port]``, without a path."""
        parts = urlsplit(self._remote.url)
        return f"https://{parts.netloc}"

    def absolute(self, url: str) -> str:
        """The address below this tracker that `url`, a path or an address, means.

        Raises:
            UnsafeRepository: it is elsewhere.
        """
        if url.startswith("/"):
            return f"{self._remote.url}{url}"
        self._require_home(url)
        return url

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, is_optional: bool = False) -> Reply:
        """Ask until there is an answer: 200 with JSON, 304, or with `is_optional` one of `NOTHING`.

        Raises:
            NotFound, UsageError, UnsafeRepository: asking again will not help.
            Unavailable: the limits or the server's trouble last too long.
        """
        address = self.absolute(url)
        words = ""
        for failures in range(1, MAX_ATTEMPTS + 1):
            self._rest(address)
            try:
                reply = self._follow(address, headers or {})
            except requests.exceptions.SSLError:
                raise Unavailable(
                    f"{_shown(address)}: its certificate is not trusted. FAULTCAST_CA_FILE names your own server's."
                ) from None
            except (requests.RequestException, HTTPError, TimeoutError) as error:
                words, pause = _reason(error), limits.wait_seconds(503, {}, failures, self._clock.now())
            else:
                now = self._clock.now()
                self._rests_until = max(self._rests_until, now + (limits.exhausted_for(reply.headers, now) or 0.0))
                words = self._trouble(reply)
                if not words:
                    return self._judged(address, reply, is_optional=is_optional)
                pause = limits.wait_seconds(_status(reply), reply.headers, failures, now)
            self._rests_until = max(self._rests_until, self._clock.now() + pause)
        raise Unavailable(
            f"{_shown(address)}: {words}, {MAX_ATTEMPTS} times in a row. Run again later: what was fetched is kept."
        )

    def _rest(self, address: str) -> None:
        pause = self._rests_until - self._clock.now()
        if pause <= 0:
            return
        if pause > self._access.max_wait_seconds:
            raise Unavailable(
                f"{_shown(address)}: the server asks to wait {pause:,.0f} s, more than the "
                f"{self._access.max_wait_seconds:,.0f} s that FAULTCAST_INGEST_MAX_WAIT_SECONDS allows. Run again "
                "then: what was fetched is kept."
            )
        if pause >= 2:
            self._tell(f"waiting {pause:,.0f} s, as {self._remote.host} asks")
        self._clock.sleep(pause)

    def _trouble(self, reply: Reply) -> str:
        """Why an answer has to be asked for again; "" where it has not."""
        if limits.is_limited(reply.status, reply.headers, reply.body):
            return f"found status {reply.status}, the rate limit"
        if limits.is_trouble(reply.status):
            return f"found status {reply.status}"
        if reply.status != 200:
            return ""
        kind = reply.headers.get("content-type", "")
        if "json" not in kind.lower():
            return f"found an answer of type {kind[:60] or 'none'}, expected JSON"
        try:
            json.loads(reply.body)
        except (ValueError, RecursionError):
            return "found an answer that is no whole JSON"
        return ""

    def _judged(self, address: str, reply: Reply, *, is_optional: bool) -> Reply:
        if reply.status in _GOOD or (is_optional and reply.status in NOTHING):
            return reply
        if is_optional and reply.status == 403:
            self._tell(
                f"{_shown(address)}: left out, {self._access.token_name or 'without a token it'} may not read it"
            )
            return reply
        found = f"{_shown(address)}: found status {reply.status}{self._message(reply)}"
        token = self._access.token_name
        if reply.status in {401, 403, 407}:
            advice = f"Check {token}, and what it may read." if token else "This tracker needs a token."
            raise UsageError(f"{found}. {advice}")
        if reply.status in NOTHING:
            raise NotFound(f"{found}. Check the name, and that {token or 'a token'} may see it.")
        raise Unavailable(f"{found}, expected 200. Check the address of the tracker.")

    def _message(self, reply: Reply) -> str:
        try:
            told: Any = json.loads(reply.body)
        except (ValueError, RecursionError):
            return ""
        message = told.get("message") or told.get("error") if isinstance(told, dict) else None
        return f" ({' '.join(message.split())[:200]})" if isinstance(message, str) else ""

    def _follow(self, address: str, headers: Mapping[str, str]) -> Reply:
        """One request and its redirects, which stay on this host: the token goes nowhere else."""
        for _ in range(4):
            reply = self._ask(address, headers)
            location = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not location:
                return reply
            address = urljoin(address, location)
            self._require_home(address)
        raise Unavailable(f"{_shown(address)}: found more than 3 redirects. Check the address of the tracker.")

    def _ask(self, address: str, headers: Mapping[str, str]) -> Reply:
        host, port = self._remote.host, self._remote.port
        wire = {"Accept": "application/json", "User-Agent": "faultcast", **headers}
        wire["Host"] = f"[{host}]" if ":" in host else host
        wire["Host"] += "" if port == 443 else f":{port}"
        deadline = time.monotonic() + 4 * self._access.timeout_seconds
        with self._session.get(
            address, headers=wire, timeout=self._access.timeout_seconds, allow_redirects=False, stream=True
        ) as response:
            body = bytearray()
            # As it comes: a server that sends a byte a second must not fill a block first.
            while chunk := response.raw.read1(65_536, decode_content=True):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise Unavailable(f"{_shown(address)}: found more than {MAX_BODY_BYTES:,} bytes in one answer.")
                if time.monotonic() > deadline:
                    raise TimeoutError("the answer takes too long")
            found = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, found, self._without_token(body.decode("utf-8", "replace")))

    def _without_token(self, text: str) -> str:
        """A server that repeats what it was sent does not bring the token into the state."""
        for secret in (*self._access.secrets, self._access.authorization.rpartition(" ")[2]):
            text = text.replace(secret, "(token)") if secret else text
        return text

    def _require_home(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            place = parts.scheme, parts.hostname, parts.port or 443, "@" in parts.netloc
        except ValueError:
            place = "", None, 0, False
        if place != ("https", self._remote.host, self._remote.port, False):
            raise UnsafeRepository(
                f"{self._remote.host} sends us to {_shown(url)}, expected an address on https://{self._remote.host}. "
                "If it moved there, set the tracker's address to that."
            )


def _status(reply: Reply) -> int:
    """A 200 whose body cannot be used is the server's trouble."""
    return 502 if reply.status == 200 else reply.status


def _shown(url: str) -> str:
    """A URL fit for messages: without what may hold secrets."""
    return url.split("?", 1)[0].rpartition("@")[2][:200]


def _reason(error: Exception) -> str:
    """What failed, in words that hold no header."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, ProtocolError):
        return "the answer broke off"
    return f"no connection ({type(error).__name__})"
