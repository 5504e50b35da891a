"""Collected tables become what labels want to know: names as commits write them, what it is about, who closes what."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from faultcast.adapters.trackers import Issue, PullRequest, Record, state_of, tables
from faultcast.adapters.trackers.issues import is_collected, load, pinned, source_of
from faultcast.adapters.trackers.records import STREAM_OF, STREAMS
from faultcast.errors import NotFound, TemporaryError, UsageError
from faultcast.labels import Issue as KnownIssue, PullRequest as KnownPullRequest
from faultcast.settings import Settings

NOON = 1_700_000_000


def issue(key: str, *labels: str, kind: str = "") -> Issue:
    return Issue(f"id-{key}", key, "Title", "", labels, kind, "open", "author-1", NOON, NOON + 9, None)


def pull(key: str, text: str = "", *labels: str, state: str = "merged", landed_as: str = "") -> PullRequest:
    when = (NOON + 1, NOON + 9, None, None)
    return PullRequest(f"id-{key}", key, "Change", text, labels, state, "author-1", "main", "a" * 40, landed_as, *when)


def keep(home: Path, provider: str, name: str, records: Sequence[Record]) -> str:
    folder = state_of(home, provider, name)
    folder.mkdir(parents=True, exist_ok=True)
    streams: dict[str, dict[str, Record]] = {stream: {} for stream in STREAMS}
    for record in records:
        streams[STREAM_OF[type(record)]][record.id] = record
    tables.write(streams, folder)
    return f"{provider}:{name}"


def test_github_s_issues_and_pull_requests_share_their_numbers(tmp_path: Path) -> None:
    records = [
        issue("7", "bug"),
        pull("12", "Fixes #7, other/shop#8 and Team/Shop#9. See #10.", "tests", landed_as="c1"),
    ]
    known = load(tmp_path, keep(tmp_path, "github", "team/shop", records))
    assert known.issues == {"#7": KnownIssue("#7", "fault", NOON)}
    assert known.pull_requests == {"#12": KnownPullRequest("#12", "", NOON + 1, ("#7", "#9"), ("c1",))}
    assert known.projects == {"team/shop"}


def test_gitlab_s_have_marks_of_their_own_and_what_is_not_merged_landed_nowhere(tmp_path: Path) -> None:
    records = [issue("7", "type::bug"), pull("7", "Closes #7", "kind/feature", state="closed", landed_as="c1")]
    known = load(tmp_path, keep(tmp_path, "gitlab", "team/shop", records))
    assert set(known.issues) == {"#7"}
    assert known.pull_requests == {"!7": KnownPullRequest("!7", "other", NOON + 1, ("#7",), ())}


def test_jira_says_what_a_repository_s_own_tracker_does_not(tmp_path: Path) -> None:
    code = keep(tmp_path, "github", "team/shop", [pull("3", "SHOP-5: count twice")])
    wishes = keep(tmp_path, "jira", "SHOP", [issue("SHOP-5", kind="Bug"), issue("SHOP-6", kind="Improvement")])
    known = load(tmp_path, f"{code}, {wishes}")
    assert {name: one.kind for name, one in known.issues.items()} == {"SHOP-5": "fault", "SHOP-6": "other"}
    assert known.pull_requests["#3"].closes == ("SHOP-5",)
    assert len(known) == 3


def test_of_two_issues_of_one_name_the_first_source_s_counts(tmp_path: Path) -> None:
    one = keep(tmp_path, "github", "team/shop", [issue("7", "bug")])
    two = keep(tmp_path, "gitlab", "team/mirror", [issue("7", "feature"), issue("8", "feature")])
    known = load(tmp_path, f"{one},{two}").issues
    assert {name: issue.kind for name, issue in known.items()} == {"#7": "fault", "#8": "other"}


def test_a_pin_tells_when_tables_changed_that_labels_read(tmp_path: Path) -> None:
    source = keep(tmp_path, "github", "team/shop", [issue("7", "bug")])
    pin = pinned(tmp_path, source)
    assert load(tmp_path, pin).issues == load(tmp_path, source).issues
    keep(tmp_path, "github", "team/shop", [issue("7", "bug")])
    assert pinned(tmp_path, source) == pin, "the same again"
    keep(tmp_path, "github", "team/shop", [issue("7", "bug"), issue("8")])
    with pytest.raises(TemporaryError, match="run it again"):
        load(tmp_path, pin)


def test_what_was_not_collected_is_said_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    assert not is_collected(tmp_path, "github:team/shop")
    with pytest.raises(NotFound, match="faultcast ingest"):
        pinned(tmp_path, "github:team/shop")
    for wrong in ("team/shop", "github:", "github:../shop", "github:a/../b", "sonarqube:shop", "jira:../x"):
        with pytest.raises(UsageError):
            pinned(tmp_path, wrong)
    assert load(tmp_path, "").issues == {}


@pytest.mark.parametrize(
    ("url", "source"),
    [("https://github.com/team/shop.git", "github:team/shop"), ("git@gitlab.com:a/b/c.git", "gitlab:a/b/c"),
     ("https://token@bitbucket.org/team/shop", "bitbucket:team/shop"), ("ssh://git@git.corp:22/t/s", "github:t/s"),
     ("https://github.com/team/../shop", ""), ("https://example.org/team/shop", ""), ("/srv/shop.git", ""), ("", ""),
     ("https://example.org/github.com/team/shop", ""), ("file:///github.com/team/shop", "")],
)  # fmt: skip
def test_which_source_belongs_to_an_address(url: str, source: str) -> None:
    assert source_of(url, Settings(github_url="https://git.corp/api/v3")) == source
