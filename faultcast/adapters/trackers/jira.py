"""Jira's issues, by its search: on a server or data centre page by page, in the cloud by token."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from faultcast.adapters.trackers.reading import at, instant, items, number, required_instant, text
from faultcast.adapters.trackers.records import Issue
from faultcast.adapters.trackers.shape import Answer, Listing
from faultcast.adapters.trackers.web import WebTracker

_FIELDS = "summary,description,labels,issuetype,status,reporter,created,updated,resolutiondate"
_PAGE = 100


class JiraTracker(WebTracker):
    """One Jira project, named by its key. It has no git repository."""

    provider = "jira"

    def listings(self) -> tuple[Listing, ...]:
        return (Listing("issues", self._search()),)

    def _search(self, **place: str | int) -> str:
        # The version with plain texts; version 3 tells them as documents. The cloud dropped paging by number.
        path = "/rest/api/2/search/jql" if self.transport.host.endswith(".atlassian.net") else "/rest/api/2/search"
        asked = f'project = "{self.name}" ORDER BY updated DESC'
        return f"{path}?{urlencode({'jql': asked, 'fields': _FIELDS, 'maxResults': _PAGE, **place})}"

    def read(self, listing: Listing, body: Any) -> Answer:
        rows = list(items(at(body, "issues")))
        records = tuple(map(self._issue, rows))
        after = ""
        token, start, total = text(body, "nextPageToken"), number(body, "startAt"), number(body, "total")
        if token and at(body, "isLast") is not True:
            after = self._search(nextPageToken=token)
        elif rows and start is not None and total is not None and start + len(rows) < total:
            after = self._search(startAt=start + len(rows))
        oldest = min((issue.updated_at for issue in records), default=None)
        return Answer(records, replace(listing, url=after) if after else None, (), oldest)

    def _issue(self, row: dict[str, Any]) -> Issue:
        told = at(row, "fields")
        is_done = text(told, "status", "statusCategory", "key") == "done"
        labels = at(told, "labels")
        return Issue(
            id=text(row, "id"),
            key=text(row, "key"),
            title=text(told, "summary"),
            text=text(told, "description"),
            labels=tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else (),
            kind=text(told, "issuetype", "name"),
            state="closed" if is_done else "open",
            author=self.author(text(told, "reporter", "accountId") or text(told, "reporter", "name")),
            created_at=required_instant(told, "created"),
            updated_at=required_instant(told, "updated"),
            closed_at=instant(told, "resolutiondate"),
        )
