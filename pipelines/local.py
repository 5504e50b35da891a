"""The training pipeline on this machine: the very definition that Kubeflow runs, without Kubernetes or Docker.

KFP's local runner starts each task as a process and reuses those whose program, settings and inputs are unchanged
(`components.base.local_image` says what counts). It runs in a process of its own (`pipelines.engine`); this module
starts it, passes on what its stages say, and stops it. Imports no kfp.

State, under `home`::

    kfp/<name>/artifacts, cache     what finished stages left; a second run reuses it, a killed one resumes
    kfp/locks/<name>.lock           one run at a time on one repository
    kfp/logs/<name>-<run>.log       everything the run printed; .jsonl: its events
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL
from typing import IO

from components.base import local_image, program
from faultcast import progress, settings
from faultcast.adapters.places import repo_id
from pipelines import kept
from pipelines.lock import exclusive
from pipelines.results import Collector, RunResult

_SECONDS_TO_STOP = 8.0  # a little more than the engine gives its tasks

OnEvent = Callable[[progress.Event], None]


@dataclass(frozen=True, slots=True)
class TrainingParameters:
    """Parameters of the training pipeline: `revision` a full commit id, `as_of` unix seconds."""

    repository: str
    revision: str
    as_of: int
    ripening_days: float
    seed: int
    issues: str = ""  # sources, pinned to what their tables hold (`faultcast.adapters.trackers.issues`)
    champion: str = ""  # who serves, told by `faultcast.steps.standing`: another one is another comparison


def run_training(parameters: TrainingParameters, home: Path, on_event: OnEvent) -> RunResult:
    """Run the training pipeline; see `run_pipeline`."""
    image = local_image(settings.load())
    arguments = {**asdict(parameters), "pipeline_image": image, "training_image": image}
    return run_pipeline(
        "pipelines.training:training",
        arguments,
        name=repo_id(parameters.repository),
        home=home,
        on_event=on_event,
    )


def run_pipeline(
    pipeline: str, arguments: Mapping[str, object], *, name: str, home: Path, on_event: OnEvent
) -> RunResult:
    """Run a pipeline, ``module:attribute``, on this machine.

    `on_event` is called in this thread with every event of the run (`faultcast.progress`). When this process is
    interrupted or killed the running task and all it started are stopped; finished tasks are reused by the next run.

    Raises:
        RunFailed: a task failed; with the stage's own message and exit code.
        Busy: another run on the same `name` is in progress.
    """
    kfp = home.resolve() / "kfp"
    artifacts, cache, logs = kfp / name / "artifacts", kfp / name / "cache", kfp / "logs"
    with exclusive(kfp / "locks" / f"{name}.lock", name) as lock:
        for folder in (artifacts, cache, logs):
            folder.mkdir(parents=True, exist_ok=True)
        kept.prune(artifacts, cache)
        kept.prune_logs(logs, name)
        log = logs / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"
        request: dict[str, object] = {
            "pipeline": pipeline,
            "arguments": dict(arguments),
            "artifacts": str(artifacts),
            "cache": str(cache),
            "progress_file": str(log.with_suffix(".jsonl")),
            "program": program(settings.load()),
        }
        return _run_engine(request, home.resolve(), log, lock, on_event)


def _run_engine(request: dict[str, object], home: Path, log: Path, lock: int, on_event: OnEvent) -> RunResult:
    started = time.monotonic()
    events = log.with_suffix(".jsonl")
    collector = Collector(log)
    with log.open("ab") as output:
        engine = _start(home, events, output, lock)
    try:
        with suppress(BrokenPipeError):  # it ended at once: its exit status and log tell why
            _stdin(engine).write(json.dumps(request).encode() + b"\n")
            _stdin(engine).flush()
        for event in progress.follow(events, stop=lambda: engine.poll() is not None):
            on_event(collector.take(event))
    finally:
        _stop(engine)
    if engine.returncode != 0:
        raise collector.failure()
    return RunResult(tuple(collector.tasks), time.monotonic() - started, log)


def _start(home: Path, events: Path, output: IO[bytes], lock: int) -> subprocess.Popen[bytes]:
    """Start the engine with the lock in its hands: the repository stays locked until the last of it is gone."""
    environment = {
        **settings.without_secrets(os.environ),
        "FAULTCAST_HOME": str(home),
        "FAULTCAST_PROGRESS_FILE": str(events),
        # Else a folder `components` where the user stands, perhaps a stranger's, would be imported as ours:
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))),
        "PYTHONUNBUFFERED": "1",  # the log is complete whatever happens
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pipelines.engine"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the whole group
    )


def _stop(engine: subprocess.Popen[bytes]) -> None:
    """End the engine's group. Closing its stdin asks it to; nothing is left to do when it has ended by itself."""
    with suppress(BrokenPipeError):
        _stdin(engine).close()
    try:
        engine.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        os.killpg(engine.pid, SIGKILL)
        engine.wait()
    if engine.returncode < 0:  # killed, perhaps alone and for want of memory: its tasks must not outlive it
        with suppress(ProcessLookupError):
            os.killpg(engine.pid, SIGKILL)


def _stdin(engine: subprocess.Popen[bytes]) -> IO[bytes]:
    if engine.stdin is None:
        raise AssertionError("started with a pipe")
    return engine.stdin
