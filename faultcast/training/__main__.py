"""Run book: train one model from a data set.

    # a forest, in this process
    python -m faultcast.training --model simple --dataset run/dataset.parquet --output run/simple

    # the hybrid on one process, with progress as JSON lines on stdout
    python -m faultcast.training --model hybrid --dataset run/dataset.parquet --output run/hybrid --progress

    # the hybrid on two processes of this machine (gloo)
    python -m torch.distributed.run --standalone --nproc-per-node 2 -m faultcast.training \\
        --model hybrid --dataset run/dataset.parquet --output run/hybrid --seed 7

    # on a cluster Kubeflow Trainer starts the same module on every node with WORLD_SIZE, RANK,
    # MASTER_ADDR and MASTER_PORT set; `--output` is then a volume that all nodes share.

A killed hybrid run continues from its last finished epoch when it is started again with the same
data set, seed and output. The number of processes may change: the global batch stays the same.
Ends with 0, or with the exit code of the error (see `faultcast.errors`) and its message on stderr.
"""

import argparse
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from faultcast.errors import FaultcastError, UsageError
from faultcast.models.manifest import KINDS
from faultcast.training.launch import IN_PROCESS, in_process
from faultcast.training.options import read_options
from faultcast.training.rows import Report, TrainingData, read_training_data, silent


def main(arguments: list[str] | None = None) -> int:
    """Parse, train, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m faultcast.training", description="Train one model.")
    parser.add_argument("--model", choices=KINDS, required=True)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.parquet, with dataset.json beside it")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model's artifact")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--options", type=Path, help="JSON object of hyper-parameters (default: those of the kind)")
    parser.add_argument("--progress", action="store_true", help="report progress as JSON lines on stdout")
    parser.add_argument("--store", default="", help="file through which the processes of one machine find each other")
    asked = parser.parse_args(arguments)
    report = _print if asked.progress else silent
    try:
        data, options = read_training_data(asked.dataset), _options(asked.options)
        if asked.model in IN_PROCESS:
            in_process(asked.model, data, asked.output, asked.seed, options, report)
        else:
            _train_on_ranks(data, asked.output, asked.seed, options, asked.store, report)
    except FaultcastError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _options(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: expected a JSON object of hyper-parameters ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path}: found {type(found).__name__}, expected a JSON object of hyper-parameters")
    return found


def _train_on_ranks(
    data: TrainingData, output: Path, seed: int, options: dict[str, Any], store: str, report: Report
) -> None:
    from faultcast.training.hybrid import Options, train_hybrid  # noqa: PLC0415
    from faultcast.training.ranks import joined  # noqa: PLC0415

    # torch's own names: torchrun and Kubeflow Trainer speak through them.
    rank, world_size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    loopback = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    if store and loopback:  # all ranks are on this machine: listen nowhere else
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback[0])
    with joined(rank, world_size, store) as ranks:
        train_hybrid(data, output, seed, ranks=ranks, options=read_options(Options, options), report=report)


def _print(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
