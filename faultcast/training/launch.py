"""One call that trains any kind, in one of three ways that run the same program, `python -m faultcast.training`.

process     here: `simple` and `incremental`, and the hybrid without others
torchrun    processes of this machine, which meet in files and on the loopback interface
trainjob    nodes of a cluster: a launcher that is handed in (`faultcast.adapters.trainer`), since nothing in
            this package knows Kubernetes
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from faultcast.errors import StageFailed, UsageError
from faultcast.models.manifest import KINDS
from faultcast.training.options import read_options
from faultcast.training.order import ONE_PROCESS, PROGRAM, Launcher, Order
from faultcast.training.rows import Report, TrainingData, read_training_data, silent

IN_PROCESS = ONE_PROCESS
LAUNCHERS = ("process", "torchrun", "trainjob")
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
    launcher: Launcher | str = "",
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
        launcher: "process", "torchrun", or what carries orders out elsewhere; "": by the kind.
        report: told about progress, with a dict an event.

    Raises:
        InsufficientSamples, NotFound, ContractMismatch: from reading the data set.
        UsageError: no such kind, launcher or option.
        StageFailed: a process of the run ended with an error; the message ends with its last lines.
    """
    if model not in KINDS:
        raise UsageError(f"There is no model {model!r}; expected one of {', '.join(KINDS)}")
    order = Order(model, dataset.resolve(), output.resolve(), seed, dict(options or {}))
    if not callable(launcher):
        launcher = _named(launcher or ("process" if model in ONE_PROCESS else "torchrun"), num_workers)
    launcher(order, report)


def _named(name: str, num_workers: int) -> Launcher:
    if name == "process":
        return perform
    if name == "torchrun":
        return partial(_torchrun, num_workers=num_workers)
    raise UsageError(
        f"There is no launcher {name!r} here; expected process or torchrun, or trainjob where a cluster is set up "
        "(docs/kubernetes.md)"
    )


def perform(order: Order, report: Report = silent, *, rank: int = 0, world_size: int = 1, store: str = "") -> None:
    """Carry an order out in this process, one of `world_size`; `store` is a file through which they meet.

    Raises:
        InsufficientSamples, NotFound, ContractMismatch: from reading the data set.
        UsageError: an option is unknown.
    """
    if order.model in ONE_PROCESS:
        if rank == 0:  # others have nothing to do
            data = read_training_data(order.dataset)
            in_process(order.model, data, order.output, order.seed, order.options, report)
        return
    from faultcast.training.hybrid import Options, train_hybrid  # noqa: PLC0415
    from faultcast.training.ranks import joined  # noqa: PLC0415

    options, data = read_options(Options, order.options), read_training_data(order.dataset)
    with joined(rank, world_size, store) as ranks:
        train_hybrid(data, order.output, order.seed, ranks=ranks, options=options, report=report)


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


def _torchrun(order: Order, report: Report, *, num_workers: int) -> None:
    processes = 1 if order.model in ONE_PROCESS else num_workers
    with tempfile.TemporaryDirectory(prefix="faultcast-ranks-") as folder:
        _run(torchrun(order, processes, Path(folder)), Path(folder), report)


def torchrun(order: Order, processes: int, folder: Path) -> list[str]:
    """The command: everything meets in files of `folder` and on the loopback interface, no port is opened to others."""
    return [
        sys.executable, "-m", "torch.distributed.run",
        "--nnodes", "1", "--nproc-per-node", str(processes), "--max-restarts", "0",
        "--rdzv-backend", "c10d", "--rdzv-conf", "store_type=file", "--rdzv-endpoint", str(folder / "rendezvous"),
        "--local-addr", "127.0.0.1", "-m", PROGRAM, *order.arguments(), "--store", str(folder / "store"),
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
        tail = last_words(errors.read_text(encoding="utf-8", errors="replace"))
        raise StageFailed(f"Training ended with exit code {code} instead of 0. Its last lines:\n{tail}")


def last_words(said: str) -> str:
    """The last lines of a failed run that tell its cause: torchrun's own account of the failure follows them."""
    lines = said.split(_TORCHRUN_MARK, 1)[0].strip().splitlines()
    return "\n".join([line for line in lines if _TORCHRUN_LOG not in line][-_TAIL_LINES:])


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
