"""What people decided about predictions is a label from then on, for `faultcast label` and for the next training."""

import json
from pathlib import Path

import pytest
from story import DAY, START, Story

from faultcast.adapters import label_tables, prediction_log
from faultcast.adapters.places import repo_id
from faultcast.cli import main
from faultcast.cli.labelling import sources
from faultcast.errors import UsageError
from faultcast.feedback import Feedback, Opinion, Vote
from faultcast.records import Band, LoggedPrediction
from faultcast.settings import Settings
from faultcast.steps import corrected
from faultcast.steps.label import label
from faultcast.steps.mine import mine

AS_OF = START + 30 * DAY


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    return Settings(home=tmp_path / "home")


def vote(now: Settings, story: Story, commit: str, opinion: Opinion, day: float, account: str = "ana") -> None:
    """A prediction of the commit, and a correction of it."""
    log = prediction_log.opened(now)
    prediction = LoggedPrediction(
        f"p-{commit}", START + DAY, repo_id(str(story.path)), commit, 0.5, Band.LOW, "m", "1", "champion"
    )
    log.append_now([prediction])
    Feedback(log.store).vote(
        Vote(prediction.prediction_id, account, opinion, START + day * DAY, is_correction=True, fix="f" * 40)
    )
    log.close()


def labelled(story: Story, folder: Path, pinned: str) -> dict[tuple[str, bool], tuple[float, str, str]]:
    """(commit, is inducing) -> (day since when it is known, rule, fix), as the stage writes it."""
    at = {name: str(folder / name) for name in ("history", "labels", "links", "fixes")}
    mine(str(story.path), story.tips["main"], at["history"])
    label(str(story.path), at["history"], at["labels"], at["links"], at["fixes"], AS_OF, 3.0, pinned)
    found = label_tables.read_labels(Path(at["labels"]))
    assert [one.known_at for one in found] == sorted(one.known_at for one in found)
    return {(one.commit, one.is_inducing): ((one.known_at - START) / DAY, one.rule, one.fix) for one in found}


def test_a_correction_is_a_label_from_its_day_on(story: Story, now: Settings, tmp_path: Path) -> None:
    wrong = story.commit("Add", files={"a.py": "x = 1\n"})
    story.commit("More", day=20, files={"b.py": "y = 1\n"})
    assert sources(str(story.path), None, now) == ""  # nobody has voted
    before = labelled(story, tmp_path, "")
    assert (wrong, True) not in before

    vote(now, story, wrong, Opinion.INDUCING, day=10)
    pinned = sources(str(story.path), None, now)
    after = labelled(story, tmp_path, pinned)
    assert after.pop((wrong, True)) == (10.0, "feedback", "f" * 40)
    assert after == before  # what the history tells is told as ever: until day 10 the change was held to be clean


def test_the_same_pin_gives_the_same_labels_whatever_is_voted_since(
    story: Story, now: Settings, tmp_path: Path
) -> None:
    one, other = (story.commit(name, files={f"{name}.py": "x = 1\n"}) for name in ("one", "other"))
    vote(now, story, one, Opinion.INDUCING, day=10)
    first = sources(str(story.path), None, now)
    vote(now, story, other, Opinion.INDUCING, day=11)
    second = sources(str(story.path), None, now)
    assert first != second  # so that a finished stage is not taken for what it would be now
    assert (other, True) not in labelled(story, tmp_path, first)
    assert (other, True) in labelled(story, tmp_path, second)


def test_what_is_voted_after_the_day_is_not_known_yet(story: Story, now: Settings, tmp_path: Path) -> None:
    wrong = story.commit("Add", files={"a.py": "x = 1\n"})
    vote(now, story, wrong, Opinion.INDUCING, day=40)
    assert (wrong, True) not in labelled(story, tmp_path, sources(str(story.path), None, now))


def test_another_repositorys_votes_are_not_taken(story: Story, now: Settings) -> None:
    wrong = story.commit("Add", files={"a.py": "x = 1\n"})
    vote(now, story, wrong, Opinion.INDUCING, day=10)
    assert corrected.pin(now, "another-0123abcd") == ""
    assert corrected.decided("feedback@2e9", now, "another-0123abcd", AS_OF) == []


def test_the_command_tells_of_them_unless_told_not_to(
    story: Story, now: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = story.commit("Add", files={"a.py": "x = 1\n"})
    story.commit("More", day=20, files={"b.py": "y = 1\n"})
    vote(now, story, wrong, Opinion.INDUCING, day=10)
    for asked, expected in ([], 1), (["--issues", "feedback"], 1), (["--issues", "none"], 0):
        assert main(["label", str(story.path), "--json", "--quiet", *asked]) == 0
        found = json.loads(capsys.readouterr().out)["labels"]
        assert sum(one["rule"] == "feedback" for one in found) == expected


def test_what_is_no_pin_is_refused(story: Story, now: Settings, tmp_path: Path) -> None:
    story.commit("Add", files={"a.py": "x = 1\n"})
    with pytest.raises(UsageError, match="feedback@SECONDS"):
        labelled(story, tmp_path, "feedback@yesterday")
