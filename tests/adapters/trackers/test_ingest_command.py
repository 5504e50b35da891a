"""What is typed wrong is said before anybody is asked."""

from pathlib import Path

import pytest
from fake_github import FakeGithub
from fake_server import FakeServer
from ingest_process import finished

from faultcast.adapters.trackers import check_name, state_of
from faultcast.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--repositories", "shop"), "found 'shop', expected owner/name"),
        (("--repositories", "team/shop,../../etc"), "found '../../etc', expected owner/name"),
        (("--repositories", " , "), "found no name"),
        (("--days", "0"), "--days: found 0"),
        (("--days", "nan"), "--days: found nan"),
        (("--provider", "jira", "--repositories", "KAFKA"), "FAULTCAST_JIRA_URL is not set"),
        (("--provider", "jira", "--repositories", 'A" OR project = "B'), "a project's key"),
        (("--pipeline-type", "pulsar"), "invalid choice: 'pulsar'"),
    ],
)
def test_refused_before_asking(server: FakeServer, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    ended = finished(server, tmp_path / "home", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert server.asked == []


def test_several_and_quiet(server: FakeServer, today: FakeGithub, tmp_path: Path) -> None:
    """Each repository has its folder; one named twice is collected once."""
    server.answer = today.answer
    names = ("--repositories", "team/shop, team/shop", "--no-clone", "--quiet", "--days", "1.5")
    ended = finished(server, tmp_path / "home", *names)
    assert (ended.code, ended.err) == (0, "")
    [told] = ended.data["repositories"]
    assert told["folder"] == str(tmp_path / "home" / "ingest" / "github" / "team+shop")
    assert told["records"]["issues"] == 1


@pytest.mark.parametrize(
    "name", ["a/b/c", "a", "a/", "/b", "a/..", "./b", "a/b?x", "a/b#x", "a b/c", "a/b%2f", "ä/b", "a/b\n", "@a/b"]
)
def test_names_that_no_repository_has(name: str) -> None:
    with pytest.raises(UsageError, match="expected owner/name"):
        check_name("github", name)


def test_state_stays_below_home(tmp_path: Path) -> None:
    for provider, name in (("github", "a.b/c-d_e"), ("gitlab", "a/b/c"), ("sonarqube", "o:p"), ("sarif", "../../x.y")):
        assert state_of(tmp_path, provider, name).parent == tmp_path / "ingest" / provider
    assert state_of(tmp_path, "sarif", "a/x.sarif") != state_of(tmp_path, "sarif", "b/x.sarif")
