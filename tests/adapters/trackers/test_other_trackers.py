"""GitLab, Bitbucket, Jira, SonarQube and SARIF: the same shape, each with its own way to page."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from collecting_story import TOKEN, WHO, Collecting
from fake_github import DAY, NOON, iso
from fake_server import Asked, FakeServer, Told

from faultcast.adapters.trackers import Issue, PullRequest, load_issues, read
from faultcast.adapters.trackers.sarif import SarifTracker
from faultcast.errors import NotFound, Unavailable, UsageError


def query(asked: Asked) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def gitlab(asked: Asked) -> Told:
    """Two pages of issues; one merge request."""
    root = "/api/v4/projects/team%2Fsub%2Fshop"
    page = int(query(asked).get("page", "1"))
    issue = {
        "id": 100 + page,
        "iid": page,
        "title": f"Crash {page}",
        "description": "see bob@example.org",
        "labels": ["bug", "p1"],
        "issue_type": "incident",
        "state": "closed",
        "author": {"username": "bob"},
        "created_at": "2026-09-01T10:00:00.123Z",
        "updated_at": iso(NOON - page * DAY),
        "closed_at": iso(NOON - page * DAY),
    }
    merge = issue | {"state": "merged", "sha": "a" * 40, "merge_commit_sha": None, "squash_commit_sha": "b" * 40}
    merge |= {"target_branch": "main", "merged_at": iso(NOON - DAY), "id": 7, "iid": 3, "updated_at": iso(NOON - DAY)}
    there: dict[str, Any] = {
        f"{root}/issues": [issue],
        f"{root}/merge_requests": [merge],
        f"{root}/merge_requests/3/approvals": {"approved_by": [{"user": {"username": "eve"}}]},
        f"{root}/merge_requests/3/pipelines": [
            {"id": 1, "sha": "a" * 40, "status": "failed", "source": "push", "created_at": iso(NOON)},
            {"id": 2, "sha": "a" * 40, "status": "running", "created_at": iso(NOON)},
        ],
    }
    if asked.plain not in there:
        return Told(status=404, body={"message": "404 Project Not Found"})
    headers = {"RateLimit-Remaining": "500", "ETag": f'W/"{page}"'}
    if asked.plain.endswith("/issues") and page == 1:
        headers["Link"] = f'<https://{asked.headers["host"]}{asked.path}&page=2>; rel="next"'
    return Told(body=there[asked.plain], headers=headers)


def test_gitlab(collecting: Collecting, server: FakeServer) -> None:
    server.answer = gitlab
    tracker = collecting.tracker("gitlab", "team/sub/shop")
    found = collecting(tracker=tracker)
    assert found.records == {"issues": 2, "pull_requests": 1, "reviews": 1, "check_runs": 2}
    assert tracker.clone_url == f"{server.url}/team/sub/shop.git"
    [pull] = read(collecting.folder, "pull_requests")
    assert isinstance(pull, PullRequest)
    assert (pull.state, pull.merge_commit, pull.merged_at) == ("merged", "b" * 40, NOON - DAY)
    issue = load_issues(collecting.folder)[2]
    assert (issue.labels, issue.kind, issue.text) == (("bug", "p1"), "incident", "see (address)")
    assert issue.author == WHO("gitlab:bob", "") != WHO("github:bob", "")
    assert [run.outcome for run in read(collecting.folder, "check_runs")] == ["failed", ""]
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
    assert collecting(tracker=tracker).pages == 0


def bitbucket(asked: Asked) -> Told:
    root = "/2.0/repositories/team/shop"
    page = int(query(asked).get("page", "1"))
    pull = {
        "id": page,
        "title": "Change",
        "summary": {"raw": "why"},
        "state": "MERGED" if page == 1 else "OPEN",
        "author": {"account_id": "55:ab", "nickname": "bob"},
        "source": {"commit": {"hash": "c" * 12}},
        "destination": {"branch": {"name": "main"}},
        "merge_commit": {"hash": "d" * 12} if page == 1 else None,
        "created_on": "2026-09-01T10:00:00.000000+00:00",
        "updated_on": iso(NOON - page * DAY),
        "participants": [
            {"user": {"account_id": "1"}, "approved": True, "state": "approved", "participated_on": iso(NOON)},
            {"user": {"account_id": "2"}, "approved": False, "state": None},
        ],
    }
    if asked.plain == f"{root}/issues":
        return Told(status=404, body={"type": "error", "error": {"message": "Repository has no issue tracker."}})
    if asked.plain == f"{root}/pullrequests":
        body: dict[str, Any] = {"values": [pull], "pagelen": 50}
        if page < 3:
            body["next"] = f"https://{asked.headers['host']}{asked.path.split('&page=')[0]}&page={page + 1}"
        return Told(body=body)
    status = {"key": "build", "name": "Build", "state": "FAILED", "created_on": iso(NOON), "updated_on": iso(NOON)}
    return Told(body={"values": [status]})


def test_bitbucket(collecting: Collecting, server: FakeServer) -> None:
    """Pages are named in the body; a repository without an issue tracker has no issues."""
    server.answer = bitbucket
    found = collecting(tracker=collecting.tracker("bitbucket", path="/2.0"))
    assert found.records == {"pull_requests": 3, "reviews": 3, "check_runs": 1}
    assert {query(asked)["fields"] for asked in server.asked if asked.plain.endswith("pullrequests")} == {
        "+values.participants"
    }
    states = [(pull.key, pull.state) for pull in read(collecting.folder, "pull_requests")]
    assert states == [("1", "merged"), ("2", "open"), ("3", "open")]
    assert load_issues(collecting.folder) == {}


def jira_issue(number: int) -> dict[str, Any]:
    fields = {
        "summary": f"Broker dies {number}",
        "description": None,
        "labels": ["regression"],
        "issuetype": {"name": "Bug"},
        "status": {"name": "Resolved", "statusCategory": {"key": "done"}},
        "reporter": {"name": "bob", "emailAddress": "bob@example.org"},
        "created": "2026-09-01T10:00:00.000+0200",
        "updated": iso(NOON - number * DAY),
        "resolutiondate": iso(NOON - number * DAY),
    }
    return {"id": str(500 + number), "key": f"KAFKA-{number}", "fields": fields}


def test_jira_on_a_server(collecting: Collecting, server: FakeServer) -> None:
    """Pages by number; one is shorter than what was asked for, and the next begins where it ended."""

    def answer(asked: Asked) -> Told:
        start = int(query(asked).get("startAt", "0"))
        rows = [jira_issue(number) for number in range(1, 6)][start : start + 2]
        return Told(body={"startAt": start, "maxResults": 2, "total": 5, "issues": rows})

    server.answer = answer
    assert collecting(tracker=collecting.tracker("jira", "KAFKA")).records == {"issues": 5}
    assert query(server.asked[0])["jql"] == 'project = "KAFKA" ORDER BY updated DESC'
    issues = load_issues(collecting.folder)
    assert set(issues) == {f"KAFKA-{number}" for number in range(1, 6)}
    assert issues["KAFKA-2"] == Issue(
        id="502",
        key="KAFKA-2",
        title="Broker dies 2",
        text="",
        labels=("regression",),
        kind="Bug",
        state="closed",
        author=WHO("jira:bob", ""),
        created_at=1_788_249_600,
        updated_at=NOON - 2 * DAY,
        closed_at=NOON - 2 * DAY,
    )


def test_jira_by_token(collecting: Collecting, server: FakeServer) -> None:
    """The cloud names the next page by a token, and its tokens belong to an account."""

    def answer(asked: Asked) -> Told:
        page = {"": 1, "two": 2}[query(asked).get("nextPageToken", "")]
        more = {"nextPageToken": "two", "isLast": False} if page == 1 else {"isLast": True}
        return Told(body={"issues": [jira_issue(page)], **more})

    server.answer = answer
    collecting.settings["jira_user"] = "ana@example.org"
    assert collecting(tracker=collecting.tracker("jira", "KAFKA")).records == {"issues": 2}
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    assert b"ana@example.org" not in b"".join(path.read_bytes() for path in collecting.folder.iterdir())


def sonarqube(asked: Asked) -> Told:
    page, size = int(query(asked)["p"]), int(query(asked)["ps"])
    issue = {
        "key": f"AX{page}",
        "rule": "python:S1481",
        "severity": "MINOR",
        "component": "shop:src/cart.py",
        "line": 12,
        "message": "Remove it.",
        "status": "OPEN",
        "author": "bob@example.org",
        "creationDate": "2026-09-01T10:00:00+0000",
        "updateDate": "2026-09-20T10:00:00+0000",
    }
    return Told(body={"paging": {"pageIndex": page, "pageSize": size, "total": 10_700}, "issues": [issue]})


def test_sonarqube(collecting: Collecting, server: FakeServer) -> None:
    """It answers ten thousand findings and not one more; that is told."""
    server.answer = sonarqube
    assert collecting(tracker=collecting.tracker("sonarqube", "shop")).records == {"findings": 20}
    assert collecting.told == ["shop: 700 findings are left out: SonarQube answers only the 10,000 that changed last"]
    finding = read(collecting.folder, "findings")[0]
    assert (finding.path, finding.line, finding.rule) == ("src/cart.py", 12, "python:S1481")


SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "ruff"}},
            "versionControlProvenance": [{"repositoryUri": "https://x.org", "revisionId": "e" * 40}],
            "results": [
                {
                    "ruleId": "F401",
                    "message": {"text": "unused, says ana@example.org"},
                    "locations": [
                        {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}
                    ],
                },
                {"ruleId": "E1", "level": "error", "message": {"text": "nowhere"}},
            ],
        },
        {"tool": {"driver": {"name": "idle"}}, "results": None},
    ],
}


def test_sarif(collecting: Collecting, tmp_path: Path) -> None:
    file = tmp_path / "ruff.sarif"
    file.write_text(json.dumps(SARIF))
    assert collecting(tracker=SarifTracker(file)).records == {"findings": 2}
    findings = {finding.rule: finding for finding in read(collecting.folder, "findings")}
    assert (findings["F401"].level, findings["F401"].line, findings["F401"].commit) == ("warning", 3, "e" * 40)
    assert findings["F401"].text == "unused, says (address)"
    assert (findings["E1"].level, findings["E1"].path, findings["E1"].line) == ("error", "", None)
    again = collecting(tracker=SarifTracker(file))
    assert (again.pages, again.unchanged, again.records) == (0, 1, {"findings": 2})


@pytest.mark.parametrize("content", ["", "[]", '{"runs": 1}', "[" * 100_000, "\x00"])
def test_a_file_that_is_no_sarif(collecting: Collecting, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.sarif"
    file.write_text(content)
    with pytest.raises(UsageError, match=r"bad\.sarif: found no"):
        collecting(tracker=SarifTracker(file))
    collecting.folder = collecting.folder.with_name("another")
    with pytest.raises(NotFound, match="expected a SARIF file"):
        collecting(tracker=SarifTracker(tmp_path / "absent.sarif"))


@pytest.mark.parametrize("provider", ["gitlab", "bitbucket", "jira", "sonarqube"])
@pytest.mark.parametrize(
    "body", [None, 7, {}, [], [{}], {"issues": [{}], "values": [{}], "startAt": 0, "total": 1}, {"issues": "none"}]
)
def test_json_of_another_kind(collecting: Collecting, server: FakeServer, provider: str, body: object) -> None:
    """Either there is nothing, or it is said what was expected; never a traceback, never an invented record."""
    server.answer = lambda _: Told(body=body)
    tracker = collecting.tracker(provider, "SHOP" if provider in {"jira", "sonarqube"} else "team/shop")
    try:
        found = collecting(tracker=tracker)
    except Unavailable as error:
        assert "found" in str(error)  # noqa: PT017
    else:
        assert found.records == {}


def test_half_characters_are_mended(collecting: Collecting, server: FakeServer) -> None:
    """JSON can hold half of a character, which no table can."""
    row = json.dumps(jira_issue(1)).replace("Broker dies 1", "Broker \\ud83d dies\\u0000")
    server.answer = lambda _: Told(body=f'{{"issues": [{row}]}}'.encode())
    collecting(tracker=collecting.tracker("jira", "KAFKA"))
    assert load_issues(collecting.folder)["KAFKA-1"].title == "Broker ? dies\0"
