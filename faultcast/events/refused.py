"""What becomes of a message that is no event: a dead letter, with the reason and where it came from."""

import base64
import hashlib
import json

from faultcast.errors import BadEvent

MAX_ORIGINAL_BYTES = 65_536
"""Of the original that a dead letter carries along; the rest is where it came from."""

_VERSION = 1


def dead_letter(
    topic: str, partition: str, position: int, original: bytes, shown: bytes, why: BadEvent
) -> tuple[str, bytes]:
    """Id and bytes of the dead letter of one message; the same message always gives the same.

    `shown` is the original as it may be passed on; `original` decides the id and the size that is told.
    """
    told = json.dumps([topic, partition, position, hashlib.sha256(original).hexdigest()])
    identity = hashlib.sha256(told.encode()).hexdigest()[:32]
    letter = {
        "id": identity,
        "original": base64.b64encode(shown[:MAX_ORIGINAL_BYTES]).decode(),
        "reason": str(why),
        "rule": why.rule,
        "size": len(original),
        "source": {"partition": partition, "position": position, "topic": topic},
        "version": _VERSION,
    }
    return identity, json.dumps(letter, separators=(",", ":"), sort_keys=True).encode()


def id_of(value: bytes) -> str:
    """The id that an event or a dead letter of ours carries; "" where it carries none."""
    try:
        told = json.loads(value)
    except (ValueError, RecursionError):
        return ""
    found = told.get("id") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
