"""Bitbucket Cloud's REST API, version 2.0: issues, pull requests with who approved, build statuses."""

from dataclasses import replace
from typing import Any

from faultcast.adapters.trackers.reading import at, instant, items, required_instant, text
from faultcast.adapters.trackers.records import CheckRun, Issue, PullRequest, Record, Review
from faultcast.adapters.trackers.shape import Answer, Listing
from faultcast.adapters.trackers.web import WebTracker

_STATES = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED"
_OPEN_ISSUES = {"new", "open", "on hold", "submitted"}
_OUTCOMES = {"SUCCESSFUL": "success", "FAILED": "failure", "STOPPED": "cancelled"}


class BitbucketTracker(WebTracker):
    """One repository on Bitbucket Cloud."""

    provider = "bitbucket"

    @property
    def clone_url(self) -> str:
        web = self.transport.origin.replace("https://api.bitbucket.org", "https://bitbucket.org", 1)
        return f"{web}/{self.name}.git"

    def listings(self) -> tuple[Listing, ...]:
        root = f"/repositories/{self.name}"
        # What people said of a pull request comes with it when asked for by name.
        pulls = f"{root}/pullrequests?{_STATES}&sort=-updated_on&pagelen=50&fields=%2Bvalues.participants"
        return (
            Listing("issues", f"{root}/issues?sort=-updated_on&pagelen=50", is_optional=True),
            Listing("pull_requests", pulls),
        )

    def read(self, listing: Listing, body: Any) -> Answer:
        rows = list(items(at(body, "values")))
        records: tuple[Record, ...]
        follow: tuple[Listing, ...] = ()
        if listing.stream == "issues":
            records = tuple(map(self._issue, rows))
        elif listing.stream == "pull_requests":
            pulls = tuple(map(self._pull_request, rows))
            records = (*pulls, *(review for row in rows for review in self._reviews(row)))
            follow = tuple(map(self._statuses, pulls))
        else:
            records = tuple(_status(row, listing) for row in rows)
        changes = [found for row in rows if (found := instant(row, "updated_on")) is not None]
        after = text(body, "next")
        is_sorted = listing.stream != "check_runs"
        return Answer(
            records,
            replace(listing, url=after) if after else None,
            follow,
            min(changes, default=None) if is_sorted else None,
        )

    def _statuses(self, pull: PullRequest) -> Listing:
        url = f"/repositories/{self.name}/pullrequests/{pull.key}/statuses?pagelen=100"
        return Listing("check_runs", url, pull.head_commit, pull.updated_at, is_optional=True)

    def _issue(self, row: dict[str, Any]) -> Issue:
        is_open = text(row, "state") in _OPEN_ISSUES
        updated = required_instant(row, "updated_on")
        component = text(row, "component", "name")
        return Issue(
            id=text(row, "id"),
            key=text(row, "id"),
            title=text(row, "title"),
            text=text(row, "content", "raw"),
            labels=(component,) if component else (),
            kind=text(row, "kind"),
            state="open" if is_open else "closed",
            author=self._account(row.get("reporter")),
            created_at=required_instant(row, "created_on"),
            updated_at=updated,
            closed_at=None if is_open else updated,  # the API tells no better instant
        )

    def _pull_request(self, row: dict[str, Any]) -> PullRequest:
        state = {"OPEN": "open", "MERGED": "merged"}.get(text(row, "state"), "closed")
        updated = required_instant(row, "updated_on")
        over = None if state == "open" else instant(row, "closed_on") or updated
        return PullRequest(
            id=text(row, "id"),
            key=text(row, "id"),
            title=text(row, "title"),
            text=text(row, "summary", "raw") or text(row, "description"),
            labels=(),
            state=state,
            author=self._account(row.get("author")),
            base=text(row, "destination", "branch", "name"),
            head_commit=text(row, "source", "commit", "hash"),
            merge_commit=text(row, "merge_commit", "hash"),
            created_at=required_instant(row, "created_on"),
            updated_at=updated,
            closed_at=over,
            merged_at=over if state == "merged" else None,
        )

    def _reviews(self, row: dict[str, Any]) -> list[Review]:
        found = []
        for person in items(row.get("participants") or []):
            decision = text(person, "state") or ("approved" if person.get("approved") else "")
            if decision:
                author, key = self._account(person.get("user")), text(row, "id")
                said_at = instant(person, "participated_on")
                found.append(Review(f"{key}/{author}", key, decision, "", author, "", said_at))
        return found

    def _account(self, user: Any) -> str:
        return self.author(text(user, "account_id") or text(user, "uuid") or text(user, "nickname"))


def _status(row: dict[str, Any], listing: Listing) -> CheckRun:
    outcome = _OUTCOMES.get(text(row, "state"), "")
    commit = text(row, "commit", "hash") or listing.about
    started, updated = instant(row, "created_on"), instant(row, "updated_on")
    name = text(row, "name") or text(row, "key")
    return CheckRun(f"{commit}/{text(row, 'key')}", commit, name, outcome, started, updated if outcome else None)
