"""A run that is stopped in the middle: what it finished is kept, nothing of it goes on, the next one resumes."""

import os
import signal
from pathlib import Path

import pytest
from command_line import CommandLine, alive, states, wait_until
from story import Story

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")


@pytest.fixture
def quiet_repository(tmp_path: Path) -> Path:
    """Enough changes for a model, not one fix among them."""
    story = Story(tmp_path / "quiet")
    for day in range(220):
        story.commit(f"Extend page {day}", day=day, files={f"page{day % 7}.py": f"title = {day}\nlines = {day % 5}\n"})
    return story.path


def test_ctrl_c_kill_a_second_run_and_the_end_of_the_story(faultcast: CommandLine, quiet_repository: Path) -> None:
    faultcast.settings["MIN_SAMPLES_FOR_DECISION"] = "10"

    # Ctrl-C while a stage is at work.
    first = faultcast.start("run", quiet_repository, "--json")
    wait_until(lambda: faultcast.is_done("mine", run=1))
    os.killpg(first.pid, signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "faultcast: Interrupted. Finished stages are kept: run again to go on." in err
    assert "Traceback" not in err
    assert '"type": "Interrupted"' in out
    assert alive(faultcast.home) == []

    # Killed without a chance to tidy up.
    second = faultcast.start("run", quiet_repository, "--json")
    wait_until(lambda: faultcast.is_done("describe", run=2) and faultcast.is_done("label", run=2))
    second.kill()
    second.communicate(timeout=60)
    wait_until(lambda: alive(faultcast.home) == [])

    # Resumed; and while that works, one more is turned away.
    third = faultcast.start("run", quiet_repository, "--json")
    wait_until(lambda: faultcast.is_done("mine", run=3))
    fourth = faultcast("run", quiet_repository, "--json")
    assert fourth.code == 1
    assert f"is in progress (process {third.pid})" in fourth.data["error"]["message"]
    assert "Wait until it ends" in fourth.data["error"]["message"]
    out, err = third.communicate(timeout=200)
    assert third.returncode == 4, err

    # What a history without fixes comes to.
    found = faultcast("run", quiet_repository, "--json")
    assert found.code == 4
    assert set(states(found.data).values()) == {"cached"}
    assert (found.data["fixes"], found.data["inducing"]) == (0, 0)
    few = found.data["dataset"]["insufficient"]
    assert few["message"].startswith("Insufficient samples: 0 inducing changes in the train split, at least ")
    resumed = err.splitlines()
    assert [line for line in resumed if "reused" in line and "mine" in line]
    assert [line for line in resumed if "reused" in line and "describe" in line]
    assert [line for line in resumed if "reused" in line and "report" in line] == []
