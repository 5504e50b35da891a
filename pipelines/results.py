"""What a local run was and gave: made from the events of the run."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from faultcast.errors import FaultcastError, NotFound, StageFailed, out_of_space
from faultcast.progress import Event

_FOUND_FILE = "found.json"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task. `state` is done, cached (reused from an earlier run) or failed; `why` it was not reused."""

    stage: str
    state: str
    seconds: float
    artifacts: dict[str, Path]
    found: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its tasks in the order in which they ran."""

    tasks: tuple[TaskResult, ...]
    seconds: float
    log: Path

    @property
    def reused(self) -> int:
        """How many stages were not run again."""
        return sum(task.state == "cached" for task in self.tasks)

    def artifact(self, stage: str, name: str) -> Path:
        """Return where a stage's artifact lies.

        Raises:
            NotFound: the run has no such stage or artifact.
        """
        for task in self.tasks:
            if task.stage == stage and name in task.artifacts:
                return task.artifacts[name]
        known = ", ".join(f"{task.stage}/{key}" for task in self.tasks for key in task.artifacts)
        raise NotFound(f"The run has no artifact {stage}/{name}; it has {known or 'none'}.")


class RunFailed(StageFailed):
    """A stage ended with an error; `exit_code` is the error's own.

    `stage`, `kind` (the name of the error's class) and `cause` (its message) are what the stage told.
    """

    def __init__(self, stage: str, kind: str, cause: str, log: Path, *, exit_code: int, expected: bool) -> None:
        self.stage, self.kind, self.cause, self.log, self.exit_code = stage, kind, cause, log, exit_code
        super().__init__(
            f"{stage}: {cause}"
            if expected
            else f"{stage} failed unexpectedly, {kind}: {cause}\nThe full log is {log}; run again to resume."
        )


class Collector:
    """Takes the events of one run, in order, and makes its result.

    A stage names its own events as it likes; they belong to the task that is running, so `take` returns them under
    that task's name. What a stage found is kept beside its artifacts, to be shown again when it is reused.
    """

    def __init__(self, log: Path) -> None:
        self.tasks: list[TaskResult] = []
        self._log = log
        self._running, self._why = "", ""
        self._found: list[str] = []
        self._errors: list[Event] = []

    def take(self, event: Event) -> Event:
        if event.get("event") == "task":
            return self._take_task(event)
        if self._running:
            event = {**event, "stage": self._running}
        if event.get("event") == "found":
            self._found.append(str(event.get("text", "")))
        if event.get("event") == "error":
            self._errors.append(event)
        return event

    def _take_task(self, event: Event) -> Event:
        stage, state = str(event["stage"]), str(event["state"])
        if state == "running":
            self._running, self._found, self._errors = stage, [], []
            self._why = str(event.get("why", ""))
            return event
        paths = event.get("artifacts")
        artifacts = {name: Path(path) for name, path in paths.items()} if isinstance(paths, dict) else {}
        found = self._found if state == "done" else []
        if artifacts and state == "done":
            _keep(found, artifacts)
        elif artifacts and state == "cached":
            found = _kept(artifacts)
        seconds = event.get("seconds")
        took = seconds if isinstance(seconds, float) else 0.0
        why = self._why if state != "cached" else ""
        self.tasks.append(TaskResult(stage, state, took, artifacts, tuple(found), why))
        self._running = "" if state != "failed" else self._running
        return {**event, "found": list(found)}

    def failure(self) -> FaultcastError:
        """Say why the run failed, as its stage said it or else from the last lines of its log."""
        stage = self._running or "the pipeline"
        expected = [event for event in self._errors if event.get("expected")]
        for event in expected[:1] or self._errors[-1:]:
            return RunFailed(
                stage,
                str(event.get("type")),
                str(event.get("message")),
                self._log,
                exit_code=int(str(event.get("exit_code", 1))),
                expected=bool(event.get("expected")),
            )
        kind, cause = _last_words(self._log)
        if full := out_of_space(cause):
            return RunFailed(stage, "OutOfSpace", str(full), self._log, exit_code=full.exit_code, expected=True)
        return RunFailed(stage, kind, cause, self._log, exit_code=1, expected=False)


def _keep(found: list[str], artifacts: dict[str, Path]) -> None:
    with suppress(OSError):  # only shown by a later run: not worth failing a stage that succeeded
        (next(iter(artifacts.values())).parent / _FOUND_FILE).write_text(json.dumps(found), "utf-8")


def _kept(artifacts: dict[str, Path]) -> list[str]:
    try:
        found = json.loads((next(iter(artifacts.values())).parent / _FOUND_FILE).read_text("utf-8"))
    except (OSError, ValueError):  # of an earlier run, only shown: not worth failing
        return []
    return [str(text) for text in found] if isinstance(found, list) else []


def _last_words(log: Path) -> tuple[str, str]:
    """Return the last error in a log, ``ValueError: what`` at the start of a line, as (kind, cause)."""
    lines = log.read_text("utf-8", "replace").splitlines()[-400:] if log.exists() else []
    for line in reversed(lines):
        match = re.match(r"\s*(?:[\w.]+\.)?(\w*(?:Error|Exception|Exit|Interrupt)\w*)(?:: (.*))?$", line)
        if match:
            return match[1], match[2] or "no message"
    return "no error was told", "it may have been killed, for instance for want of memory"
