"""What the trackers without a library of their own have in common: one GET, one page of JSON."""

from dataclasses import replace
from typing import Any

from faultcast.adapters.trackers.reading import next_link, parsed
from faultcast.adapters.trackers.shape import Answer, Listing, Validators
from faultcast.adapters.trackers.transport import NOTHING, Transport
from faultcast.history import Pseudonyms


class WebTracker:
    """Base of the small clients; they differ in their addresses and in how a page reads."""

    provider = ""

    def __init__(self, name: str, transport: Transport, who: Pseudonyms) -> None:
        self.name = name
        self.transport = transport
        self._who = who

    @property
    def clone_url(self) -> str:
        """Where the git repository is; "" for trackers that have none."""
        return ""

    def fetch(self, listing: Listing, known: Validators) -> Answer | None:
        """See `shape.Tracker`."""
        reply = self.transport.get(listing.url, known.headers, is_optional=listing.is_optional)
        if reply.status == 304:
            return None
        if reply.status in NOTHING or reply.status == 403:
            return Answer()
        answer = self.read(listing, parsed(reply.body))
        after = next_link(reply.headers)
        following = replace(listing, url=after) if after else answer.next
        return replace(answer, next=following, validators=Validators.of(reply.headers))

    def listings(self) -> tuple[Listing, ...]:
        """See `shape.Tracker`."""
        raise NotImplementedError

    def read(self, listing: Listing, body: Any) -> Answer:
        """Turn one page into records; the next page where the body tells it rather than the ``Link`` header."""
        raise NotImplementedError

    def author(self, login: str) -> str:
        """Pseudonym of an account; the provider's name keeps equal accounts elsewhere apart."""
        return self._who(f"{self.provider}:{login or 'ghost'}", "")
