"""One call that trains any kind: `simple` and `incremental` in this process, `hybrid` under torchrun."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from faultcast.errors import StageFailed, UsageError
from faultcast.models.manifest import KINDS
from faultcast.training.options import read_options
from faultcast.training.rows import Report, TrainingData, read_training_data, silent

IN_PROCESS = ("simple", "incremental")
"""Kinds that need no other process."""
_TAIL_LINES = 12
_GRACE_SECONDS = 10
_TORCHRUN_MARK = "failed (exitcode"
_TORCHRUN_LOG = "torch/distributed/"


def train(
    model: str,
    dataset: Path,
    output: Path,
    seed: int,
    *,
    options: Mapping[str, Any] | None = None,
    num_workers: int = 2,
    report: Report = silent,
) -> None:
    """Train `model` (one of `KINDS`) from `dataset` (dataset.parquet) into the folder `output`.

    Args:
        model: the kind.
        dataset: a data set written by `faultcast.dataset.write`.
        output: folder of the artifact, made when absent.
        seed: the same seed, data and code give the same model.
        options: hyper-parameters of the kind (`faultcast.training.options`); absent ones keep their defaults.
        num_workers: processes of the hybrid's run on this machine.
        report: told about progress, with a dict an event.

    Raises:
        InsufficientSamples, NotFound, ContractMismatch: from reading the data set.
        StageFailed: a process of the run ended with an error; the message ends with its last lines.
    """
    if model not in KINDS:
        raise UsageError(f"There is no model {model!r}; expected one of {', '.join(KINDS)}")
    if model in IN_PROCESS:
        in_process(model, read_training_data(dataset), output, seed, options or {}, report)
        return
    with tempfile.TemporaryDirectory(prefix="faultcast-ranks-") as folder:
        given = Path(folder) / "options.json"
        given.write_text(json.dumps(dict(options or {})), encoding="utf-8")
        _run(torchrun(dataset, output, seed, num_workers, Path(folder), given), Path(folder), report)


def in_process(
    model: str, data: TrainingData, output: Path, seed: int, options: Mapping[str, Any], report: Report = silent
) -> None:
    """Train a kind of `IN_PROCESS` here."""
    # Imported when asked for: no kind pays for the other's imports.
    if model == "simple":
        from faultcast.training.simple import Options as SimpleOptions, train_simple  # noqa: PLC0415

        train_simple(data, output, seed, options=read_options(SimpleOptions, options), report=report)
    else:
        from faultcast.training.incremental import Options as IncrementalOptions, train_incremental  # noqa: PLC0415

        train_incremental(data, output, seed, options=read_options(IncrementalOptions, options), report=report)


def torchrun(dataset: Path, output: Path, seed: int, num_workers: int, folder: Path, options: Path) -> list[str]:
    """The command: everything meets in files of `folder` and on the loopback interface, no port is opened to others."""
    return [
        sys.executable, "-m", "torch.distributed.run",
        "--nnodes", "1", "--nproc-per-node", str(num_workers), "--max-restarts", "0",
        "--rdzv-backend", "c10d", "--rdzv-conf", "store_type=file", "--rdzv-endpoint", str(folder / "rendezvous"),
        "--local-addr", "127.0.0.1",
        "-m", "faultcast.training", "--model", "hybrid", "--dataset", str(dataset.resolve()),
        "--output", str(output.resolve()), "--seed", str(seed), "--progress", "--store", str(folder / "store"),
        "--options", str(options),
    ]  # fmt: skip


def _run(command: list[str], folder: Path, report: Report) -> None:
    errors = folder / "stderr"
    with errors.open("wb") as stderr:
        # A session of its own: one signal then reaches the launcher and every rank.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True)
        try:
            for line in process.stdout or ():
                with suppress(ValueError):  # a library's stray line is no event
                    report(json.loads(line))
            code = process.wait()
        finally:
            _end(process)
    if code != 0:
        # What comes after that mark is torchrun's own account of the failure, not its cause.
        said = errors.read_text(encoding="utf-8", errors="replace").split(_TORCHRUN_MARK, 1)[0].strip().splitlines()
        tail = "\n".join([line for line in said if _TORCHRUN_LOG not in line][-_TAIL_LINES:])
        raise StageFailed(f"Training ended with exit code {code} instead of 0. Its last lines:\n{tail}")


def _end(process: subprocess.Popen[str]) -> None:
    """Stop the run if it is still going (Ctrl-C, a failing report): politely, then for certain."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
