"""What cannot be learnt from is refused at once, with what was found, what was expected, what to do next."""

from pathlib import Path

import pytest
from command_line import CommandLine
from story import Story, git


def told(faultcast: CommandLine, *arguments: object) -> tuple[int, str]:
    """Exit code and message; the message stands on stderr for people and on stdout as data."""
    ended = faultcast(*arguments, "--json")
    error = ended.data["error"]
    assert error["exit_code"] == ended.code
    assert f"faultcast: {error['message']}" in ended.err
    assert "Traceback" not in ended.err
    return ended.code, error["message"]


@pytest.mark.parametrize("command", ["run", "change"])
def test_not_a_repository(faultcast: CommandLine, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder").mkdir()
    code, message = told(faultcast, command, tmp_path / "folder")
    assert code == 3
    assert f"{tmp_path}/folder: found a folder without a .git, expected a git repository. Give" in message


def test_nothing_there(faultcast: CommandLine, tmp_path: Path) -> None:
    code, message = told(faultcast, "run", tmp_path / "absent")
    assert (code, "absent: found nothing, expected a git repository" in message) == (3, True)


def test_empty_repository(faultcast: CommandLine, tmp_path: Path) -> None:
    code, message = told(faultcast, "run", Story(tmp_path / "empty").path)
    assert code == 3
    assert "found no commit, expected a history to learn from" in message


def test_shallow_clone(faultcast: CommandLine, story: Story, tmp_path: Path) -> None:
    story.commit("one", files={"a": "1"})
    story.commit("two", files={"a": "2"})
    git(tmp_path, "clone", "-q", "--depth", "1", story.path.as_uri(), "shallow")

    code, message = told(faultcast, "run", tmp_path / "shallow")
    assert code == 3
    assert "found a shallow clone, expected the whole history" in message
    assert "git fetch --unshallow" in message


def test_a_forbidden_address(faultcast: CommandLine) -> None:
    for url in ("ext::sh -c id", "git://127.0.0.1/a", "http://127.0.0.1:1/a.git", "https://127.0.0.1/a.git"):
        code, message = told(faultcast, "run", url)
        assert (code, "Traceback" in message) == (3, False), url
    assert not (faultcast.home / "mirrors").exists()


def test_an_unknown_revision(faultcast: CommandLine, story: Story) -> None:
    story.commit("one", files={"a": "1"})
    for arguments in (("run", story.path, "--revision", "nowhere"), ("change", story.path, "nowhere")):
        code, message = told(faultcast, *arguments)
        assert code == 3
        assert "'nowhere' names no commit" in message
        assert "Give a branch, a tag or a commit id" in message


@pytest.mark.parametrize("command", ["score", "report"])
def test_what_needs_a_run_says_so(faultcast: CommandLine, story: Story, command: str) -> None:
    story.commit("one", files={"a": "1"})
    code, message = told(faultcast, command, story.path)
    assert code == 6
    assert f"found no finished run on {story.path} here. Type `faultcast run {story.path}` first" in message


def test_a_merge_is_not_a_change(faultcast: CommandLine, story: Story) -> None:
    story.commit("one", files={"a": "1"})
    story.branch("side")
    story.commit("two", files={"b": "2"}, on="side", day=1)
    story.commit("three", files={"a": "3"}, day=1)
    story.merge("side", day=2)
    code, message = told(faultcast, "change", story.path)
    assert code == 2
    assert "is a merge" in message


@pytest.mark.parametrize("place", ["file/home", "file"])
def test_an_unwritable_state_folder(faultcast: CommandLine, story: Story, tmp_path: Path, place: str) -> None:
    """A file where the folder should be: that stops root, too."""
    story.commit("one", files={"a": "1"})
    (tmp_path / "file").write_text("in the way")
    faultcast.home = tmp_path / place
    for arguments in (("run", story.path), ("demo",), ("change", story.path)):
        code, message = told(faultcast, *arguments)
        assert code == 2
        assert f"{faultcast.home}: " in message
        assert "set FAULTCAST_HOME to a folder that can be written" in message


def test_a_demo_that_cannot_be(faultcast: CommandLine) -> None:
    code, message = told(faultcast, "demo", "--commits", "5")
    assert code == 2
    assert "expected at least" in message


def test_a_repository_is_never_written_to(faultcast: CommandLine, story: Story) -> None:
    story.commit("one", files={"a.py": "x = 1\n"})
    before = {path: path.stat().st_mtime_ns for path in story.path.rglob("*")}
    assert faultcast("change", story.path).code == 0
    assert {path: path.stat().st_mtime_ns for path in story.path.rglob("*")} == before
