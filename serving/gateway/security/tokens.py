"""Bearer tokens of the issuer: RFC 7519, checked as RFC 8725 (best current practices) asks.

What is checked before a key is looked for: size, shape, and a header that names an allowed algorithm and a key's id and
nothing that could lead elsewhere. Then the signature, by the published key with that id and the algorithm that belongs
to *it*. Then issuer, audience, times and subject. Every refusal says the same, so that nobody learns how far they got.
"""

import base64
import binascii
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from faultcast.errors import Unauthorized
from serving.gateway.security.keyring import ALGORITHMS, Keyring
from serving.gateway.security.principal import Role

MOST_CHARACTERS = 8_192
LONGEST_LIFE_SECONDS = 24 * 3_600
LEEWAY_SECONDS = 30
_LATEST = 1e11
"""Seconds since the epoch that no honest claim is past: the year 5138. NaN and infinity are not below it."""
_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 60.0
_REQUIRED = ("iss", "aud", "sub", "exp", "iat")
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KID = re.compile(r"[A-Za-z0-9._~=+:-]{1,128}")
_LEADS_ELSEWHERE = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty"})
"""Header fields that bring a key along, point to one, or change how the token is read. None is ever followed, and a
token with one is refused. Others (`x5t` of some issuers) are passed over, as RFC 7515 asks."""
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a good token says."""

    issuer: str
    subject: str
    roles: frozenset[Role]
    expires_at: float


class Tokens:
    """Reads the tokens of one issuer."""

    def __init__(
        self,
        keyring: Keyring,
        issuer: str,
        audience: str,
        roles_claim: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._audience = audience
        self._roles_claim = roles_claim
        self._clock = clock
        self._proved: dict[bytes, tuple[Bearer, int, float]] = {}

    async def read(self, token: str) -> Bearer:
        """Check a token.

        Raises:
            Unauthorized: it is not good.
            Unavailable: the issuer's keys were never read, and it does not answer.
        """
        if len(token) > MOST_CHARACTERS:
            raise refused()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._recall(digest)
        if known is not None:
            return known
        kid = _kid(token)
        key = await self._keyring.key(kid)
        if key is None:
            raise refused()
        bearer = self._claims(self._verify(token, key))
        if len(self._proved) >= _REMEMBERED:
            self._proved.clear()
        self._proved[digest] = (bearer, self._keyring.generation, self._clock() + _REMEMBERED_SECONDS)
        return bearer

    def _recall(self, digest: bytes) -> Bearer | None:
        """A token proved a moment ago with the keys of now; checking a signature costs more than all the rest."""
        bearer, generation, until = self._proved.get(digest, (None, 0, 0.0))
        if bearer is None or generation != self._keyring.generation or self._clock() >= min(until, bearer.expires_at):
            return None
        return bearer

    def _verify(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise refused() from None

    def _claims(self, claims: dict[str, Any]) -> Bearer:
        for name in ("exp", "iat", "nbf"):
            value = claims.get(name, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
                raise refused()
        if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE_SECONDS:
            raise refused()
        if not claims["sub"] or len(claims["sub"]) > 255:  # OpenID Connect Core 1.0, section 2
            raise refused()
        return Bearer(self._issuer, claims["sub"], roles_in(claims, self._roles_claim), float(claims["exp"]))


def refused() -> Unauthorized:
    """The one answer to every bad credential."""
    return Unauthorized("The credentials are not good, or no longer. Get new ones and ask again.")


def roles_in(claims: dict[str, Any], name: str) -> frozenset[Role]:
    """Return the roles that a claim names; words that are no role of ours are passed over.

    >>> sorted(roles_in({"realm": {"roles": ["viewer", "service", "cook"]}}, "realm.roles"))
    [<Role.SERVICE: 'service'>, <Role.VIEWER: 'viewer'>]
    """
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    known = {str(role): role for role in Role}
    return frozenset(known[word] for word in words if isinstance(word, str) and word in known)


def _kid(token: str) -> str:
    """Read the id of the key off a header that nothing vouches for yet."""
    if not _SHAPE.fullmatch(token):
        raise refused()
    part = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise refused() from None
    if not isinstance(header, dict) or header.keys() & _LEADS_ELSEWHERE:
        raise refused()
    kid, kind, algorithm = header.get("kid"), header.get("typ", "JWT"), header.get("alg")
    if not isinstance(kid, str) or not _KID.fullmatch(kid) or not isinstance(algorithm, str):
        raise refused()
    if algorithm not in ALGORITHMS or not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise refused()
    return kid
