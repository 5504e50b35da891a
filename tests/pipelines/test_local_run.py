"""The local runner: reuse, resume, errors, interruption; with real processes and KFP's real runner."""

import os
import signal
from pathlib import Path

import pytest
from toy_runs import Toy, is_alive, wait_until

from faultcast.adapters.places import repo_id
from faultcast.errors import Busy, NotFound, StageFailed
from pipelines.local import run_pipeline
from pipelines.results import RunFailed


def states(toy: Toy, **arguments: object) -> list[str]:
    return [task.state for task in toy.run(**arguments).tasks]  # type: ignore[arg-type]


def test_a_run_tells_its_tasks_and_where_their_artifacts_are(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    result = toy.run()

    assert [(task.stage, task.state) for task in result.tasks] == [
        ("first", "done"),
        ("second half", "done"),
        ("third", "done"),
    ]
    assert result.reused == 0
    assert result.tasks[0].found == ("3 rows",)
    assert result.artifact("first", "table").read_text() == f"7 0.5 {toy.control}"
    assert result.artifact("second half", "folder").is_dir()
    assert result.artifact("third", "page").read_text() == "done''", "tasks read nothing from stdin"
    with pytest.raises(NotFound, match="no artifact fourth/page; it has first/table"):
        result.artifact("fourth", "page")
    assert capfd.readouterr() == ("", ""), "what kfp prints belongs into the log"
    assert "SUCCESS" in result.log.read_text()


def test_events_of_a_stage_come_under_its_tasks_name(toy: Toy) -> None:
    toy.run()

    told = [(event["event"], event["stage"], event.get("state")) for event in toy.events]
    assert told[:2] == [("task", "first", "running"), ("start", "first", None)]
    assert ("end", "second half", None) in told
    assert ("task", "second half", "done") in told


def test_a_second_run_reuses_everything_and_still_knows_what_was_found(toy: Toy) -> None:
    first = toy.run()
    second = toy.run()

    assert [task.state for task in second.tasks] == ["cached"] * 3
    assert second.reused == 3
    assert second.tasks[0].found == ("3 rows",)
    assert [task.artifacts for task in second.tasks] == [task.artifacts for task in first.tasks]
    assert toy.ran == ["first", "second", "third"]


def test_other_arguments_or_another_program_run_again(toy: Toy) -> None:
    toy.run()

    assert states(toy, number=8) == ["done", "done", "done"]
    assert states(toy, image="toy-python:2") == ["done", "done", "done"]
    assert states(toy) == ["cached", "cached", "cached"]


def test_a_stage_whose_artifact_or_entry_is_damaged_runs_again(toy: Toy) -> None:
    result = toy.run()
    result.artifact("third", "page").unlink()
    assert states(toy) == ["cached", "cached", "done"]

    entries = sorted((toy.home / "kfp" / "toy-1" / "cache").glob("*.json"))
    for entry in entries:
        entry.write_text(entry.read_text()[:20])
    assert "done" in states(toy)
    assert states(toy) == ["cached", "cached", "cached"]


def test_an_error_of_ours_comes_back_with_its_message_and_exit_code(toy: Toy) -> None:
    toy.ask("fail")
    with pytest.raises(StageFailed) as caught:
        toy.run()

    assert isinstance(caught.value, RunFailed)
    assert str(caught.value) == "second half: /some/where has no commit yet. Commit something and run again."
    assert (caught.value.stage, caught.value.kind, caught.value.exit_code) == ("second half", "EmptyRepository", 3)

    toy.relent("fail")
    assert states(toy) == ["cached", "done", "done"]


@pytest.mark.parametrize(
    ("trouble", "message", "exit_code"),
    [
        ("fail unexpectedly", "second half failed unexpectedly, KeyError: 'column'\nThe full log is ", 1),
        ("fail before any stage", "second half failed unexpectedly, ValueError: nobody expected this\n", 1),
        ("disk full", "second half: The disk is full at /some/file. Free some space and run again", 7),
        ("killed", "second half failed unexpectedly, no error was told: it may have been killed", 1),
    ],
)
def test_other_errors_name_the_stage_the_cause_and_the_log(
    toy: Toy, trouble: str, message: str, exit_code: int
) -> None:
    toy.ask(trouble)
    with pytest.raises(RunFailed) as caught:
        toy.run()

    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == exit_code
    assert caught.value.log.exists()


def test_a_pipeline_that_cannot_start_says_why(toy: Toy) -> None:
    with pytest.raises(RunFailed, match=r"the pipeline failed unexpectedly, ModuleNotFoundError: No module named 'ab"):
        run_pipeline("absent:absent", {}, name="toy-1", home=toy.home, on_event=toy.events.append)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_process_and_resumes(toy: Toy, how: signal.Signals) -> None:
    toy.ask("hang")
    run = toy.start_elsewhere()
    pids = toy.wait_until_it_hangs()
    os.kill(run.pid, how)  # the process alone, not its group: a terminal's Ctrl-C reaches no more than this either
    _, told = run.communicate(timeout=30)

    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert ("KeyboardInterrupt" in told) == (how == signal.SIGINT)
    toy.relent("hang")
    wait_until(lambda: lock_is_free(toy))
    assert states(toy) == ["cached", "done", "done"], "what it had half written is never used"
    assert toy.ran == ["first", "second", "second", "third"]


def test_one_run_at_a_time(toy: Toy) -> None:
    toy.ask("hang")
    run = toy.start_elsewhere()
    toy.wait_until_it_hangs()
    try:
        with pytest.raises(Busy, match=rf"Another run on toy-1 is in progress \(process {run.pid}\)"):
            toy.run()
    finally:
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
    toy.relent("hang")
    assert states(toy) == ["cached", "done", "done"]


def test_half_written_artifacts_are_removed_by_the_next_run(toy: Toy) -> None:
    toy.ask("fail")
    with pytest.raises(RunFailed):
        toy.run()
    toy.relent("fail")
    assert left_folders(toy) == ["first", "second"]
    result = toy.run()

    assert left_folders(toy) == ["first", "second", "third"]
    assert all(path.exists() for task in result.tasks for path in task.artifacts.values())


def test_where_the_user_stands_is_not_imported(toy: Toy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pipelines", "faultcast", "kfp"):
        (tmp_path / "stands" / name).mkdir(parents=True)
        (tmp_path / "stands" / name / "__init__.py").write_text("raise SystemExit('a stranger was imported')\n")
    monkeypatch.chdir(tmp_path / "stands")

    assert states(toy) == ["done", "done", "done"]


def test_state_is_named_after_the_repository() -> None:
    assert repo_id("/somewhere/flask.git/").startswith("flask.git-")
    assert repo_id("https://example.org/a b\n/c") != repo_id("https://example.org/a b/c")


def lock_is_free(toy: Toy) -> bool:
    import fcntl

    with (toy.home / "kfp" / "locks" / "toy-1.lock").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def left_folders(toy: Toy) -> list[str]:
    return sorted(path.name for path in (toy.home / "kfp" / "toy-1" / "artifacts").glob("*/*"))
