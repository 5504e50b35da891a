"""A repository on GitHub as its API tells it: newest first, pages with Link headers, ETags, everything counted."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fake_server import Asked, Told

DAY = 86_400
NOON = 1_790_000_000  # "now" of every story


def iso(instant: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class FakeGithub:
    """Issues and pull requests by number; `answer` is given to the server."""

    name: str = "team/shop"
    per_page: int = 3
    prefix: str = ""
    host: str = ""
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    checks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def issue(self, number: int, *, updated: float, **more: Any) -> None:
        self.issues[number] = {
            "id": 1000 + number,
            "number": number,
            "title": f"Crash number {number}",
            "body": "It breaks. Ask ana@example.org",
            "labels": [{"name": "bug", "id": 1}],
            "state": "open",
            "user": {"login": "ana", "id": 5, "email": "ana@example.org"},
            "created_at": iso(updated - DAY),
            "updated_at": iso(updated),
            "closed_at": None,
        } | more

    def pull(self, number: int, *, updated: float, reviews: int = 1, checks: int = 1, **more: Any) -> None:
        sha = f"{number:040x}"
        self.pulls[number] = {
            "id": 2000 + number,
            "number": number,
            "title": f"Change number {number}",
            "body": None,
            "labels": [],
            "state": "closed",
            "user": None,
            "head": {"sha": sha, "ref": "topic", "user": None, "repo": None, "label": "x"},
            "base": {"sha": "0" * 40, "ref": "main", "user": None, "repo": None, "label": "y"},
            "merge_commit_sha": "f" * 40,
            "created_at": iso(updated - DAY),
            "updated_at": iso(updated),
            "closed_at": iso(updated),
            "merged_at": iso(updated),
        } | more
        self.issue(number, updated=updated, pull_request={"url": "x"}, id=9000 + number)
        self.reviews[number] = [
            {
                "id": number * 100 + i,
                "user": {"login": f"reviewer{i}"},
                "state": "APPROVED",
                "body": "fine",
                "commit_id": sha,
                "submitted_at": iso(updated),
            }
            for i in range(reviews)
        ]
        self.checks[sha] = [
            {
                "id": number * 100 + i,
                "head_sha": sha,
                "name": f"test {i}",
                "status": "completed",
                "conclusion": "success",
                "started_at": iso(updated),
                "completed_at": iso(updated + 60),
            }
            for i in range(checks)
        ]

    def rows(self, path: str) -> list[dict[str, Any]] | None:
        parts = path.removeprefix(f"{self.prefix}/repos/{self.name}/").split("/")
        if parts == ["issues"]:
            return sorted(self.issues.values(), key=lambda row: row["updated_at"], reverse=True)
        if parts == ["pulls"]:
            return sorted(self.pulls.values(), key=lambda row: row["updated_at"], reverse=True)
        if parts[0] == "pulls":
            return self.reviews[int(parts[1])]
        return self.checks[parts[1]] if parts[0] == "commits" else None

    def answer(self, asked: Asked) -> Told:
        parts = urlsplit(asked.path)
        rows = self.rows(parts.path)
        if rows is None:
            return Told(status=404, body={"message": "Not Found"})
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        part = rows[(page - 1) * self.per_page : page * self.per_page]
        is_checks = parts.path.endswith("check-runs")
        body = {"total_count": len(rows), "check_runs": part} if is_checks else part
        tag = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
        headers = {"ETag": f'W/"{tag}"', "X-RateLimit-Remaining": "4000", "X-RateLimit-Limit": "5000"}
        if page * self.per_page < len(rows):
            here = f"https://{asked.headers['host']}{parts.path}?{parts.query.split('&page=')[0]}"
            headers["Link"] = f'<{here}&page={page + 1}>; rel="next", <{here}&page=99>; rel="last"'
        return Told(body=body, headers=headers)

    def answer_of(self, listing: str, page: int) -> Told:
        """What a page of a listing is told as, to be changed by a story."""
        path = f"/repos/{self.name}/{listing}?state=all&sort=updated&direction=desc&per_page=100&page={page}"
        return self.answer(Asked(path, {"host": self.host}))
