"""``python -P -m pipelines.engine``: run one pipeline through KFP's local runner. Started by `pipelines.local`.

A process of its own, because KFP's local runner prints to stdout, replaces the root logger's handlers and imports
for a second and a half; and out of the terminal's reach, so that Ctrl-C ends a run in one place and in order.

It reads one JSON line from stdin and then watches stdin for its end: when the process that started it ends, in
whatever way, the tasks are stopped. Tasks read nothing from stdin.
"""

import hashlib
import importlib
import json
import logging
import os
import shlex
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kfp import dsl, local
from kfp.local import task_dispatcher
from kfp.local.cache import LocalCache, get_local_cache
from kfp.local.orchestrator import task_executor
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils

from faultcast import progress
from pipelines import reasons
from pipelines.processes import end_descendants

GRACE_SECONDS = 5.0


class Observer:
    """Tells what KFP does with each task; KFP itself only logs it.

    Two of its functions are wrapped: the one that decides between a cached and a new execution, and, inside it, the
    one that executes. So is the function that makes a task's key in the cache, to note what the key is made of; and
    one is replaced (`outputs_of_branches`). Their names are not KFP's public interface; `tests/pipelines` fails if
    they change.
    """

    def __init__(self, request: dict[str, Any], lifeline: "Lifeline") -> None:
        self.failed = ""
        self._parts: reasons.Parts | None = None
        self._parts_folder = Path(request["cache"]) / "parts"
        self._program: dict[str, str] = request["program"]
        self._lifeline = lifeline
        self._progress_file = request["progress_file"]
        self._stage = ""
        self._was_executed = False
        self._compute_key = LocalCache.compute_key
        self._decide = task_executor.execute_single_task
        self._execute = task_dispatcher.run_single_task_implementation
        task_executor.execute_single_task = self.decide
        task_dispatcher.run_single_task_implementation = self.execute
        OrchestratorUtils.get_dag_output_artifacts = outputs_of_branches
        LocalCache.compute_key = self.key

    def key(self, **parts: Any) -> str:
        """KFP's key of a task that may be reused; what it is made of is noted."""
        command = hashlib.sha256(json.dumps(list(parts["full_command"])).encode()).hexdigest()
        self._parts = reasons.parts_of(command, parts["arguments"], self._program)
        return str(self._compute_key(get_local_cache(), **parts))

    def decide(self, *, task_name: str, task_spec: Any, **others: Any) -> Any:
        self._stage = task_spec.task_info.name or task_name
        self._was_executed, self._parts = False, None
        started = time.monotonic()
        outputs, state = {}, "failed"
        try:
            outputs, status = self._decide(task_name=task_name, task_spec=task_spec, **others)
            if status.name == "SUCCESS":
                state = "done" if self._was_executed else "cached"
                if self._parts is not None:
                    reasons.keep(self._parts_folder, self._stage, self._parts)
            return outputs, status
        finally:
            self.failed = self._stage if state == "failed" else self.failed
            artifacts = {name: value.uri for name, value in outputs.items() if isinstance(value, dsl.Artifact)}
            self._tell(state, seconds=round(time.monotonic() - started, 3), artifacts=artifacts)

    def execute(self, **task: Any) -> Any:
        if self._lifeline.is_cut.is_set():
            raise SystemExit("stopped before the next task")
        self._was_executed = True
        self._tell("running", why=reasons.why(self._parts_folder, self._stage, self._parts))
        return self._execute(**task)

    def _tell(self, state: str, **values: object) -> None:
        progress.emit(self._progress_file, {"event": "task", "stage": self._stage, "state": state, **values})


def outputs_of_branches(dag_outputs_spec: Any, io_store: Any) -> dict[str, Any]:
    """A DAG's output artifacts, of whichever branch ran: KFP's local runner knows `OneOf` for parameters alone."""
    found: dict[str, Any] = {}
    for name, spec in dag_outputs_spec.artifacts.items():
        for selector in spec.artifact_selectors:
            with suppress(ValueError):  # that branch did not run
                found[name] = io_store.get_task_output(selector.producer_subtask, selector.output_artifact_key)
    return found


def main() -> int:
    pipe = os.dup(0)
    request = json.loads(_read_line(pipe))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    lifeline = Lifeline(pipe)
    lifeline.start()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
    with _scratch():
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=request["artifacts"],
            cache_root=request["cache"],
            enable_caching=True,
            raise_on_error=False,
        )
        module, _, name = request["pipeline"].partition(":")
        observer = Observer(request, lifeline)
        getattr(importlib.import_module(module), name)(**request["arguments"])
    if lifeline.is_cut.is_set():
        lifeline.join()
    return 1 if observer.failed else 0


def _read_line(descriptor: int) -> bytes:
    """Read up to a newline and nothing after it; unbuffered, because the watching thread reads on."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(descriptor, 65536)):
        line += byte
    return line


class Lifeline(threading.Thread):
    """Ends this run's tasks once nobody holds the other end of the pipe."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True)
        self.is_cut = threading.Event()
        self._descriptor = descriptor

    def run(self) -> None:
        while os.read(self._descriptor, 1):
            pass
        self.is_cut.set()
        end_descendants(os.getpid(), GRACE_SECONDS)


@contextmanager
def _scratch() -> Iterator[None]:
    """Let KFP leave its temporary files where they are removed, and call Python by a name without surprises.

    KFP makes a folder a task and never removes it. It also replaces every ``python3`` in a task's arguments, so in
    a repository's path, too, with this interpreter's path, unquoted; here that path is ``python3`` again.
    """
    with tempfile.TemporaryDirectory(prefix="faultcast-") as folder:
        shim = Path(folder) / "bin" / "python3"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', "utf-8")
        shim.chmod(0o700)
        os.environ["PATH"] = f"{shim.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        sys.executable = "python3"
        yield


if __name__ == "__main__":
    raise SystemExit(main())
