"""Run book: train one model from a data set. Every launcher (`faultcast.training.launch`) runs this program.

    # a forest, in this process
    python -m faultcast.training --model simple --dataset run/dataset.parquet --output run/simple

    # the hybrid on one process, with progress as JSON lines on stdout and options inline
    python -m faultcast.training --model hybrid --dataset run/dataset.parquet --output run/hybrid \\
        --options '{"epochs": 4}' --progress

    # the hybrid on two processes of this machine (gloo)
    python -m torch.distributed.run --standalone --nproc-per-node 2 -m faultcast.training \\
        --model hybrid --dataset run/dataset.parquet --output run/hybrid --seed 7

    # on a cluster Kubeflow Trainer starts the second line of the above on every node, and tells torchrun where the
    # others are; `--dataset` and `--output` then lie on a volume that all nodes share.

A killed hybrid run continues from its last checkpoint (one every `checkpoint_seconds`, within an epoch too) when it
is started again with the same data set, options, seed and output. The number of processes may change: the global
batch stays the same.
Ends with 0, or with the exit code of the error (see `faultcast.errors`) and its message on stderr.
"""

import argparse
import json
import os
import socket
import sys
from pathlib import Path

from faultcast.errors import FaultcastError
from faultcast.models.manifest import KINDS
from faultcast.training.launch import perform
from faultcast.training.options import options_of
from faultcast.training.order import Order
from faultcast.training.rows import silent


def main(arguments: list[str] | None = None) -> int:
    """Parse, train, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m faultcast.training", description="Train one model.")
    parser.add_argument("--model", choices=KINDS, required=True)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.parquet, with dataset.json beside it")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model's artifact")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--options", default="{}", help="hyper-parameters: a JSON object, or a file that holds one")
    parser.add_argument("--progress", action="store_true", help="report progress as JSON lines on stdout")
    parser.add_argument("--store", default="", help="file through which the processes of one machine find each other")
    asked = parser.parse_args(arguments)
    try:
        order = Order(asked.model, asked.dataset, asked.output, asked.seed, options_of(asked.options))
        # torch's own names: torchrun, here or on the nodes of a cluster, speaks through them.
        rank, world_size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        loopback = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
        if asked.store and loopback:  # all ranks are on this machine: listen nowhere else
            os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback[0])
        report = _print if asked.progress else silent
        perform(order, report, rank=rank, world_size=world_size, store=asked.store)
    except FaultcastError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _print(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
