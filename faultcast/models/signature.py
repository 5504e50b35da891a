"""`manifest.sig`: who made a model. A detached Ed25519 signature (RFC 8032) over the bytes of manifest.json.

The manifest holds the SHA-256 of every other file, so its signature covers the whole model. The file is one JSON
object: `{"algorithm": "Ed25519", "key": <public key, hex>, "signature": <hex>}`. Signed are the manifest's bytes as
they lie there, behind a prefix that no other protocol signs.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from faultcast.errors import UnsafeArtifact, UsageError
from faultcast.models import strict_json

_PREFIX = b"faultcast model manifest, version 1\n"
_ALGORITHM = "Ed25519"
_MOST_BYTES = 1_024
_KEY = re.compile(r"[0-9a-fA-F]{64}")


def private_key(file: Path) -> bytes:
    """The private key (32 bytes) that a file holds, as PEM without a passphrase or as 64 hexadecimal digits.

    Raises:
        UsageError: it cannot be read, or holds no such key. What it holds is never told.
    """
    try:
        content = file.read_bytes()
        if _KEY.fullmatch(text := content.decode("ascii").strip()):
            return bytes.fromhex(text)
        key = load_pem_private_key(content, password=None)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; expected a private key to sign models with") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            f"{file}: found no Ed25519 private key, expected PEM (`openssl genpkey -algorithm ed25519`) or 64 "
            "hexadecimal digits"
        ) from None
    return key.private_bytes_raw()


def public_keys(text: str) -> tuple[bytes, ...]:
    """Public keys from hexadecimal digits, 64 each, separated by commas or blanks.

    Raises:
        UsageError: something else stands there.
    """
    words = text.replace(",", " ").split()
    for word in words:
        if not _KEY.fullmatch(word):
            raise UsageError(f"trusted keys: found {word[:80]!r}, expected 64 hexadecimal digits of a public key")
    return tuple(bytes.fromhex(word) for word in words)


def public_key(private: bytes) -> bytes:
    """The public key (32 bytes) that belongs to a private one."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sign(manifest: bytes, private: bytes) -> bytes:
    """The content of `manifest.sig`; the same for the same manifest and key."""
    signed = Ed25519PrivateKey.from_private_bytes(private).sign(_PREFIX + manifest)
    found = {"algorithm": _ALGORITHM, "key": public_key(private).hex(), "signature": signed.hex()}
    return json.dumps(found, indent=1).encode() + b"\n"


def check(manifest: bytes, signature: bytes, trusted: Collection[bytes]) -> None:
    """Refuse a manifest that none of the trusted keys signed.

    Raises:
        UnsafeArtifact: it is unsigned, signed by another key, or was changed after it was signed.
    """
    if not signature:
        raise UnsafeArtifact(
            "The model is not signed (there is no manifest.sig), and keys are trusted here: sign it where it is "
            "trained (FAULTCAST_SIGNING_KEY_FILE), or trust no keys"
        )
    found = strict_json.read("manifest.sig", signature, _MOST_BYTES)
    texts = [str(found.get(name)) for name in ("algorithm", "key", "signature")] if isinstance(found, dict) else [""]
    if texts[0] != _ALGORITHM:
        raise UnsafeArtifact(f"manifest.sig is no {_ALGORITHM} signature; sign the model again")
    try:
        key, signed = bytes.fromhex(texts[1]), bytes.fromhex(texts[2])
    except ValueError as error:
        raise UnsafeArtifact("manifest.sig holds no hexadecimal digits; sign the model again") from error
    if key not in trusted:
        raise UnsafeArtifact(
            f"The model was signed with the key {key.hex()[:16]}…, which is none of the {len(trusted)} that are "
            "trusted here (FAULTCAST_TRUSTED_KEYS)"
        )
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, _PREFIX + manifest)
    except (InvalidSignature, ValueError) as error:
        raise UnsafeArtifact(
            "manifest.sig does not belong to this manifest.json: one of them was changed after signing; fetch the "
            "model again"
        ) from error
