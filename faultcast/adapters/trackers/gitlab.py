"""GitLab's REST API, version 4: issues, merge requests, their approvals and pipelines."""

from typing import Any
from urllib.parse import quote

from faultcast.adapters.trackers.reading import instant, items, required_instant, text
from faultcast.adapters.trackers.records import CheckRun, Issue, PullRequest, Record, Review
from faultcast.adapters.trackers.shape import Answer, Listing
from faultcast.adapters.trackers.web import WebTracker

_NEWEST_FIRST = "order_by=updated_at&sort=desc&per_page=100"


class GitlabTracker(WebTracker):
    """One project on GitLab, in the cloud or on a server of one's own; the address is that of the web pages."""

    provider = "gitlab"

    @property
    def clone_url(self) -> str:
        return f"{self.transport.url}/{self.name}.git"

    @property
    def _root(self) -> str:
        return f"/api/v4/projects/{quote(self.name, safe='')}"

    def listings(self) -> tuple[Listing, ...]:
        return (
            Listing("issues", f"{self._root}/issues?scope=all&{_NEWEST_FIRST}", is_optional=True),
            Listing("pull_requests", f"{self._root}/merge_requests?scope=all&{_NEWEST_FIRST}"),
        )

    def read(self, listing: Listing, body: Any) -> Answer:
        if listing.stream == "reviews":
            return Answer(tuple(self._review(row, listing) for row in items((body or {}).get("approved_by"))))
        rows = list(items(body))
        records: tuple[Record, ...]
        follow: tuple[Listing, ...] = ()
        if listing.stream == "issues":
            records = tuple(map(self._issue, rows))
        elif listing.stream == "pull_requests":
            pulls = tuple(map(self._merge_request, rows))
            records, follow = pulls, tuple(more for pull in pulls for more in self._follow(pull))
        else:
            records = tuple(map(_pipeline, rows))
        changes = [found for row in rows if (found := instant(row, "updated_at")) is not None]
        is_sorted = listing.stream in {"issues", "pull_requests"}
        return Answer(
            records,
            follow=follow,
            oldest=min(changes, default=None) if is_sorted else None,
        )

    def _follow(self, pull: PullRequest) -> tuple[Listing, Listing]:
        root = f"{self._root}/merge_requests/{pull.key}"
        return (
            Listing("reviews", f"{root}/approvals", pull.key, pull.updated_at, is_optional=True),
            Listing("check_runs", f"{root}/pipelines?per_page=100", pull.key, pull.updated_at, is_optional=True),
        )

    def _issue(self, row: dict[str, Any]) -> Issue:
        return Issue(
            id=text(row, "id"),
            key=text(row, "iid"),
            title=text(row, "title"),
            text=text(row, "description"),
            labels=_labels(row),
            kind=text(row, "issue_type"),
            state="closed" if text(row, "state") == "closed" else "open",
            author=self.author(text(row, "author", "username")),
            created_at=required_instant(row, "created_at"),
            updated_at=required_instant(row, "updated_at"),
            closed_at=instant(row, "closed_at"),
        )

    def _merge_request(self, row: dict[str, Any]) -> PullRequest:
        state = text(row, "state")
        return PullRequest(
            id=text(row, "id"),
            key=text(row, "iid"),
            title=text(row, "title"),
            text=text(row, "description"),
            labels=_labels(row),
            state=state if state in {"merged", "closed"} else "open",
            author=self.author(text(row, "author", "username")),
            base=text(row, "target_branch"),
            head_commit=text(row, "sha"),
            merge_commit=text(row, "merge_commit_sha") or text(row, "squash_commit_sha"),
            created_at=required_instant(row, "created_at"),
            updated_at=required_instant(row, "updated_at"),
            closed_at=instant(row, "closed_at"),
            merged_at=instant(row, "merged_at"),
        )

    def _review(self, row: dict[str, Any], listing: Listing) -> Review:
        author = self.author(text(row, "user", "username"))
        approved_at = instant(row, "approved_at")
        return Review(f"{listing.about}/{author}", listing.about, "approved", "", author, "", approved_at)


def _pipeline(row: dict[str, Any]) -> CheckRun:
    is_over = text(row, "status") in {"success", "failed", "canceled", "skipped"}
    return CheckRun(
        id=text(row, "id"),
        commit=text(row, "sha"),
        name=text(row, "source") or "pipeline",
        outcome=text(row, "status") if is_over else "",
        started_at=instant(row, "created_at"),
        completed_at=instant(row, "updated_at") if is_over else None,
    )


def _labels(row: dict[str, Any]) -> tuple[str, ...]:
    found = row.get("labels")
    return tuple(label for label in found if isinstance(label, str)) if isinstance(found, list) else ()
