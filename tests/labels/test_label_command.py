"""``faultcast label``: told in the terminal and as JSON, as of any day."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from story import DAY, START, Story, lines

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import origin
from faultcast.adapters.trackers import Issue, Record, tables
from faultcast.adapters.trackers.records import STREAMS
from faultcast.cli import main
from faultcast.cli.labelling import instant
from faultcast.errors import NotFound, UsageError
from faultcast.history import store
from faultcast.history.git import origin as git_origin
from faultcast.labels import VARIANTS


@pytest.fixture
def told(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Story, str, str]:
    """A fault and its fix five days later; state lies beside."""
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    story.commit("Add", files={"src/a.py": lines("price = cart.price")})
    bad = story.commit("Count, too", by="ben", files={"src/a.py": lines("price = cart.price - count")}, day=1)
    fix = story.commit("Fix crash in price (#3)", files={"src/a.py": lines("price = cart.price * count")}, day=6)
    return story, bad, fix


def test_it_tells_what_was_found(told: tuple[Story, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    story, bad, fix = told
    assert main(["label", str(story.path)]) == 0
    out, err = capsys.readouterr()
    assert "1 fixes, 1 of them traced by 1 links (1 by deleted lines)" in out
    (row,) = (line for line in out.splitlines() if bad[:10] in line)
    assert row.split()[:5] == ["2021-01-10", "85%", bad[:10], "2021-01-05", fix[:10]]
    assert row.endswith("Count, too")
    assert "Mining" in err


def test_json_tells_every_label_and_link(told: tuple[Story, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    story, bad, fix = told
    assert main(["label", str(story.path), "--json", "--quiet", "--ripening-days", "2"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    assert (found["as_of"], found["variant"], found["ripening_days"]) == (START + 6 * DAY, "ours", 2.0)
    (link,) = found["links"]
    assert (link["fix"], link["inducing"], link["rule"], link["known_at"]) == (
        fix,
        bad,
        "deleted lines",
        START + 6 * DAY,
    )
    of_bad = [(one["is_inducing"], one["known_at"]) for one in found["labels"] if one["commit"] == bad]
    assert of_bad == [(False, START + 3 * DAY), (True, START + 6 * DAY)]


def test_as_of_an_earlier_day_the_fix_is_not_known(
    told: tuple[Story, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    story, _, _ = told
    assert main(["label", str(story.path), "--as-of", "2021-01-09", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"] == []
    assert main(["label", str(story.path), "--as-of", "2021-01-10", "--variant", "b", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (len(found["links"]), found["variant"]) == (1, "b")


def test_the_last_run_s_history_is_used_again(
    told: tuple[Story, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story, _, fix = told
    kept = tmp_path / "kept.parquet"
    store.write_commits([], kept)  # a history that tells itself apart from what mining would find
    places = Places((tmp_path / "home").resolve(), str(story.path.resolve()))
    run = runs.Run(places.location, places.repo_id, fix, 0, "", {"mine/history": str(kept)})
    runs.save(run, places)
    assert main(["label", str(story.path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out)["labels"], err) == ([], "")
    kept.unlink()
    assert main(["label", str(story.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"]


@pytest.fixture
def collected(tmp_path: Path) -> Callable[..., str]:
    """Write what a tracker told of team/shop: one wish."""

    def write(provider: str = "github") -> str:
        folder = tmp_path / "home" / "ingest" / provider / "team+shop"
        folder.mkdir(parents=True, exist_ok=True)
        wish = Issue("30", "3", "More", "", ("enhancement",), "", "open", "author-1", START, START, None)
        empty: dict[str, dict[str, Record]] = {stream: {} for stream in STREAMS}
        tables.write(empty | {"issues": {"30": wish}}, folder)
        return f"{provider}:team/shop"

    return write


def told_of_issues(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[str], object]:
    assert main(["label", *arguments, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    return [fix["commit"] for fix in found["fixes"]], found["issues"]


@pytest.mark.parametrize(
    "url", ["https://github.com/team/shop.git", "git@github.com:team/shop", "ssh://git@github.com/team/shop"]
)
def test_issues_of_the_repository_s_own_address_are_used(
    told: tuple[Story, str, str], collected: Callable[..., str], capsys: pytest.CaptureFixture[str], url: str
) -> None:
    story, _, fix = told
    nothing = {"from": "", "known": 0, "used": 0}
    with (story.git_dir / "config").open("a") as config:
        config.write(f'[remote "origin"]\n\turl = {url}\n')
    assert told_of_issues(capsys, str(story.path)) == ([fix], nothing)  # nothing collected yet
    collected()
    fixes, issues = told_of_issues(capsys, str(story.path))
    assert isinstance(issues, dict)
    assert (fixes, issues["known"], issues["used"]) == ([fix], 1, 1)  # `(#3)` names the wish, and does not close it
    assert issues["from"].startswith("github:team/shop@")
    assert told_of_issues(capsys, str(story.path), "--issues", "none") == ([fix], nothing)


def test_issues_may_be_named(
    told: tuple[Story, str, str], collected: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    story, _, fix = told
    assert main(["label", str(story.path), "--issues", "gitlab:team/shop"]) == NotFound.exit_code
    assert "faultcast ingest" in capsys.readouterr().err
    fixes, issues = told_of_issues(capsys, str(story.path), "--issues", collected("gitlab"))
    assert (fixes, issues["used"]) == ([fix], 1)  # type: ignore[index]
    for wrong in ("team/shop", "github:../../x", "sarif:x"):
        assert main(["label", str(story.path), "--issues", wrong]) == UsageError.exit_code


def test_a_repository_s_configuration_is_only_parsed(told: tuple[Story, str, str], tmp_path: Path) -> None:
    story, _, _ = told
    other = tmp_path / "other"
    other.write_text('[remote "origin"]\n\turl = https://github.com/team/other\n')
    config = story.git_dir / "config"
    kept = config.read_text() if config.exists() else ""
    config.write_text(f"{kept}[include]\n\tpath = {other}\n")
    assert origin(str(story.path)) == ""
    config.unlink()
    config.symlink_to("/dev/zero")
    assert git_origin(story.git_dir) == ""


def test_a_day_is_meant_whole_and_an_instant_exactly() -> None:
    assert instant("2021-01-04") == START + DAY - 1
    assert instant("2021-01-04T00:00:00") == instant("2021-01-04T01:00:00+01:00") == START
    with pytest.raises(UsageError, match="expected a day"):
        instant("yesterday")


def test_the_variants_offered_are_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["label", "--help"])
    assert f"{{{','.join(VARIANTS)}}}" in capsys.readouterr().out
