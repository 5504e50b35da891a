"""The issuer's public keys, kept: asked for again when a token names an unknown one, at most once a minute.

While the issuer is down the keys of before go on, so that predictions do, too. What it no longer publishes is dropped
as soon as it answers again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt

from faultcast.errors import Unavailable

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures with a public key. Never `none`, never HMAC: its key would be one that we publish or share."""

_AT_MOST_EVERY_SECONDS = 60.0
_FRESH_SECONDS = 3_600.0
_MOST_KEYS = 100

log = logging.getLogger("faultcast.gateway.security")


class Keyring:
    """Public keys by their id."""

    def __init__(
        self, fetch: Callable[[], Awaitable[list[dict[str, Any]]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] | None = None
        self._asked_at = -float("inf")
        self._fetched_at = -float("inf")
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self.generation = 0
        """Grows whenever the keys were read anew; what was proved by the keys of before is proved again."""

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of that id; None if the issuer has none.

        Raises:
            Unavailable: no keys were ever read, and the issuer does not answer.
        """
        if self._keys is None or kid not in self._keys:
            await self._refresh()
        elif self._clock() - self._fetched_at > _FRESH_SECONDS and self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refreshed)
        if self._keys is None:
            raise Unavailable("The issuer's keys could not be read yet, so no token can be checked. Try again.")
        return self._keys.get(kid)

    def _refreshed(self, _: asyncio.Task[None]) -> None:
        self._refreshing = None

    async def _refresh(self) -> None:
        """Ask once, however many wait."""
        async with self._lock:
            every = _AT_MOST_EVERY_SECONDS if self._keys is not None else 1.0
            if self._clock() - self._asked_at < every:
                return
            self._asked_at = self._clock()
            try:
                found = await self._fetch()
            except Unavailable as error:
                log.warning("The issuer's keys were not read anew: %s", error)
                return
            usable = usable_keys(found)
            if not usable:
                log.warning("The issuer publishes no key that can be used; those of before go on.")
                return
            self._keys = usable
            self._fetched_at = self._clock()
            self.generation += 1


def usable_keys(published: list[dict[str, Any]]) -> dict[str, jwt.PyJWK]:
    """Return those fit for checking signatures, by id; of two with the same id the first counts."""
    found: dict[str, jwt.PyJWK] = {}
    for one in published[:_MOST_KEYS]:
        kid = one.get("kid")
        if not isinstance(kid, str) or kid in found or one.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(one)
        except (jwt.PyJWTError, NotImplementedError, ValueError, TypeError, AttributeError):
            continue
        if key.algorithm_name in ALGORITHMS and not key.Algorithm.check_key_length(key.key):
            found[kid] = key
    return found
