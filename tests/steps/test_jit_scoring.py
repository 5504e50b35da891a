"""One commit from a saved state: the same row, byte for byte, as a run that mined everything."""

import json
import shutil
from pathlib import Path

import pytest
from state_story import Ran, as_bytes, ran
from story import Story, git

from faultcast.demo import write_repository
from faultcast.errors import NotFound, ShallowRepository, UnknownRevision, UnsafeArtifact, UsageError
from faultcast.settings import Settings
from faultcast.steps.jit import score_commit
from faultcast.steps.keep import keep


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FAULTCAST_NUM_WORKERS", "1")
    return Settings(home=tmp_path / "home")


def told(story: Story) -> list[str]:
    """Nine commits of two people on three files, one of them renamed."""
    ids = [story.commit("Begin", files={"a.py": "def a(x):\n    return x\n", "b/c.js": "let y = 1\n"})]
    for day in range(1, 9):
        text = "".join(f"def f{i}(x):\n    return x if x else {i}\n" for i in range(day))
        ids.append(
            story.commit(
                "Fix a crash" if day % 3 == 0 else f"Grow, day {day}",
                by="ben" if day % 2 else "ana",
                day=day,
                files={"d.py" if day > 4 else "a.py": text, "b/c.js": f"let y = {day}\n"},
                renames={"a.py": "d.py"} if day == 5 else None,
            )
        )
    return ids


@pytest.mark.parametrize("seed", [3, 11])
def test_the_rows_of_a_full_run_byte_for_byte(seed: int, tmp_path: Path, now: Settings) -> None:
    """On planted histories with branches and merges, 1 to 8 commits after the state."""
    shop = tmp_path / "shop"
    write_repository(shop, seed, 120, 0.3)
    ids = git(shop, "rev-list", "--date-order", "--reverse", "HEAD").split()
    keep(ran(shop, ids[-9], now, tmp_path / "before").run, now, str(tmp_path / "state"))
    exact = 0
    for number, commit in enumerate(ids[-8:]):
        full = ran(shop, commit, now, tmp_path / f"full{number}")
        found = score_commit(str(shop), commit, str(tmp_path / "state"), now)
        if found.change is None:
            assert commit not in full.rows  # a merge
        elif not found.differs:
            assert as_bytes(found.row) == as_bytes(full.rows[commit])
            exact += 1
    assert exact >= 4


def test_several_commits_after_the_state_and_what_is_told(story: Story, tmp_path: Path, now: Settings) -> None:
    ids = told(story)
    keep(ran(story.path, ids[3], now, tmp_path / "before").run, now, str(tmp_path / "state"))
    full = ran(story.path, ids[-1], now, tmp_path / "full")
    for behind, commit in enumerate(ids[4:], 1):
        found = score_commit(str(story.path), commit, str(tmp_path / "state"), now)
        assert (found.behind, found.differs) == (behind, ())
        assert as_bytes(found.row) == as_bytes(full.rows[commit])
        assert found.change is not None
        assert (found.change["commit"], found.model) == (commit, {"name": "simple", "version": "1", "basis": "model"})
    assert found.change["risk"] == pytest.approx(0.8 if full.rows[commit]["lines_added"][0].as_py() > 9 else 0.1)


def test_what_the_state_has_seen_keeps_its_row(story: Story, tmp_path: Path, now: Settings) -> None:
    ids = told(story)
    full = ran(story.path, ids[-1], now, tmp_path / "full")
    keep(full.run, now)
    state = str(now.home / "repositories" / full.run.repo_id / "state")
    for commit in ids:
        found = score_commit(str(story.path), commit, state, now)
        assert (found.behind, as_bytes(found.row)) == (0, as_bytes(full.rows[commit]))


def test_a_branch_older_than_the_state_is_told(story: Story, tmp_path: Path, now: Settings) -> None:
    """A run that ended at the branch would never have seen the main line, or would have seen it later."""
    ids = told(story)
    story.branch("topic", ids[2])
    side = story.commit("On the side", day=20, files={"e.py": "x = 1\n"}, on="topic")
    keep(ran(story.path, ids[-1], now, tmp_path / "full").run, now, str(tmp_path / "state"))
    found = score_commit(str(story.path), side, str(tmp_path / "state"), now)
    assert (found.behind, len(found.differs)) == (1, 1)
    assert "does not build on" in found.differs[0]
    assert found.row["author_changes"][0].as_py() == 5  # all that ana did, on both lines


def test_a_changed_mailmap_is_told(story: Story, tmp_path: Path, now: Settings) -> None:
    ids = told(story)
    keep(ran(story.path, ids[-1], now, tmp_path / "full").run, now, str(tmp_path / "state"))
    mapped = story.commit("Map", day=9, files={".mailmap": "Ben <ana@example.org> <ben@example.org>\n"})
    (difference,) = score_commit(str(story.path), mapped, str(tmp_path / "state"), now).differs
    assert difference.startswith(".mailmap changed")


def state_of(story: Story, now: Settings, tmp_path: Path) -> tuple[Ran, list[str], Path]:
    ids = told(story)
    before = ran(story.path, ids[-2], now, tmp_path / "before")
    keep(before.run, now, str(tmp_path / "state"))
    return before, ids, tmp_path / "state"


def test_a_merge_has_no_risk_of_its_own(story: Story, tmp_path: Path, now: Settings) -> None:
    _, ids, state = state_of(story, now, tmp_path)
    story.branch("topic", ids[-1])
    story.commit("On the side", day=20, files={"e.py": "x = 1\n"}, on="topic")
    story.commit("On the main line", day=21, files={"g.py": "x = 1\n"})
    merge = story.merge("topic", day=22)
    found = score_commit(str(story.path), merge, str(state), now)
    assert (found.change, len(found.row), found.behind) == (None, 0, 4)


def test_what_is_missing_is_named(story: Story, tmp_path: Path, now: Settings) -> None:
    _, ids, state = state_of(story, now, tmp_path)
    with pytest.raises(NotFound, match=r"found no state\.json, expected the state of a history"):
        score_commit(str(story.path), ids[-1], str(tmp_path / "nowhere"), now)
    with pytest.raises(UnknownRevision, match="names no commit"):
        score_commit(str(story.path), "nothing", str(state), now)
    other = Story(tmp_path / "other")
    other.commit("Begin", files={"z": "1"})
    with pytest.raises(UnknownRevision, match=r"The state ends at .* which is not in this repository"):
        score_commit(str(other.path), "HEAD", str(state), now)
    git(tmp_path, "clone", "-q", "--depth", "1", story.path.as_uri(), str(tmp_path / "shallow"))
    with pytest.raises(ShallowRepository):
        score_commit(str(tmp_path / "shallow"), "HEAD", str(state), now)


def test_another_key_is_refused_and_the_right_one_can_be_given(story: Story, tmp_path: Path, now: Settings) -> None:
    before, ids, state = state_of(story, now, tmp_path)
    elsewhere = Settings(home=tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"another key than this machine's\. Set FAULTCAST_IDENTITY_KEY"):
        score_commit(str(story.path), ids[-1], str(state), elsewhere)
    key = (now.home / "identity.key").read_text()
    there = Settings(home=tmp_path / "third", identity_key=key)
    here, away = (score_commit(str(story.path), ids[-1], str(state), where) for where in (now, there))
    assert as_bytes(here.row) == as_bytes(away.row)
    with pytest.raises(UsageError, match="found another key than the one given"):
        score_commit(str(story.path), ids[-1], str(state), Settings(home=elsewhere.home, identity_key=key))
    with pytest.raises(UsageError, match="expected an identity key of 64"):
        score_commit(str(story.path), ids[-1], str(state), Settings(home=tmp_path / "fourth", identity_key="x"))
    assert key not in "".join(path.read_text("latin-1") for path in state.rglob("*") if path.is_file())
    del before


def test_a_state_that_was_changed_is_refused(story: Story, tmp_path: Path, now: Settings) -> None:
    _, ids, state = state_of(story, now, tmp_path)
    (folder,) = state.glob("state-*")
    for name in ("past", "rows.parquet", "model/manifest.json", "model/forest.safetensors"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + b"?")
        with pytest.raises(UnsafeArtifact, match=r"is not the file that state\.json lists"):
            score_commit(str(story.path), ids[-1], str(state), now)
        (folder / name).write_bytes(content)
    about = json.loads((state / "state.json").read_text())
    for changed in (
        {"folder": "../elsewhere"},
        {"files": {"../past": "0"}},
        {"files": {"model/..": "0"}},
        {"revision": "^HEAD"},
    ):
        (state / "state.json").write_text(json.dumps(about | changed))
        with pytest.raises(UnsafeArtifact, match="names files that no state has"):
            score_commit(str(story.path), ids[-1], str(state), now)
    (state / "state.json").write_text("[]")
    with pytest.raises(UnsafeArtifact, match="is none of a history"):
        score_commit(str(story.path), ids[-1], str(state), now)


def test_a_newer_state_replaces_the_older_and_leaves_the_last_for_its_readers(
    story: Story, tmp_path: Path, now: Settings
) -> None:
    _, ids, state = state_of(story, now, tmp_path)
    (first,) = state.glob("state-*")
    for number, commit in enumerate((ids[-1], story.commit("More", day=30, files={"z.py": "1\n"}))):
        keep(ran(story.path, commit, now, tmp_path / f"again{number}").run, now, str(state))
        assert first.exists() == (number == 0)
        assert len(list(state.glob("state-*"))) == 2
    assert not [path for path in state.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert not list(state.rglob(".*"))
    shutil.rmtree(tmp_path / "before")  # a state stands on its own
    assert score_commit(str(story.path), commit, str(state), now).behind == 0
