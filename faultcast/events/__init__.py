"""Events: what was told of a repository, as it travels. Pure; who carries them is an adapter's matter.

event     an event, its identity, its bytes; `read` is the only way from bytes to an event
schema    is this a record of that kind?
refused   what becomes of bytes that are no event
signed    did the tracker send this webhook?
"""

from faultcast.events.event import MAX_BYTES, RAW, REFUSED, Event, read, validated
from faultcast.events.refused import dead_letter, id_of
from faultcast.events.schema import record
from faultcast.events.signed import verify_github, verify_gitlab

__all__ = [
    "MAX_BYTES",
    "RAW",
    "REFUSED",
    "Event",
    "dead_letter",
    "id_of",
    "read",
    "record",
    "validated",
    "verify_github",
    "verify_gitlab",
]
