"""The shape that all trackers have: listings, each answered page by page.

A *listing* is one address to ask; its answer is one page: records, the listing of the next page, and listings
that the records lead to (the reviews of a pull request). Nothing else has to be known to collect from a
tracker, so resuming, conditional requests and idempotence are written once (`collect`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from faultcast.adapters.trackers.records import Record


@dataclass(frozen=True, slots=True)
class Listing:
    """One address to ask.

    `url` is absolute, or a path below the tracker's address; it identifies the page in the state.
    `about` is what the records belong to (a pull request's key), `updated_at` when that last changed.
    `is_optional`: that there is nothing is an answer (issues switched off, a deleted commit).
    """

    stream: str
    url: str
    about: str = ""
    updated_at: int | None = None
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask again with: ``ETag`` and ``Last-Modified``; empty where it gave none."""

    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Validators":
        """Those of an answer; header names are in lower case."""
        return cls(headers.get("etag", ""), headers.get("last-modified", ""))

    @property
    def headers(self) -> dict[str, str]:
        """What to send along; the tag alone where there is one [RFC 9110, 13.1.3]."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """One page. `oldest` is the earliest change on it where pages run from new to old, else `None`.

    `note` says what the tracker withholds after this page; told when the collection would have gone on.
    """

    records: tuple[Record, ...] = ()
    next: Listing | None = None
    follow: tuple[Listing, ...] = ()
    oldest: int | None = None
    validators: Validators = Validators()
    note: str = ""


class Tracker(Protocol):
    """One project on one tracker."""

    @property
    def provider(self) -> str:
        """`github`, `gitlab`, …"""

    @property
    def name(self) -> str:
        """`owner/repository`, a Jira key, a file."""

    @property
    def clone_url(self) -> str:
        """Where its git repository can be cloned; "" where it has none."""

    def listings(self) -> tuple[Listing, ...]:
        """The listings to begin with."""

    def fetch(self, listing: Listing, known: Validators) -> Answer | None:
        """Ask for one page; `None`: it is still what it was when `known` was given.

        Raises:
            NotFound, UsageError, UnsafeRepository: asking again will not help.
            Unavailable: it may help later.
        """
