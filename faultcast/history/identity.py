"""Who wrote a commit, without saying who: pseudonyms at the door, no e-mail address further in.

A pseudonym is a keyed hash (HMAC-SHA256), so that it cannot be found by hashing known addresses,
and the same person keeps it from run to run. The key stays in the state folder; whoever deletes it
makes every pseudonym unlinkable.
"""

import hashlib
import hmac
import os
import re
import secrets
from functools import lru_cache
from pathlib import Path

from faultcast.errors import UsageError

_TRAILER = re.compile(r"(?im)^([\w-]+-by): .*$")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)+")


def load_key(path: Path) -> bytes:
    """Return the pseudonym key, made on first use, readable by its owner only.

    Raises:
        UsageError: the file holds something else.
    """
    try:
        return _read_key(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(own, path)  # the first of two processes wins, whole
        except FileExistsError:
            pass
        finally:
            own.unlink()
        return _read_key(path)


def _read_key(path: Path) -> bytes:
    text = path.read_text(errors="replace").strip()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise UsageError(
            f"{path}: found {len(text)} characters, expected a key of 64 hexadecimal digits. Restore it, or delete it: "
            "authors then get new pseudonyms."
        )
    return bytes.fromhex(text)


class Pseudonyms:
    """Callable ``(name, e-mail) -> pseudonym``; the address decides, the name where there is none."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._of = lru_cache(maxsize=65_536)(self._hash)

    def __reduce__(self) -> tuple[type["Pseudonyms"], tuple[bytes]]:
        return Pseudonyms, (self._key,)

    def __call__(self, name: str, email: str) -> str:
        return self._of(email.strip().lower() or name.strip().lower())

    def _hash(self, identity: str) -> str:
        digest = hmac.new(self._key, identity.encode("utf-8", "backslashreplace"), hashlib.sha256)
        return f"author-{digest.hexdigest()[:10]}"


def without_people(message: str) -> str:
    """Replace e-mail addresses, and the names that a commit message's trailers give.

    >>> without_people("Fix it, says bo@example.org\\n\\nSigned-off-by: Ana <ana@example.org>")
    'Fix it, says (address)\\n\\nSigned-off-by: (person)'
    """
    return without_addresses(_TRAILER.sub(r"\1: (person)", message))


def without_addresses(text: str) -> str:
    """Replace every e-mail address.

    >>> without_addresses("Signed-off-by: Ana <ana@example.org>")
    'Signed-off-by: Ana <(address)>'
    """
    return _ADDRESS.sub("(address)", text) if "@" in text else text
