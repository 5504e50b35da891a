"""An author is forgotten: nothing below the state folder tells of them any more, and nothing read again does."""

import json
from pathlib import Path

import pytest
from state_story import ran
from story import Story, git
from telling import telling

from faultcast.adapters import prediction_log
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import pseudonyms
from faultcast.adapters.streams.embedded import EmbeddedBroker
from faultcast.adapters.streams.shape import Outgoing
from faultcast.adapters.trackers import tables
from faultcast.adapters.trackers.records import STREAMS, Issue
from faultcast.cli import main
from faultcast.errors import NotFound, UsageError
from faultcast.feedback import Feedback, Opinion, Vote
from faultcast.history.identity import FORGOTTEN
from faultcast.records import Band, LoggedPrediction
from faultcast.settings import Settings
from faultcast.steps.forget import forget
from faultcast.steps.jit import score_commit
from faultcast.steps.keep import keep

ADDRESS = "ben@example.org"


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FAULTCAST_NUM_WORKERS", "1")
    return Settings(home=tmp_path / "home")


def told(story: Story) -> None:
    for day in range(6):
        story.commit(f"Day {day}", by="ben" if day % 2 else "ana", day=day, files={f"{day}.py": f"x = {day}\n"})


def collected(now: Settings, author: str) -> Path:
    """What a tracker told: tables, a journal, and events that are on their way; and what somebody said of a change."""
    folder = now.home / "ingest" / "github" / "team" / "shop"
    folder.mkdir(parents=True)
    issue = Issue("1", "1", "Crash", f"Ben Jonson saw it, {ADDRESS} too", ("bug",), "", "open", author, 1, 1, None)
    tables.write({stream: {"1": issue} if stream == "issues" else {} for stream in STREAMS}, folder)
    (folder / "journal.jsonl").write_text(json.dumps({"records": [{"author": author}]}) + "\n")
    broker = EmbeddedBroker(now.home / "streams" / "broker.sqlite")
    broker.publish([Outgoing("raw-code", "k", json.dumps({"author": author, "text": "x" * 9000}).encode())])
    broker.close()
    log = prediction_log.opened(now)
    log.append_now([LoggedPrediction("p-1", 1.0, "shop", "c" * 40, 0.5, Band.LOW, "m", "1", "champion")])
    Feedback(log.store).vote(Vote("p-1", "ana", Opinion.INDUCING, 2.0, comment=f"{author} broke it, ask {ADDRESS}"))
    log.close()
    return folder


def test_nothing_tells_of_a_forgotten_author(story: Story, tmp_path: Path, now: Settings) -> None:
    told(story)
    identify = pseudonyms(now)
    ben, on_github = identify.pseudonym(ADDRESS), identify.pseudonym("github:ben")
    tables_folder = collected(now, on_github)
    before = ran(story.path, "HEAD", now, now.home / "kfp" / Places(now.home, str(story.path)).repo_id / "artifacts")
    keep(before.run, now)
    git(tmp_path, "clone", "-q", "--bare", str(story.path), str(now.home / "mirrors" / "shop-00.git"))
    where = telling(now.home, ben, on_github)
    assert {name.split("/")[0] for name in where} == {"ingest", "kfp", "predictions.db", "repositories", "streams"}

    planned = forget("Ben", now, dry_run=True)
    assert telling(now.home, ben, on_github) == where
    assert not Places(now.home, "").forgotten.exists()

    found = forget("Ben", now)
    assert (found.places, found.left, found.again) == (planned.places, (), (str(story.path),))
    assert telling(now.home, ben, on_github, ADDRESS, "example.org") == [
        "ingest/github/team/shop/issues.parquet", "predictions.db",
    ]  # fmt: skip
    assert not list((now.home / "mirrors").iterdir())
    (issue,) = tables.load_issues(tables_folder).values()
    assert (issue.author, issue.title) == (FORGOTTEN, "Crash")
    assert Places(now.home, "").forgotten.stat().st_mode & 0o777 == 0o600

    assert [erased.place for erased in forget(ADDRESS, now).places] == [
        "ingest/github/team/shop/issues.parquet", "predictions.db",
    ]  # fmt: skip
    (issue,) = tables.load_issues(tables_folder).values()
    assert issue.text == "Ben Jonson saw it, (address) too"
    assert forget("Ben Jonson", now).left == ()
    assert telling(now.home, ben, on_github, ADDRESS, "Jonson") == []
    assert forget("Ben", now).places == ()  # a second time there is nothing left to do


def test_whoever_was_forgotten_is_one_author_from_then_on(story: Story, tmp_path: Path, now: Settings) -> None:
    told(story)
    keep(ran(story.path, "HEAD", now, tmp_path / "before").run, now)
    forget(ADDRESS, now)
    after = ran(story.path, "HEAD", now, tmp_path / "after")
    authors = [row["author"][0].as_py() for row in after.rows.values()]
    assert authors == [pseudonyms(now)("Ana", "ana@example.org"), FORGOTTEN] * 3
    keep(after.run, now, str(tmp_path / "state"))
    newer = story.commit("Go on", by="ben", day=9, files={"9.py": "x\n"})
    key = (now.home / "identity.key").read_text()
    elsewhere = Settings(home=tmp_path / "elsewhere", identity_key=key)  # a state takes the forgotten with it
    row = score_commit(str(story.path), newer, str(tmp_path / "state"), elsewhere).row
    assert (row["author"][0].as_py(), row["author_changes"][0].as_py()) == (FORGOTTEN, 3)


def test_a_name_is_found_through_the_history_and_its_mailmap(story: Story, tmp_path: Path, now: Settings) -> None:
    story.commit("One", author="Bo <old@example.org>", files={"a": "1"})
    story.commit("Two", author="Bo Lee <bo@example.org>", day=1, files={"a": "2"})
    story.commit("Map", day=2, files={".mailmap": "Bo Lee <bo@example.org> <old@example.org>\n"})
    for given in ("bo lee", "OLD@example.org", pseudonyms(now).pseudonym("bo@example.org")):
        ran(story.path, "HEAD", now, tmp_path / given.replace("@", "-"))
        forget(given, now)
        after = ran(story.path, "HEAD", now, tmp_path / f"after-{given}")
        authors = {row["author"][0].as_py() for row in after.rows.values()}
        assert authors == {FORGOTTEN, pseudonyms(now)("Ana", "ana@example.org")}
        Places(now.home, "").forgotten.unlink()


def test_who_only_reviewed_is_forgotten_by_name(story: Story, tmp_path: Path, now: Settings) -> None:
    story.commit("One\n\nReviewed-by: Cy Twist <cy@example.org>\nCc: Cy Twist <cy@example.org>", files={"a.py": "1\n"})
    keep(ran(story.path, "HEAD", now, now.home / "kfp" / "shop" / "artifacts").run, now)
    cy = pseudonyms(now).pseudonym("cy@example.org")
    assert telling(now.home, cy)
    assert forget("Cy Twist", now).left == ()
    assert telling(now.home, cy, "Twist") == []


def test_killed_in_the_middle_it_goes_on(
    story: Story, tmp_path: Path, now: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Remembered first: what is killed while it erases has already made sure that nobody is read again."""
    told(story)
    keep(ran(story.path, "HEAD", now, tmp_path / "run").run, now)
    collected(now, pseudonyms(now).pseudonym(ADDRESS))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("faultcast.adapters.traces.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(ADDRESS, now)
    assert pseudonyms(now)("Ben", ADDRESS) == FORGOTTEN
    assert forget(ADDRESS, now).left == ()
    assert telling(now.home, pseudonyms(now).pseudonym(ADDRESS), ADDRESS) == []


def test_on_the_command_line(
    story: Story, tmp_path: Path, now: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(story)
    keep(ran(story.path, "HEAD", now, tmp_path / "run").run, now)
    assert main(["forget", "Ben", "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["dry_run"] is True
    assert [place["became"] for place in planned["places"]] == ["removed"]
    assert main(["forget", "Ben"]) == 0
    out = capsys.readouterr().out
    assert "Remembered as forgotten; 1 places cleaned, 0 left." in out
    assert f"faultcast run {story.path}" in out
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "nobody"))
    assert main(["forget", "Ben", "--json"]) == NotFound.exit_code
    assert main(["forget", " ", "--json"]) == UsageError.exit_code
