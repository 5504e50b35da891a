"""A repository on GitHub is collected whole, once, and later only where it changed."""

import json
from collections import Counter
from dataclasses import replace

import pytest
import requests
from collecting_story import TOKEN, WHO, Collecting
from fake_github import DAY, NOON, FakeGithub, iso
from fake_server import Asked, FakeServer, Told

from faultcast.adapters.trackers import Issue, PullRequest, load_issues, read
from faultcast.adapters.trackers.pinned import PinnedAdapter
from faultcast.errors import NotFound, Unavailable, UnsafeRepository, UsageError
from faultcast.history.remote import Remote


def test_everything_is_collected(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    found = collecting()
    assert found.records == {"issues": 7, "pull_requests": 4, "reviews": 1 + 2 + 3 + 4, "check_runs": 8}
    assert (found.unchanged, found.resumed) == (0, False)
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
    assert max(Counter(server.paths()).values()) == 1
    issues = load_issues(collecting.folder)
    assert set(issues) == set(range(1, 8))
    assert issues[3] == Issue(
        id="1003",
        key="3",
        title="Crash number 3",
        text="It breaks. Ask (address)",
        labels=("bug",),
        kind="",
        state="open",
        author=WHO("github:ana", ""),
        created_at=NOON - 4 * DAY,
        updated_at=NOON - 3 * DAY,
        closed_at=None,
    )
    pull = read(collecting.folder, "pull_requests")[0]
    assert isinstance(pull, PullRequest)
    assert (pull.key, pull.state, pull.author) == ("11", "merged", WHO("github:ghost", ""))
    assert (pull.base, pull.head_commit, pull.merge_commit) == ("main", f"{11:040x}", "f" * 40)
    reviews = read(collecting.folder, "reviews")
    assert {review.decision for review in reviews} == {"approved"}
    assert Counter(review.pull_request for review in reviews) == {"11": 1, "12": 2, "13": 3, "14": 4}


def test_packed_answers_are_read(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    server.answer = lambda asked: replace(shop.answer(asked), is_packed=True)
    assert collecting().records == {"issues": 7, "pull_requests": 4, "reviews": 10, "check_runs": 8}
    assert collecting.hours.slept == []


def test_a_packed_bomb_is_refused(collecting: Collecting, server: FakeServer) -> None:
    server.answer = lambda _: Told(body=["x" * (65 * 1024**2)], is_packed=True)
    with pytest.raises(Unavailable, match="more than 67,108,864 bytes"):
        collecting()


def test_only_the_asked_period_is_read(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    found = collecting(days=2.5)
    assert found.records == {"issues": 2, "pull_requests": 2, "reviews": 3, "check_runs": 4}
    assert not [path for path in server.paths() if path.split("?")[0].endswith("issues") and "page=3" in path]


def test_a_second_time_costs_nothing(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    first = collecting()
    asked = len(server.asked)
    collecting.hours.now += 60
    second = collecting()
    assert (second.pages, second.records) == (0, first.records)
    assert 0 < second.unchanged < asked
    assert all("if-none-match" in asked.headers for asked in server.asked[asked:])
    assert len(load_issues(collecting.folder)) == 7


def test_what_changed_is_found(collecting: Collecting, shop: FakeGithub) -> None:
    collecting()
    collecting.hours.now += 3 * DAY
    shop.issue(6, updated=NOON + DAY, state="closed", closed_at=iso(NOON + DAY), labels=[])
    shop.issue(8, updated=NOON + 2 * DAY)
    shop.pull(13, updated=NOON + 2 * DAY, reviews=5)
    found = collecting(days=1)  # after a gap longer than asked for: nothing in between is skipped
    assert found.records == {"issues": 8, "pull_requests": 4, "reviews": 12, "check_runs": 8}
    issues = load_issues(collecting.folder)
    assert (issues[6].state, issues[6].closed_at, issues[6].labels) == ("closed", NOON + DAY, ())


def test_a_longer_period_is_collected_anew(collecting: Collecting, shop: FakeGithub) -> None:
    assert collecting(days=2.5).records["issues"] == 2
    assert collecting(days=30).records == {"issues": 7, "pull_requests": 4, "reviews": 10, "check_runs": 8}
    assert collecting(days=1).records["issues"] == 7


def test_what_moves_while_we_page_is_not_lost(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    """New issues push the others onto later pages, right in the middle."""

    def meanwhile(asked: Asked) -> None:
        if asked.plain.endswith("/issues"):
            number = 100 + len(server.asked)
            shop.issue(number, updated=NOON + number)

    server.on_request = meanwhile
    collecting()
    assert set(load_issues(collecting.folder)) >= set(range(1, 8))


def test_a_renamed_repository_keeps_its_pages(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    def answer(asked: Asked) -> Told:
        if "/repos/team/shop" in asked.path:
            moved = asked.path.replace("/repos/team/shop", "/repos/team/store")
            return Told(status=301, headers={"Location": f"{server.url}{moved}"}, body={"message": "Moved"})
        return shop.answer(asked)

    shop.name, server.answer = "team/store", answer
    assert collecting().records["issues"] == 7


def test_an_enterprise_server_has_its_api_below_a_path(collecting: Collecting, server: FakeServer) -> None:
    github = FakeGithub(prefix="/api/v3")
    github.issue(1, updated=NOON)
    server.answer = github.answer
    tracker = collecting.tracker(path="/api/v3/")
    assert collecting(tracker=tracker).records == {"issues": 1}
    assert tracker.clone_url == f"{server.url}/team/shop.git"


def test_what_is_not_there_or_not_allowed(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    """Below a pull request it is an answer, and a missing right is told; above it is an error."""

    def answer(asked: Asked) -> Told:
        if asked.plain.endswith("check-runs"):
            return Told(status=403, body={"message": "Resource not accessible by personal access token"})
        if asked.plain.endswith("12/reviews"):
            return Told(status=404, body={"message": "Not Found"})
        if asked.plain.endswith("issues"):
            return Told(status=410, body={"message": "Issues are disabled for this repo"})
        return shop.answer(asked)

    server.answer = answer
    found = collecting()
    assert found.records == {"pull_requests": 4, "reviews": 8}
    assert len([line for line in collecting.told if "check-runs: left out" in line]) == 4
    collecting.folder = collecting.folder.with_name("another")
    with pytest.raises(NotFound, match="repos/nobody/none/pulls: found status 404"):
        collecting(tracker=collecting.tracker(name="nobody/none"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_asked_about_once(collecting: Collecting, server: FakeServer, status: int) -> None:
    server.answer = lambda _: Told(status=status, body={"message": f"Bad credentials {TOKEN}"})
    with pytest.raises(UsageError, match=r"Bad credentials \(token\)\). Check FAULTCAST_GITHUB_TOKEN"):
        collecting()
    assert max(Counter(server.paths()).values()) == 1


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/next", "http://localhost/next", "https://localhost:1/x", "https://a@localhost/"]
)
def test_nobody_sends_us_elsewhere(collecting: Collecting, server: FakeServer, elsewhere: str) -> None:
    """Neither by redirect nor by the address of a next page: the token would go along."""
    server.answer = lambda _: Told(status=302, headers={"Location": elsewhere})
    with pytest.raises(UnsafeRepository, match="sends us to"):
        collecting()
    server.answer = lambda _: Told(body=[], headers={"Link": f'<{elsewhere}>; rel="next"'})
    with pytest.raises(UnsafeRepository, match="sends us to"):
        collecting()


def test_a_private_address_needs_a_word(collecting: Collecting) -> None:
    collecting.settings["allowed_hosts"] = ""
    with pytest.raises(UnsafeRepository, match="FAULTCAST_ALLOWED_HOSTS=localhost"):
        collecting()


def test_connections_go_to_the_address_that_was_checked(server: FakeServer) -> None:
    """Whatever the name resolves to by then: here to nothing, and elsewhere."""
    port = int(server.url.rpartition(":")[2])
    server.answer = lambda _: Told(body={})
    for host, address, reached in (("tracker.test", "127.0.0.1", True), ("localhost", "127.0.0.2", False)):
        url = f"https://{host}:{port}"
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", PinnedAdapter(Remote(url, host, port, address)))
            try:
                assert session.get(url, verify=server.ca_file).json() == {}
            except requests.ConnectionError:
                assert not reached
    assert len(server.asked) == 1


def test_an_unknown_certificate_is_refused_at_once(collecting: Collecting, server: FakeServer) -> None:
    collecting.settings["ca_file"] = ""
    with pytest.raises(Unavailable, match="certificate is not trusted"):
        collecting()
    assert server.asked == []


@pytest.mark.parametrize(
    "body", [{"message": "hello"}, [{"id": 1}], [{"number": "x", "updated_at": "yesterday"}], "text", None]
)
def test_json_of_another_kind_is_no_repository(collecting: Collecting, server: FakeServer, body: object) -> None:
    server.answer = lambda _: Told(body=body)
    with pytest.raises(Unavailable, match=r"cannot read|a list was expected"):
        collecting()
    assert "begin" in json.loads((collecting.folder / "journal.jsonl").read_text().splitlines()[-1])
