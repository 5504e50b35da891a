"""Who wrote a history: the one place where names and addresses are looked at, and they are not kept."""

from collections.abc import Iterator
from typing import NamedTuple

from faultcast.history.process import ObjectSource, Running

_FORMAT = "--format=%aN%x00%aE%x00%an%x00%ae"
_READ_BYTES = 1 << 20


class Person(NamedTuple):
    """An author by .mailmap, and as the commit says it."""

    name: str
    email: str
    written_name: str
    written_email: str


def people(source: ObjectSource, tip: str) -> Iterator[Person]:
    """Yield each author of a commit's history once."""
    with Running(source, ("log", _FORMAT, "--end-of-options", tip), f"{tip}:.mailmap") as running:
        running.feed(())
        printed = b"".join(iter(lambda: running.stdout.read(_READ_BYTES), b""))
    for line in dict.fromkeys(printed.decode("utf-8", "backslashreplace").split("\n")):
        parts = [part.strip() for part in line.split("\0")]
        if len(parts) == len(Person._fields):
            yield Person(*parts)
