"""SonarQube's issues (findings of static analysis), on a server or SonarQube Cloud."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from faultcast.adapters.trackers.reading import at, instant, items, number, required_instant, text
from faultcast.adapters.trackers.records import Finding
from faultcast.adapters.trackers.shape import Answer, Listing
from faultcast.adapters.trackers.web import WebTracker
from faultcast.errors import Unavailable

_PAGE = 500
_MOST = 10_000
"""SonarQube answers no result beyond this one."""


class SonarqubeTracker(WebTracker):
    """One analysed project, named by its key."""

    provider = "sonarqube"

    def listings(self) -> tuple[Listing, ...]:
        return (Listing("findings", self._search(1)),)

    def _search(self, page: int) -> str:
        asked = {"componentKeys": self.name, "ps": _PAGE, "p": page, "s": "UPDATE_DATE", "asc": "false"}
        return f"/api/issues/search?{urlencode(asked)}"

    def read(self, listing: Listing, body: Any) -> Answer:
        rows = list(items(at(body, "issues")))
        page, total = number(body, "paging", "pageIndex"), number(body, "paging", "total")
        if page is None or total is None:
            raise Unavailable(f"{self.name}: found no paging in the answer. Is this the address of a SonarQube?")
        size = number(body, "paging", "pageSize") or _PAGE
        has_more = bool(rows) and page * size < min(total, _MOST)
        withheld = total - _MOST if not has_more and page * size >= _MOST else 0
        note = f"{withheld:,} findings are left out: SonarQube answers only the {_MOST:,} that changed last"
        changes = [required_instant(row, "updateDate") for row in rows]
        return Answer(
            tuple(map(self._finding, rows)),
            replace(listing, url=self._search(page + 1)) if has_more else None,
            (),
            min(changes, default=None),
            note=note if withheld > 0 else "",
        )

    def _finding(self, row: dict[str, Any]) -> Finding:
        return Finding(
            id=text(row, "key"),
            tool="sonarqube",
            rule=text(row, "rule"),
            level=text(row, "severity"),
            text=text(row, "message"),
            path=text(row, "component").rpartition(":")[2],
            line=number(row, "line"),
            commit="",
            state=text(row, "status"),
            found_at=instant(row, "creationDate"),
        )
