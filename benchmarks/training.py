"""How fast the hybrid learns, on how many ranks, in which precision, and whether they all learn the same.

    python benchmarks/training.py DATASET.parquet [--rounds 2] [--epochs 3] [--write]

The data set is one that `faultcast run` assembled (kfp/…/assemble/dataset/dataset.parquet). Every figure comes from
`faultcast.training.launch`: real processes under torchrun, gloo between them, on the CPU.

* ranks: training rows a second from the first epoch's end to the last one's, validation and checkpoints included; one
  rank on one thread, one on two, two ranks on a thread each. Wall time: only a quiet machine tells it.
* weights: of the artifacts of those runs, the largest difference of any weight to those of one rank on one thread.
* precision: steps of one process on one thread, in CPU time: the default sizes and a network of six layers, 384 wide.
* padding: tokens computed for each real one over an epoch's batches, by length against as they come.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import safetensors.numpy
import torch
from page import head, line, machine, write

from faultcast.models.network import Network
from faultcast.models.normaliser import fit_normaliser
from faultcast.models.tokens import encode, fit_tokenizer
from faultcast.training import launch
from faultcast.training.batches import epoch_batches, even_batches, padding, share_of
from faultcast.training.checkpoint import State
from faultcast.training.hybrid import Options
from faultcast.training.inputs import make_split
from faultcast.training.loop import Loop
from faultcast.training.ranks import Ranks
from faultcast.training.rows import Rows, TrainingData, read_training_data

BATCH = 32
WAYS = (  # name, ranks, threads of each, bf16
    ("1 rank, 1 thread", 1, 1, False),
    ("1 rank, 2 threads", 1, 2, False),
    ("2 ranks, 1 thread each", 2, 1, False),
    ("1 rank, 1 thread, bf16", 1, 1, True),
    ("2 ranks, 1 thread each, bf16", 2, 1, True),
)
WIDE = Options(width=384, layers=6, heads=6, hidden=1536)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Processes started within use so many threads each."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(count)
    try:
        yield
    finally:
        os.environ.pop("OMP_NUM_THREADS")
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def launched(
    dataset: Path, output: Path, epochs: int, rows: int, way: tuple[str, int, int, bool]
) -> tuple[float, dict[str, np.ndarray]]:
    """(rows a second, weights) of one run."""
    name, ranks, count, bf16 = way
    ends: list[float] = []

    def note(event: dict[str, object]) -> None:
        if event.get("event") == "epoch":
            ends.append(time.monotonic())

    options = {"epochs": epochs, "patience": epochs, "batch_size": BATCH, "bf16": bf16}
    with threads(count):
        launch.train("hybrid", dataset, output, 1, options=options, num_workers=ranks, report=note)
    speed = rows * (len(ends) - 1) / (ends[-1] - ends[0])
    print(f"{name}: {speed:.1f} rows/s", file=sys.stderr, flush=True)
    return speed, safetensors.numpy.load_file(output / "weights.safetensors")


def of_ranks(dataset: Path, rows: int, rounds: int, epochs: int) -> list[str]:
    """Speed and weights of every way, in rounds."""
    speeds: dict[str, list[float]] = {way[0]: [] for way in WAYS}
    farthest: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
        for turn in range(rounds):
            found = {
                way[0]: launched(dataset, Path(folder) / f"{turn}-{i}", epochs, rows, way) for i, way in enumerate(WAYS)
            }
            reference = found[WAYS[0][0]][1]
            for name, (speed, weights) in found.items():
                speeds[name].append(speed)
                apart = max(float(np.abs(weights[key] - reference[key]).max()) for key in reference)
                farthest[name] = max(farthest.get(name, 0.0), apart)
    steps = epochs * len(even_batches(np.arange(rows), BATCH))
    first = median(speeds[WAYS[0][0]])
    lines = head("way", "rows/s", "to 1 rank, 1 thread", f"largest difference of a weight after {steps} steps")
    for name, values in speeds.items():
        lines.append(line([name, f"{median(values):.0f}", f"{median(values) / first:.2f}", f"{farthest[name]:.1e}"]))
    return lines


def cpu_speed(data: TrainingData, options: Options, batches: int, tokens: int) -> float:
    """Rows a CPU second of steps of one process; the first batch, which warms up, is not counted."""
    options = replace(options, max_tokens=tokens, batch_size=BATCH, epochs=1)
    few = first(data.train, BATCH * (batches + 1))
    normaliser = fit_normaliser(data.train.values_NC)
    split = make_split(few, fit_tokenizer(few.texts, options.vocabulary), normaliser, options.network)
    torch.manual_seed(1)
    network = Network(options.network, len(normaliser.columns))
    loop = Loop(network, options.network, options, Ranks(device=torch.device("cpu")), 1)
    half = first(few, BATCH)
    warm = make_split(half, fit_tokenizer(half.texts, options.vocabulary), normaliser, options.network)
    loop._epoch(network, warm, State(), None)  # noqa: SLF001  the step itself, without start and validation
    begin = time.process_time()
    loop._epoch(network, split, State(), None)  # noqa: SLF001
    return len(few) / (time.process_time() - begin)


def first(rows: Rows, count: int) -> Rows:
    """The newest rows."""
    return replace(
        rows,
        values_NC=rows.values_NC[-count:],
        texts=rows.texts[-count:],
        labels_N=rows.labels_N[-count:],
        weights_N=rows.weights_N[-count:],
        committed_at_N=rows.committed_at_N[-count:],
    )


def of_precision(data: TrainingData, rounds: int) -> list[str]:
    """bf16 beside fp32 at two sizes, in turns."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    lines = head("network", "tokens at most", "fp32 rows/CPU s", "bf16 rows/CPU s", "bf16 to fp32")
    for name, options, batches, tokens in (
        ("2 layers, 96 wide (default)", Options(), 24, 192),
        ("6 layers, 384 wide", WIDE, 3, 128),
    ):
        found: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            for bf16, speeds in found.items():
                speeds.append(cpu_speed(data, replace(options, bf16=bf16), batches, tokens))
        plain, fast = median(found[False]), median(found[True])
        lines.append(line([name, str(tokens), f"{plain:.1f}", f"{fast:.1f}", f"{fast / plain:.2f}"]))
    return lines


def of_padding(data: TrainingData) -> list[str]:
    """Computed tokens for each real one."""
    tokenizer = fit_tokenizer(data.train.texts, Options().vocabulary)
    lines = head("tokens at most", "by length, 1 rank", "by length, 2 ranks", "as they come, 1 rank", "median length")
    for longest in (128, 192, 512):
        lengths_N = encode(tokenizer, data.train.texts, longest).lengths_N
        batches = epoch_batches(lengths_N, BATCH, seed=1, epoch=0)
        shares = [share_of(rows, rank, 2) for rows in batches for rank in range(2)]
        shuffled = even_batches(np.random.default_rng(1).permutation(len(lengths_N)), BATCH)
        ratios = [f"{padding(lengths_N, one):.3f}" for one in (batches, shares, shuffled)]
        lines.append(line([str(longest), *ratios, f"{np.median(lengths_N):.0f}"]))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast the hybrid learns, on how many ranks, in which precision.")
    parser.add_argument("dataset", type=Path, help="dataset.parquet of an earlier run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/results.md")
    options = parser.parse_args()
    data = read_training_data(options.dataset)
    said = [
        f"{machine()}, torch {torch.__version__}. {len(data.train)} training rows, batches of {BATCH}, "  # noqa: ISC004
        f"medians of {options.rounds} rounds.",
        "", *of_padding(data), "", *of_precision(data, options.rounds),
        "", *of_ranks(options.dataset, len(data.train), options.rounds, options.epochs),
    ]  # fmt: skip
    print("\n".join(said))
    if options.write:
        write("training", "\n".join(said))


if __name__ == "__main__":
    main()
