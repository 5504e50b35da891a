"""A repository with everything odd in it at once, learnt from on a disk that is too small at first."""

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from command_line import PROGRAM, CommandLine, states
from story import Story

pytestmark = pytest.mark.xdist_group("odd")  # the tests share one run: keep them in one process

SIZES = ("4k", "700k", "1500k", "100m")
"""The first ends in the very first files, the next in the feature store, the third in MLflow's database."""

NAMESPACES = (["unshare", "--mount"], ["unshare", "--mount", "--user", "--map-root-user"])
PATHS = (
    b"a b.py",
    b"qu\"o'te.py",
    b"new\nline.py",
    b"tab\t.py",
    b"latin\xe9.py",
    "käfer🐛.js".encode(),
    b"--end.py",
    b"$(id).py",
)
MESSAGES = (
    b"add \xe9\xff, broken \xc3\x28",
    "修复 bug #12".encode("gbk"),
    b"",
    b"Fixes #7\n\n\x1b[31mred\x1b[0m",
    b"fix: a crash",
)


@dataclass
class Learnt:
    """What the runs came to: size of the disk -> exit code, what was printed, what was said."""

    story: Story
    lost: tuple[str, str]
    codes: dict[str, int]
    printed: dict[str, Any] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)


def odd_story(folder: Path) -> tuple[Story, tuple[str, str]]:
    """Forty changes by people and to files with odd names; return also the two whose diffs cannot be made."""
    story = Story(folder)
    commits = []
    for day in range(40):
        body = b"".join(b"def f%d():\n    return %d\n" % (line, day) for line in range(5 + day % 3))
        commits.append(
            story.commit(
                MESSAGES[day % len(MESSAGES)],
                day=day,
                files={PATHS[day % len(PATHS)]: body},
                author=b"\xe9t\xe9 \xff <e%d@example.org>" % (day % 3),
                headers=b"encoding ISO-8859-15\n" if day % 5 == 0 else b"",
            )
        )
    story.lose(story.trees[commits[25]][PATHS[1]][1])  # written on day 25, replaced on day 33
    return story, (commits[25], commits[33])


def own_mounts(folder: Path) -> list[str]:
    """The command in which one may mount: for root, or where users may have namespaces; empty: there is none."""
    trial = f"mount -t tmpfs -o size=4k tmpfs {shlex.quote(str(folder))}"
    for command in NAMESPACES if shutil.which("unshare") else ():
        if subprocess.run([*command, "sh", "-c", trial], capture_output=True, check=False).returncode == 0:
            return command
    return []


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    folder = tmp_path_factory.mktemp("odd")
    story, lost = odd_story(folder / 'it\'s a "strange"\nname')
    faultcast = CommandLine(folder / "state folder")
    faultcast.home.mkdir()
    namespace = own_mounts(faultcast.home)
    sizes = SIZES if namespace else SIZES[-1:]
    home, repository, program = (shlex.quote(str(path)) for path in (faultcast.home, story.path, PROGRAM))
    script = [f"mount -t tmpfs -o size=4k tmpfs {home} || exit 99"] if namespace else []
    for size in sizes:
        script += [f"mount -o remount,size={size} {home}"] if namespace else []
        script += [f"{program} run {repository} --json > {size}.json 2> {size}.err; echo $?"]
    script += [f"cp {home}/repositories/*/report.html {shlex.quote(str(folder))}/report.html"]
    ended = subprocess.run(
        [*namespace, "sh", "-c", "\n".join(script)],
        cwd=folder,
        env=faultcast.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = Learnt(story, lost, dict(zip(sizes, map(int, ended.stdout.split()), strict=True)))
    for size in sizes:
        found.printed[size] = json.loads((folder / f"{size}.json").read_text("utf-8"))
        found.said[size] = (folder / f"{size}.err").read_text("utf-8")
    found.printed["page"] = (folder / "report.html").read_text("utf-8")
    return found


def test_a_full_disk_is_named(learnt: Learnt) -> None:
    if SIZES[0] not in learnt.codes:
        pytest.skip("nobody may mount a small file system here")
    for size in SIZES[:3]:
        assert learnt.codes[size] == 7, learnt.said[size]
        error = learnt.printed[size]["error"]
        assert re.search(r"(?i)\bthe disk is full\b.* run again", error["message"])
        assert "Traceback" not in learnt.said[size]


def test_the_next_run_with_space_goes_on(learnt: Learnt) -> None:
    if SIZES[0] not in learnt.codes:
        pytest.skip("nobody may mount a small file system here")
    assert states(learnt.printed[SIZES[-1]])["mine"] == "cached"
    assert states(learnt.printed[SIZES[-1]])["report"] == "done"


def test_too_few_changes_are_ranked_by_lines_added_alone(learnt: Learnt) -> None:
    assert learnt.codes[SIZES[-1]] == 4
    found = learnt.printed[SIZES[-1]]
    few = found["dataset"]["insufficient"]
    assert few["message"].startswith(f"Insufficient samples: {few['found']} ")
    assert f"at least {few['needed']} are needed" in few["message"]
    assert found["model"]["basis"] == "lines_added"
    assert (found["model"]["version"], found["chosen"], found["evaluation"]) == ("", None, {})
    assert len(found["changes"]) == 10
    assert few["message"] in learnt.printed["page"]


def test_odd_names_and_messages_are_read(learnt: Learnt) -> None:
    found = learnt.printed[SIZES[-1]]
    assert (found["repository"], found["commits"]) == (str(learnt.story.path), 40)
    assert found["fixes"] > 0
    assert all(change["author"].startswith("author-") for change in found["changes"])
    assert "\x1b" not in learnt.said[SIZES[-1]]
    assert "\x1b" not in learnt.printed["page"]


def test_a_missing_blob_costs_two_diffs_and_is_told(learnt: Learnt) -> None:
    mine = next(stage for stage in learnt.printed[SIZES[-1]]["stages"] if stage["stage"] == "mine")
    skipped = [text for text in mine["found"] if "was skipped" in text]
    assert sorted(text.split()[3] for text in skipped) == sorted(commit[:10] for commit in learnt.lost)
