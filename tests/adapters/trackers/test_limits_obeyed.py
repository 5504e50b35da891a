"""What servers say when we are too fast or they are unwell, and how long we then wait."""

from email.utils import formatdate

import pytest
from collecting_story import Collecting
from fake_github import NOON, FakeGithub
from fake_server import FakeServer, Told

from faultcast.adapters.trackers import load_issues
from faultcast.adapters.trackers.limits import retry_after, wait_seconds
from faultcast.errors import Unavailable

SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}


@pytest.mark.parametrize(
    ("told", "waited"),
    [
        (Told(status=429, headers={"Retry-After": "17"}), 17),
        (Told(status=403, headers={"Retry-After": "40"}, body=SECONDARY), 40),
        (Told(status=503, headers={"Retry-After": "5"}), 5),
        (Told(status=429, headers={"Retry-After": "0"}), 0),
        (Told(status=429, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 90)}), 91),
        (Told(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 90)}), 91),
        (Told(status=429, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": str(NOON + 30)}), 31),
        (Told(status=429), 60),
        (Told(status=403, body=SECONDARY), 60),
        (Told(status=403, body={"message": "You have triggered an abuse detection mechanism"}), 60),
        (Told(status=429, headers={"X-RateLimit-Remaining": "3000"}), 60),
        (Told(status=500), 1),
        (Told(status=502, body=b"<html>Bad gateway</html>", kind="text/html"), 1),
        (Told(status=202, body={}), 1),
        (Told(body=[{"id": 1}] * 99, cut=200), 1),
        (Told(body=b'[{"id": 1}, {"nu'), 1),
        (Told(body=b""), 1),
        (Told(body=b"<html>Sign in</html>", kind="text/html"), 1),
        (Told(hang_up=True), 1),
    ],
)
def test_one_refusal_is_waited_out(
    collecting: Collecting, shop: FakeGithub, server: FakeServer, told: Told, waited: float
) -> None:
    # The server's clock is what its instants mean; the test's server tells the real one, so it is set here.
    told.headers["Date"] = formatdate(NOON, usegmt=True)
    server.bad = [told]
    assert collecting().records["issues"] == 7
    assert sum(collecting.hours.slept) == pytest.approx(waited, abs=1.01)
    assert server.paths()[0] == server.paths()[1]
    assert set(load_issues(collecting.folder)) == set(range(1, 8))


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        (Told(status=429), [60, 120, 240, 480, 960, 960, 960]),
        (Told(status=503), [1, 2, 4, 8, 16, 32, 60]),
        (Told(status=429, headers={"Retry-After": "3"}), [3] * 7),
    ],
)
def test_patience_ends(
    collecting: Collecting, shop: FakeGithub, server: FakeServer, told: Told, waits: list[float]
) -> None:
    """Eight times in a row is no accident; what was fetched before is kept."""
    server.bad = [shop.answer_of("issues", 1), *[told] * 8]
    with pytest.raises(Unavailable, match=f"found status {told.status}.*8 times in a row.*is kept"):
        collecting()
    assert collecting.hours.slept == waits
    found = collecting()
    assert (found.resumed, found.records["issues"]) == (True, 7)
    # What was fetched longer ago than an hour is looked at once more.
    looked = [asked for asked in server.asked if asked.path == server.paths()[0]]
    assert len(looked) == (2 if sum(waits) > 3600 else 1)
    assert all("if-none-match" in asked.headers for asked in looked[1:])


def test_a_spent_limit_is_respected_before_the_next_request(
    collecting: Collecting, shop: FakeGithub, server: FakeServer
) -> None:
    """The last request that is allowed is answered well; the one after it would be the offence."""
    last = shop.answer_of("issues", 1)
    last.headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 1800)}
    last.headers["Date"] = formatdate(NOON, usegmt=True)
    server.bad = [last]
    assert collecting().records["issues"] == 7
    assert collecting.hours.slept == [1801.0]
    assert collecting.told == ["waiting 1,801 s, as localhost asks", "team/shop: 2 pages so far"]


def test_clocks_may_differ() -> None:
    """An instant is the server's: a clock of ours that runs an hour ahead does not make us early."""
    headers = {"date": formatdate(NOON, usegmt=True), "x-ratelimit-remaining": "0"}
    headers["x-ratelimit-reset"] = str(NOON + 100)
    assert wait_seconds(403, headers, 1, NOON + 3600) == 101
    assert retry_after({"date": headers["date"], "retry-after": formatdate(NOON + 30, usegmt=True)}, NOON + 9e6) == 30


@pytest.mark.parametrize("reset", ["", "soon", "1e400", "-1", "NaN"])
def test_nonsense_in_a_limit_waits_as_without_it(reset: str) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    assert wait_seconds(429, headers, 1, NOON) in {60.0, 1.0}
    assert wait_seconds(429, {"retry-after": reset}, 1, NOON) == 60.0


def test_jira_tells_an_instant_in_words() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-09-21T14:14Z"}
    assert wait_seconds(429, headers, 1, NOON) == pytest.approx(1_790_000_040 - NOON + 1)


def test_a_limit_longer_than_we_may_wait_is_told(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    server.bad = [shop.answer_of("issues", 1), Told(status=429, headers={"Retry-After": "86400"})]
    with pytest.raises(Unavailable, match=r"asks to wait 86,400 s, more than the 3,900 s.*is kept"):
        collecting()
    assert collecting.hours.slept == []
    assert collecting().resumed


def test_silence_is_given_up(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    collecting.settings["ingest_timeout_seconds"] = 0.3
    server.bad = [Told(body=[], delay=0.8)]
    assert collecting().records["issues"] == 7
    assert collecting.hours.slept[0] == 1.0


def test_an_answer_that_trickles_is_given_up(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    """Each byte is in time, the whole would not be: four timeouts is what an answer may take."""
    collecting.settings["ingest_timeout_seconds"] = 0.2
    server.bad = [Told(body=["x" * 1000], drip=0.05)]
    assert collecting().records["issues"] == 7
    assert collecting.hours.slept[0] == 1.0


def test_a_page_to_sign_in_is_named(collecting: Collecting, server: FakeServer) -> None:
    server.answer = lambda _: Told(body=b"<html>", kind="text/html")
    with pytest.raises(Unavailable, match="found an answer of type text/html, expected JSON, 8 times"):
        collecting()


def test_a_flood_is_refused(collecting: Collecting, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faultcast.adapters.trackers.transport.MAX_BODY_BYTES", 100_000)
    server.answer = lambda _: Told(body=["x" * 200_000])
    with pytest.raises(Unavailable, match="more than 100,000 bytes"):
        collecting()


def test_redirects_in_a_circle_end(collecting: Collecting, server: FakeServer) -> None:
    server.answer = lambda asked: Told(status=302, headers={"Location": f"{asked.path}x"})
    with pytest.raises(Unavailable, match="more than 3 redirects"):
        collecting()
