"""Runs of the toy pipeline, and looking after their processes."""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from faultcast.progress import Event
from pipelines.local import run_pipeline
from pipelines.results import RunResult


@dataclass
class Toy:
    """Runs the toy pipeline in a folder of its own; paths have spaces, quotes and KFP's magic word in them."""

    home: Path
    control: Path
    events: list[Event] = field(default_factory=list)

    def run(self, number: int = 7, image: str = "toy-python:1") -> RunResult:
        self.events.clear()
        arguments = {"control": str(self.control), "number": number, "image": image}
        return run_pipeline("toy_pipelines:toy", arguments, name="toy-1", home=self.home, on_event=self.events.append)

    def ask(self, what: str) -> None:
        (self.control / what).touch()

    def relent(self, what: str) -> None:
        (self.control / what).unlink()

    @property
    def ran(self) -> list[str]:
        path = self.control / "ran"
        return path.read_text().split() if path.exists() else []

    def start_elsewhere(self) -> "subprocess.Popen[str]":
        """Run the toy pipeline in another process, as a terminal would."""
        program = (
            "from pipelines.local import run_pipeline; import pathlib, sys\n"
            "arguments = {'control': sys.argv[1], 'number': 7, 'image': 'toy-python:1'}\n"
            "run_pipeline('toy_pipelines:toy', arguments, name='toy-1', home=pathlib.Path(sys.argv[2]),"
            " on_event=lambda event: None)"
        )
        return subprocess.Popen(
            [sys.executable, "-c", program, str(self.control), str(self.home)],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_it_hangs(self) -> list[int]:
        """Return the ids of the task's process and of its child."""
        waiting = self.control / "waiting"
        wait_until(waiting.exists)
        pids = [int(pid) for pid in waiting.read_text().split()]
        waiting.unlink()
        return pids


def wait_until(condition: object, seconds: float = 30.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """A zombie that nobody has buried yet counts as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
