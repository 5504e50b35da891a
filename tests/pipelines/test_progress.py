"""What stages tell, how it is read while they run, and how it looks."""

import errno
import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from faultcast import progress
from faultcast.errors import EmptyRepository, OutOfSpace
from faultcast.progress.view import ProgressView


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv("FAULTCAST_PROGRESS_FILE", str(path))
    return path


def events(path: Path) -> list[progress.Event]:
    return list(progress.follow(path, stop=lambda: True))


def test_a_stage_tells_what_it_does_and_found(told: Path) -> None:
    with progress.stage("mine", total=250, unit="commits") as stage:
        assert list(stage.track(range(250), every=100)) == list(range(250))
        stage.found("250 commits by 3 authors")

    first, *middle, last = events(told)
    assert (first["event"], first["stage"], first["total"], first["unit"]) == ("start", "mine", 250, "commits")
    assert [event["text"] for event in middle if event["event"] == "found"] == ["250 commits by 3 authors"]
    assert (last["event"], last["done"]) == ("end", 250)


def test_many_small_advances_are_few_lines(told: Path) -> None:
    with progress.stage("mine") as stage:
        for _ in range(100_000):
            stage.advance()

    assert len(events(told)) < 1000
    assert events(told)[-1]["done"] == 100_000


def test_without_a_file_nothing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FAULTCAST_PROGRESS_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    with progress.stage("mine") as stage:
        stage.advance()
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_told_with_its_exit_code_and_raised(told: Path) -> None:
    with pytest.raises(EmptyRepository), progress.stage("mine"):
        raise EmptyRepository("no commit yet")

    error = events(told)[-1]
    assert {key: error[key] for key in ("event", "type", "message", "exit_code", "expected")} == {
        "event": "error",
        "type": "EmptyRepository",
        "message": "no commit yet",
        "exit_code": 3,
        "expected": True,
    }


def test_a_full_disk_has_a_name(told: Path) -> None:
    with pytest.raises(OutOfSpace, match="The disk is full at /data/history"), progress.stage("mine"):
        raise OSError(errno.ENOSPC, "No space left on device", "/data/history")
    assert events(told)[-1]["exit_code"] == 7


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_does_not_stop_work_that_only_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTCAST_PROGRESS_FILE", "/dev/full")
    with progress.stage("mine") as stage:
        stage.found("much")


def test_lines_of_several_processes_never_mix(told: Path) -> None:
    program = (
        "import sys; from faultcast import progress\n"
        "for n in range(300):\n"
        "    progress.emit(sys.argv[1], {'event': 'found', 'stage': sys.argv[2], 'text': 'x' * 2000})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(told), name]) for name in ("a", "b", "c")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    assert sorted(str(event["stage"]) for event in events(told)) == ["a"] * 300 + ["b"] * 300 + ["c"] * 300


def test_a_reader_follows_while_lines_arrive_and_passes_over_damaged_ones(tmp_path: Path) -> None:
    path = tmp_path / "events"
    seen, stop = [], threading.Event()

    def read() -> None:
        seen.extend(event["n"] for event in progress.follow(path, stop.is_set))

    reader = threading.Thread(target=read)
    reader.start()
    with path.open("wb", buffering=0) as file:
        for part in (b'{"n": 1}\n{"n"', b": 2}\n", b"{cut off\n[]\n", b'{"n": 3}\n'):
            file.write(part)
    stop.set()
    reader.join()
    assert seen == [1, 2, 3]


RUN: list[progress.Event] = [
    {"event": "task", "stage": "mine", "state": "cached", "seconds": 0.0, "found": ["5,531 commits"]},
    {"event": "task", "stage": "label", "state": "running"},
    {"event": "start", "stage": "label", "total": 10, "unit": "fixes"},
    {"event": "advance", "stage": "label", "done": 5, "total": 10, "unit": "fixes"},
    {"event": "found", "stage": "label", "text": "[2] fixes"},
    {"event": "found", "stage": "label", "text": "3 inducing commits"},
    {"event": "end", "stage": "label", "done": 10, "seconds": 1.1},
    {"event": "task", "stage": "label", "state": "done", "seconds": 1.24, "found": ["[2] fixes", "3 inducing commits"]},
    {"event": "task", "stage": "describe", "state": "running"},
    {"event": "error", "stage": "describe", "type": "KeyError", "message": "x"},
    {"event": "task", "stage": "describe", "state": "failed", "seconds": 0.5},
]


def test_away_from_a_terminal_finished_stages_are_plain_lines() -> None:
    raw = io.BytesIO()
    with ProgressView(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True)) as view:
        for event in RUN:
            view(event)
    assert raw.getvalue().decode().splitlines() == [
        "= mine           reused  5,531 commits",
        "+ label           1.2 s  [2] fixes; 3 inducing commits",
        "x describe        0.5 s",
    ]


def test_a_stage_run_by_itself_is_shown_by_its_own_events() -> None:
    file = io.StringIO()
    with ProgressView(file=file) as view:
        view({"event": "start", "stage": "mine"})
        view({"event": "found", "stage": "mine", "text": "7 commits"})
        view({"event": "end", "stage": "mine", "done": 7, "seconds": 2.0})
    assert file.getvalue().split() == ["✓", "mine", "2.0", "s", "7", "commits"] or file.getvalue()[0] == "+"


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressView(quiet=True) as view:
        for event in RUN:
            view(event)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("faultcast.progress", "rich"),
        ("faultcast.steps.deploy", "mlflow"),
        ("pipelines.local", "kfp"),
        ("pipelines.local", "pandas"),
    ],
)
def test_imports_stay_light(module: str, heavy: str) -> None:
    program = f"import sys, {module}; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
