"""Who sent a request, by its `Authorization` header: an API key or a token of the issuer, nothing else."""

from starlette.datastructures import Headers

from faultcast.errors import Unauthorized
from serving.gateway.security.api_keys import PREFIX, ApiKey, ApiKeys
from serving.gateway.security.principal import Principal
from serving.gateway.security.pseudonyms import Pseudonyms
from serving.gateway.security.tokens import MOST_CHARACTERS, Tokens, refused


def presented(headers: Headers) -> str:
    """Return what stands behind `Bearer`; "" if nothing was sent.

    Raises:
        Unauthorized: something was sent that is no bearer's credential, or more than one.
    """
    sent = headers.getlist("authorization")
    if not sent:
        return ""
    scheme, _, credential = sent[0].partition(" ")
    if len(sent) != 1 or scheme.lower() != "bearer" or not 0 < len(credential) <= MOST_CHARACTERS:
        raise refused()
    return credential


class Credentials:
    """Tells whose a credential is."""

    def __init__(self, keys: ApiKeys, tokens: Tokens | None, pseudonyms: Pseudonyms) -> None:
        self._keys = keys
        self._tokens = tokens
        self._pseudonyms = pseudonyms

    async def identify(self, headers: Headers, address: str) -> Principal:
        """Return whoever sent these headers from that address.

        Raises:
            Unauthorized: a credential was sent and is not good.
            Unavailable: the issuer's keys were never read, and it does not answer.
        """
        credential = presented(headers)
        if not credential:
            return Principal(self._pseudonyms.of_address(address), frozenset(), "anonymous")
        if credential.startswith(PREFIX):
            return _of_key(self._keys.find(credential))
        if self._tokens is None:
            raise refused()
        bearer = await self._tokens.read(credential)
        return Principal(self._pseudonyms.of("user", bearer.issuer, bearer.subject), bearer.roles, "user")


def _of_key(key: ApiKey | None) -> Principal:
    if key is None:
        raise refused()
    return Principal(f"key-{key.id}", frozenset({key.role}), "key")


def nobody() -> Unauthorized:
    """What is told to those who sent nothing where something is needed."""
    return Unauthorized(
        "Nothing was sent that proves who asks. Send `Authorization: Bearer` with a token or an API key."
    )
