"""Who wrote a history: the one place where names and addresses are looked at, and they are not kept."""

from collections.abc import Iterator
from typing import NamedTuple

from faultcast.history.identity import reviewers
from faultcast.history.process import ObjectSource, Running

_FORMAT = "--format=%aN%x01%aE%x01%an%x01%ae%x01%B"
_READ_BYTES = 1 << 20


class Person(NamedTuple):
    """An author by .mailmap and as the commit says it, or a reviewer, twice as the message says it."""

    name: str
    email: str
    written_name: str
    written_email: str


def people(source: ObjectSource, tip: str) -> Iterator[Person]:
    """Yield each author and each reviewer of a commit's history once."""
    with Running(source, ("log", "-z", _FORMAT, "--end-of-options", tip), f"{tip}:.mailmap") as running:
        running.feed(())
        printed = b"".join(iter(lambda: running.stdout.read(_READ_BYTES), b""))
    seen: dict[Person, None] = {}
    for commit in printed.split(b"\0"):
        *author, message = (part.strip() for part in commit.decode("utf-8", "backslashreplace").split("\1", 4))
        if len(author) == len(Person._fields):
            seen[Person(*author)] = None
        seen.update({Person(name, email, name, email): None for name, email in reviewers(message)})
    yield from seen
