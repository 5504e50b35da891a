"""What a person sees who learns from a repository that was built to stop the reading, or that holds traps."""

import os
import sys
from pathlib import Path

import pytest
from command_line import CommandLine
from story import FILE, Story, lines

sys.path.insert(0, str(Path(__file__).parents[1] / "history"))

from bombs import FOLDER, folding_tree, giant


def bombed(story: Story) -> tuple[str, str]:
    """Forty ordinary changes around a bomb of trees and a giant; return those two."""
    found = []
    for day in range(40):
        message = "Fix a crash" if day % 4 == 3 else "Change something"
        story.commit(
            message,
            day=day,
            files={"a.py": lines("def f():", f"    return {day}"), f"b{day % 5}.py": lines(f"b = {day}")},
        )
        if day == 20:
            found.append(story.commit("Unfold", day=day, entries={"bomb": (FOLDER, folding_tree(story, "x"))}))
            found.append(story.commit("Grow", day=day, entries={"giant.py": (FILE, giant(story, 2000, "giant"))}))
    return found[0], found[1]


def test_label_tells_what_it_left_out_and_goes_on(faultcast: CommandLine, story: Story) -> None:
    bombed(story)
    ended = faultcast("label", story.path, "--json")
    assert ended.code == 0, ended.err
    assert len(ended.data["fixes"]) == 10
    assert any(one["is_inducing"] for one in ended.data["labels"])
    assert "Traceback" not in ended.err


def test_run_tells_each_commit_and_its_reason(faultcast: CommandLine, story: Story) -> None:
    tree, blob = bombed(story)
    ended = faultcast("run", story.path, "--json")
    assert ended.code in {0, 4}, ended.err
    mine = next(stage for stage in ended.data["stages"] if stage["stage"] == "mine")
    told = [text for text in mine["found"] if "was skipped" in text]
    assert len(told) == 2
    assert told[0] == f"the diff of {tree[:10]} was skipped: it changes more than 20,000 files"
    assert told[1].startswith(f"the diff of {blob[:10]} was skipped: fatal: Out of memory")
    assert told[1].endswith("; 1 of its files count as binary")
    assert "Traceback" not in ended.err


def test_a_fifo_among_the_objects_is_named(faultcast: CommandLine, story: Story) -> None:
    story.commit("one", files={"a": "1"})
    os.mkfifo(story.git_dir / "objects" / "pack" / "x.pack")
    ended = faultcast("label", story.path, "--json")
    assert ended.code == 3
    assert "x.pack: found a FIFO, expected a plain file of git's" in ended.data["error"]["message"]


@pytest.mark.parametrize("revision", ["--upload-pack=x", "HEAD^{/(a+)+$}", "x" * 5000, "HEAD..HEAD", "@{u}"])
def test_a_hostile_revision_is_refused(faultcast: CommandLine, story: Story, revision: str) -> None:
    story.commit("one", files={"a": "1"})
    ended = faultcast("label", story.path, f"--revision={revision}", "--json")
    assert ended.code == 3
    assert ended.data["error"]["message"]
    assert len(ended.err) < 2000
