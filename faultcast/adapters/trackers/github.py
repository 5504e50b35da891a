"""GitHub through PyGithub: its requests and typed objects, over our transport, which alone knows the token.

PyGithub 2.10 by itself follows a redirect without its query (a renamed repository answers page 1 for every page),
waits on its own clock, and knows no conditional request for lists: those three are the transport's. Its nested
objects (a user, a label) ask the server again for what they lack, so those are read from the answer itself.

Pages run from the newest change to the oldest: what changes while we page moves to the front and pushes others
back, so that a record may come twice but none is skipped, also when a killed collection resumes hours later.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import github
from github.CheckRun import CheckRun as GithubCheckRun
from github.Issue import Issue as GithubIssue
from github.PullRequest import PullRequest as GithubPullRequest
from github.PullRequestReview import PullRequestReview
from github.Requester import HTTPSRequestsConnectionClass, RequestsResponse

from faultcast.adapters.trackers.reading import items, next_link, parsed, text
from faultcast.adapters.trackers.records import CheckRun, Issue, PullRequest, Record, Review
from faultcast.adapters.trackers.shape import Answer, Listing, Validators
from faultcast.adapters.trackers.transport import NOTHING, Reply, Transport
from faultcast.errors import Unavailable
from faultcast.history import Pseudonyms

_NEWEST_FIRST = "state=all&sort=updated&direction=desc&per_page=100"


class _Response(RequestsResponse):
    """A reply of ours in PyGithub's words."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.status = reply.status

    def getheaders(self) -> Any:
        return self._reply.headers.items()

    def read(self) -> str:
        return self._reply.body


class _Connection(HTTPSRequestsConnectionClass):
    """PyGithub's requests, sent by our transport."""

    def __init__(self, transport: Transport, *, is_optional: bool) -> None:
        self._transport = transport
        self._is_optional = is_optional

    def getresponse(self) -> RequestsResponse:
        ours = {name: value for name, value in self.headers.items() if name != "Authorization"}
        origin = self._transport.origin
        return _Response(self._transport.get(f"{origin}{self.url}", ours, is_optional=self._is_optional))


class GithubTracker:
    """One repository on GitHub, or on a GitHub Enterprise server."""

    provider = "github"

    def __init__(self, name: str, transport: Transport, who: Pseudonyms) -> None:
        self.name = name
        self._transport = transport
        self._who = who
        # Its debug messages hold whole answers, with people's addresses in them.
        logging.getLogger("github.Requester").setLevel(logging.INFO)
        self._github = github.Github(
            auth=None, base_url=transport.url, retry=None, seconds_between_requests=None, seconds_between_writes=None
        )

    @property
    def clone_url(self) -> str:
        host = self._transport.host
        web = "github.com" if host == "api.github.com" else host
        return f"{self._transport.origin.replace(host, web, 1)}/{self.name}.git"

    def listings(self) -> tuple[Listing, ...]:
        root = f"/repos/{self.name}"
        return (
            Listing("issues", f"{root}/issues?{_NEWEST_FIRST}", is_optional=True),
            Listing("pull_requests", f"{root}/pulls?{_NEWEST_FIRST}"),
        )

    def fetch(self, listing: Listing, known: Validators) -> Answer | None:
        headers = {"Accept": "application/vnd.github+json", **known.headers}
        status, told, body = self._github.requester.requestJson(
            "GET",
            self._transport.absolute(listing.url),
            headers=headers,
            cnx=_Connection(self._transport, is_optional=listing.is_optional),
        )
        if status == 304:
            return None
        if status in NOTHING or status == 403:
            return Answer()
        try:
            return self._answer(listing, told, parsed(body))
        except (
            github.GithubException,
            github.BadAttributeException,
            TypeError,
            KeyError,
            ValueError,
            AttributeError,
        ) as error:
            raise Unavailable(
                f"{self.name}: found {listing.stream} that PyGithub cannot read ({type(error).__name__}). "
                "Is this the address of a GitHub API?"
            ) from None

    def _answer(self, listing: Listing, headers: dict[str, Any], told: Any) -> Answer:
        read: Callable[[dict[str, Any], Listing], tuple[Record | None, int | None]] = {
            "issues": self._issue,
            "pull_requests": self._pull_request,
            "reviews": self._review,
            "check_runs": self._check_run,
        }[listing.stream]
        rows = list(items(told["check_runs"] if listing.stream == "check_runs" else told))
        pairs = [read(row, listing) for row in rows]
        records = tuple(record for record, _ in pairs if record)
        after = next_link(headers)
        return Answer(
            records,
            Listing(listing.stream, after, listing.about, listing.updated_at, listing.is_optional) if after else None,
            tuple(more for record in records if isinstance(record, PullRequest) for more in self._follow(record)),
            min((updated for _, updated in pairs if updated is not None), default=None),
            Validators.of(headers),
        )

    def _follow(self, pull: PullRequest) -> tuple[Listing, Listing]:
        root = f"/repos/{self.name}"
        reviews = f"{root}/pulls/{pull.key}/reviews?per_page=100"
        checks = f"{root}/commits/{pull.head_commit}/check-runs?per_page=100"
        return (
            Listing("reviews", reviews, pull.key, pull.updated_at, is_optional=True),
            Listing("check_runs", checks, pull.head_commit, pull.updated_at, is_optional=True),
        )

    def _author(self, row: dict[str, Any]) -> str:
        login = text(row, "user", "login") or "ghost"  # as GitHub shows deleted accounts
        return self._who(f"github:{login}", "")

    def _issue(self, row: dict[str, Any], _: Listing) -> tuple[Record | None, int | None]:
        told = GithubIssue(self._github.requester, {}, row, completed=True)
        updated = _required(told.updated_at)
        if "pull_request" in row:  # GitHub lists pull requests among issues, too
            return None, updated
        record = Issue(
            id=str(told.id),
            key=str(told.number),
            title=told.title or "",
            text=told.body or "",
            labels=_labels(row),
            kind=text(row, "type", "name"),
            state=told.state or "",
            author=self._author(row),
            created_at=_required(told.created_at),
            updated_at=updated,
            closed_at=_instant(told.closed_at),
        )
        return record, updated

    def _pull_request(self, row: dict[str, Any], _: Listing) -> tuple[Record, int | None]:
        told = GithubPullRequest(self._github.requester, {}, row, completed=True)
        updated = _required(told.updated_at)
        record = PullRequest(
            id=str(told.id),
            key=str(told.number),
            title=told.title or "",
            text=told.body or "",
            labels=_labels(row),
            state="merged" if told.merged_at else told.state or "",
            author=self._author(row),
            base=told.base.ref or "",
            head_commit=told.head.sha or "",
            merge_commit=(told.merge_commit_sha or "") if told.merged_at else "",
            created_at=_required(told.created_at),
            updated_at=updated,
            closed_at=_instant(told.closed_at),
            merged_at=_instant(told.merged_at),
        )
        return record, updated

    def _review(self, row: dict[str, Any], listing: Listing) -> tuple[Record, None]:
        told = PullRequestReview(self._github.requester, {}, row)
        decision, commit = (told.state or "").lower(), told.commit_id or ""
        author, submitted = self._author(row), _instant(told.submitted_at)
        return Review(str(told.id), listing.about, decision, told.body or "", author, commit, submitted), None

    def _check_run(self, row: dict[str, Any], _: Listing) -> tuple[Record, None]:
        told = GithubCheckRun(self._github.requester, {}, row, completed=True)
        started, completed = _instant(told.started_at), _instant(told.completed_at)
        return CheckRun(
            str(told.id), told.head_sha or "", told.name or "", told.conclusion or "", started, completed
        ), None


def _labels(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(text(label, "name") for label in items(row.get("labels") or []))


def _required(moment: datetime | None) -> int:
    if moment is None:
        raise ValueError("a record without its instants")
    return int(moment.timestamp())


def _instant(moment: Any) -> int | None:
    return int(moment.timestamp()) if moment else None
