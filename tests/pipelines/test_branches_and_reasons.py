"""What runs after a verdict, and why a stage was not reused; with KFP's real runner."""

from pathlib import Path

import pytest
from toy_runs import Toy

from faultcast.cli.stages import stage_data, stage_lines
from faultcast.records import Outcome
from pipelines.learning import PASS
from pipelines.local import run_pipeline
from pipelines.reasons import ALWAYS, FIRST, GONE
from pipelines.results import RunResult


def fork(toy: Toy, wanted: str, image: str = "toy-python:1") -> RunResult:
    arguments = {"control": str(toy.control), "wanted": wanted, "aside": "", "image": image}
    return run_pipeline("toy_pipelines:fork", arguments, name="toy-1", home=toy.home, on_event=toy.events.append)


def states(result: RunResult) -> dict[str, str]:
    return {task.stage: task.state for task in result.tasks}


def whys(result: RunResult) -> dict[str, str]:
    return {task.stage: task.why for task in result.tasks}


def test_the_branch_that_ran_hands_its_artifact_on(toy: Toy) -> None:
    passed, failed = fork(toy, "PASS"), fork(toy, "FAIL")

    assert list(states(passed)) == ["judge", "accept", "serve", "tell"]
    assert list(states(failed)) == ["judge", "refuse", "tell"]
    assert passed.artifact("tell", "told").read_text() == "accepted"
    assert failed.artifact("tell", "told").read_text() == "refused"
    assert Outcome.PASS.value == PASS

    again = fork(toy, "PASS")
    assert states(again) == {"judge": "cached", "accept": "cached", "serve": "done", "tell": "cached"}
    assert whys(again) == {"judge": "", "accept": "", "serve": ALWAYS, "tell": ""}


def test_a_stage_tells_which_input_setting_or_file_changed(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    first = toy.run()
    assert whys(first) == dict.fromkeys(("first", "second half", "third"), FIRST)

    other = toy.run(number=8)
    assert whys(other) == {"first": "number 7 -> 8", "second half": "another table", "third": "another folder"}

    monkeypatch.setenv("FAULTCAST_WINDOW_DAYS", "30")
    set_otherwise = toy.run(number=8, image="toy-python:2")
    assert whys(set_otherwise)["first"] == "setting window_days 90 -> 30"
    assert whys(set_otherwise)["third"] == "another folder; setting window_days 90 -> 30"

    set_otherwise.artifact("third", "page").unlink()
    last = toy.run(number=8, image="toy-python:2")
    assert states(last) == {"first": "cached", "second half": "cached", "third": "done"}
    assert whys(last)["third"] == GONE

    lines = stage_lines(last)
    assert lines[0].split() == ["stage", "state", "seconds", "artifacts", "why", "it", "ran"]
    assert [line.split("  ")[1].strip() for line in lines[1:]] == ["first", "second half", "third"]
    assert lines[-1].endswith(GONE)
    assert [one["why"] for one in stage_data(last)] == ["", "", GONE]


def test_a_changed_source_file_is_named(tmp_path: Path) -> None:
    from components.base import local_image, program
    from faultcast.settings import Settings
    from pipelines import reasons

    (tmp_path / "faultcast").mkdir()
    source = tmp_path / "faultcast" / "thing.py"
    source.write_text("a = 1\n")
    image, before = local_image(Settings(), tmp_path), program(Settings(), tmp_path)
    reasons.keep(tmp_path / "parts", "mine", reasons.parts_of("run", {"n": 1}, before))
    source.write_text("a = 2\n")
    (tmp_path / "faultcast" / "more.py").write_text("")
    now = program(Settings(), tmp_path)

    assert local_image(Settings(), tmp_path) != image
    told = reasons.why(tmp_path / "parts", "mine", reasons.parts_of("run", {"n": 1}, now))
    assert told == "faultcast/more.py is new; faultcast/thing.py changed"
    assert (
        reasons.why(tmp_path / "parts", "mine", reasons.parts_of("walk", {"n": 1}, before)) == "its component changed"
    )
