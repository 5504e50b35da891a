"""Names of principals that say nothing of whom they stand for: keyed hashes, as the authors' pseudonyms are."""

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
from pathlib import Path

from faultcast.errors import UsageError
from faultcast.settings import Settings

_PURPOSE = b"faultcast gateway principals"
"""One key, several uses: what is derived for this one is of no use to the others."""


class Pseudonyms:
    """Makes the same name of the same person as long as the key is the same.

    >>> Pseudonyms(b"k" * 32).of("user", "https://issuer.example", "ana")
    'user-188a8b4fb0834067'
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, _PURPOSE, "sha256")

    def of(self, kind: str, *identity: str) -> str:
        """`kind` and sixteen hexadecimal digits."""
        said = "\0".join((kind, *identity)).encode("utf-8", "surrogatepass")
        return f"{kind}-{hmac.new(self._key, said, hashlib.sha256).hexdigest()[:16]}"

    def of_address(self, host: str) -> str:
        """An address; one IPv6 network of 64 bits is one, since its owner can use any address in it."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return self.of("address", host)
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped:
                return self.of("address", str(address.ipv4_mapped))
            return self.of("address", str(ipaddress.ip_network((address, 64), strict=False)))
        return self.of("address", str(address))


def load_key(settings: Settings) -> bytes:
    """Return the key: the setting `identity_key`, which several machines can share, or `gateway/principals.key`.

    Raises:
        UsageError: the setting or the file holds something else.
    """
    if settings.identity_key:
        return read_hex(settings.identity_key, "FAULTCAST_IDENTITY_KEY")
    path = settings.home / "gateway" / "principals.key"
    if not path.exists():
        _write(path, secrets.token_hex(32))
    return read_hex(path.read_text(errors="replace"), str(path))


def read_hex(text: str, where: str) -> bytes:
    """A key of 64 hexadecimal digits.

    Raises:
        UsageError: it is none.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise UsageError(f"{where}: found {len(text)} characters, expected a key of 64 hexadecimal digits")
    return bytes.fromhex(text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(own, path)  # the first of two processes wins, whole
    except FileExistsError:
        pass
    finally:
        own.unlink()
