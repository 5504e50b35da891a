"""Who wrote a commit, without saying who: pseudonyms at the door, no e-mail address further in.

A pseudonym is a keyed hash (HMAC-SHA256), so that it cannot be found by hashing known addresses,
and the same person keeps it from run to run. The key stays in the state folder; whoever deletes it
makes every pseudonym unlinkable.

Who was forgotten is known by a mark alone, a keyed hash of the pseudonym: the list of the forgotten
names nobody, not even by pseudonym, yet it makes them one author, `FORGOTTEN`, wherever they are read again.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from faultcast.errors import UsageError
from faultcast.history.mentions import without_mentions_in_message

FORGOTTEN = "author-forgotten"
"""One author for all who were forgotten."""

_TRAILER = re.compile(r"(?im)^([\w-]+-by|cc|author|committer|reporter): .*$")
_REVIEWER = re.compile(r"(?im)^(?:reviewed|acked|tested|approved)-by:[ \t]*(\S.{0,199})$")
_PERSON = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>\s]+)>.*|(?P<address>\S+@\S+)|(?P<alone>[^<>@]+)")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)+")


def load_key(path: Path) -> bytes:
    """Return the pseudonym key, made on first use, readable by its owner only.

    Raises:
        UsageError: the file holds something else.
    """
    try:
        return _read_key(path)
    except FileNotFoundError:
        _write_key(path, secrets.token_hex(32))
        return _read_key(path)


def _read_key(path: Path) -> bytes:
    text = path.read_text(errors="replace").strip()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise UsageError(
            f"{path}: found {len(text)} characters, expected a key of 64 hexadecimal digits. Restore it, or delete it: "
            "authors then get new pseudonyms."
        )
    return bytes.fromhex(text)


def keep_key(path: Path, text: str) -> None:
    """Put a key that came from elsewhere where `load_key` finds it.

    Raises:
        UsageError: it is none, or another key is there.
    """
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise UsageError(f"found {len(text)} characters, expected an identity key of 64 hexadecimal digits")
    if not path.exists():
        _write_key(path, text)
    if _read_key(path).hex() != text:
        raise UsageError(f"{path}: found another key than the one given. Use another state folder for that key.")


def _write_key(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(own, path)  # the first of two processes wins, whole
    except FileExistsError:
        pass
    finally:
        own.unlink()


class Pseudonyms:
    """Callable ``(name, e-mail) -> pseudonym``; the address decides, the name where there is none.

    Those whose `mark` is among the `forgotten` are one author, `FORGOTTEN`.
    """

    def __init__(self, key: bytes, forgotten: frozenset[str] = frozenset()) -> None:
        self._key = key
        self._forgotten = forgotten
        self._of = lru_cache(maxsize=65_536)(self._remembered)

    def __reduce__(self) -> tuple[type["Pseudonyms"], tuple[bytes, frozenset[str]]]:
        return Pseudonyms, (self._key, self._forgotten)

    def __call__(self, name: str, email: str) -> str:
        return self._of(email.strip().lower() or name.strip().lower())

    def forgetting(self, marks: Iterable[str]) -> "Pseudonyms":
        """The same, with more people forgotten."""
        return Pseudonyms(self._key, self._forgotten.union(marks))

    def pseudonym(self, identity: str) -> str:
        """The pseudonym of an address or a name, forgotten or not."""
        return f"author-{self._hash(identity.strip().lower())[:10]}"

    def mark(self, pseudonym: str) -> str:
        """What the list of the forgotten says of a pseudonym; without the key it leads nowhere."""
        return self._hash(f"forgotten {pseudonym}")[:32]

    def fingerprint(self) -> str:
        """Tells whether two were made with the same key, and nothing else of it."""
        return self._hash("fingerprint of the key")[:16]

    def version(self) -> str:
        """Changes with the key and with who is forgotten."""
        return self._hash("\n".join(["version", *sorted(self._forgotten)]))[:16]

    def _remembered(self, identity: str) -> str:
        pseudonym = self.pseudonym(identity)
        return FORGOTTEN if self._forgotten and self.mark(pseudonym) in self._forgotten else pseudonym

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()


def reviewers(message: str) -> list[tuple[str, str]]:
    """The (name, e-mail) of those whom ``Reviewed-by:``, ``Acked-by:``, ``Tested-by:`` or ``Approved-by:`` name.

    As written there: a .mailmap tells of authors only.

    >>> reviewers("Fix it\\n\\nReviewed-by: Ana <ana@example.org>\\nAcked-by: bo@example.org\\nCc: Cy")
    [('Ana', 'ana@example.org'), ('', 'bo@example.org')]
    """
    named = _REVIEWER.findall(message) if "by:" in message or "BY:" in message or "By:" in message else []
    people = [found.groupdict("") for text in named if (found := _PERSON.fullmatch(text.strip()))]
    return [(one["name"].strip() or one["alone"], one["email"] or one["address"]) for one in people]


def without_people(message: str) -> str:
    """Replace e-mail addresses, the names that a commit message's trailers give, and mentions.

    >>> without_people("Fix it, says bo@example.org, thanks @cy\\n\\nSigned-off-by: Ana <ana@example.org>")
    'Fix it, says (address), thanks (person)\\n\\nSigned-off-by: (person)'
    """
    return without_mentions_in_message(without_addresses(_TRAILER.sub(r"\1: (person)", message)))


def without_addresses(text: str) -> str:
    """Replace every e-mail address.

    >>> without_addresses("Signed-off-by: Ana <ana@example.org>")
    'Signed-off-by: Ana <(address)>'
    """
    return _ADDRESS.sub("(address)", text) if "@" in text else text
