"""What becomes of a message of `raw-code`: an event to keep and pass on, or a dead letter."""

from dataclasses import asdict
from pathlib import Path

from faultcast.adapters.streams import Judged, Message, Outgoing
from faultcast.adapters.trackers import check_name, state_of
from faultcast.adapters.trackers.naming import NAMES
from faultcast.adapters.trackers.records import STREAMS
from faultcast.errors import BadEvent, UsageError
from faultcast.events import REFUSED, Event, dead_letter, read, validated
from faultcast.history.identity import without_addresses

PROVIDERS = (*NAMES, "sarif")

_LONGEST_NAME = 200
"""Of a folder; file systems take 255 bytes."""


def judge(message: Message) -> Judged:
    """Judge a message; whatever it holds, it ends somewhere, and nothing is raised.

    A dead letter carries the message itself, without the e-mail addresses in it.
    """
    try:
        event = read(message.value, STREAMS)
        _known(event)
    except BadEvent as why:
        shown = without_addresses(message.value.decode("latin-1")).encode("latin-1")
        identity, letter = dead_letter(*message.place, message.position, message.value, shown, why)
        return Judged(message, None, why.rule, identity, Outgoing(REFUSED, identity, letter))
    return Judged(message, event, "", event.id, Outgoing(validated(event.kind), event.key, event.value))


def _known(event: Event) -> None:
    """Hold that an event is of a repository that can be, and that no text of it holds an e-mail address.

    Raises:
        BadEvent: it is not, or one does.
    """
    if event.provider not in PROVIDERS:
        raise BadEvent("unknown provider", f"expected one of {', '.join(PROVIDERS)}")
    if not _is_a_name(event.provider, event.repository):
        raise BadEvent("no such name", f"no project of {event.provider} can be called so")
    for value in asdict(event.record).values():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and without_addresses(text) != text:
                raise BadEvent("names somebody", "found an e-mail address in a text")


def _is_a_name(provider: str, repository: str) -> bool:
    if provider == "sarif" and not repository.startswith("/"):
        return False
    try:
        check_name(provider, repository)
        folder = state_of(Path(), provider, repository)
    except (UsageError, ValueError, OSError, RuntimeError):  # of the last three: no path can be so
        return False
    return len(folder.name) <= _LONGEST_NAME
