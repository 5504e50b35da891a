"""The real command line in processes of its own, on a state folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("faultcast")
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed with --json: stdout holds that and nothing else."""
        return json.loads(self.out)


@dataclass
class CommandLine:
    """Types commands as a person would; `settings` are environment variables."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        ours = ("FAULTCAST_", "MIN_SAMPLES", "MIN_F1", "MAX_BRIER", "MLFLOW_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return inherited | {"FAULTCAST_HOME": str(self.home), "COLUMNS": "200"} | self.settings

    def __call__(self, *arguments: object) -> Ended:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return Ended(process.returncode, out, err)

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            start_new_session=True,
        )

    @contextmanager
    def serving(self, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
        """A server, ended as Ctrl-C ends it; what it wrote is read only then."""
        process = self.start("serve", *arguments)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    def is_done(self, stage: str, run: int) -> bool:
        """Whether the first, second, ... run has finished a stage."""
        logs = sorted((self.home / "kfp" / "logs").glob("*.jsonl"))
        if len(logs) < run:
            return False
        events = [json.loads(line) for line in logs[run - 1].read_text("utf-8").splitlines() if line.endswith("}")]
        return any(event["stage"] == stage and event.get("state") in {"done", "cached"} for event in events)


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def alive(home: Path) -> list[str]:
    """Processes that work on a state folder; one that nobody has buried yet counts as dead."""
    wanted = f"FAULTCAST_HOME={home}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def states(found: Any) -> dict[str, str]:
    """Stage -> done, cached or failed, of what `run --json` printed."""
    return {stage["stage"]: stage["state"] for stage in found["stages"]}
