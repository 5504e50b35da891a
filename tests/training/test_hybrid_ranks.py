"""The number of processes, of parts of a batch and of interruptions change nothing about what a hybrid learns."""

import json
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch
from synthetic_changes import make_changes, write_dataset

from faultcast.errors import UsageError
from faultcast.training import checkpoint
from faultcast.training.batches import epoch_batches, padding, share_of
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.ranks import joined
from faultcast.training.rows import read_training_data

# With all its noise: dropped channels, hidden tokens and reworded texts must not depend on who computes what.
SMALL = Options(
    vocabulary=400, max_tokens=32, width=16, heads=2, layers=1, hidden=16, epochs=2, batch_size=32, mutations=0.3
)


def train_rank(rank, world_size, dataset, output, options):
    torch.set_num_threads(1)
    with joined(rank, world_size, str(output.with_suffix(".store"))) as ranks:
        train_hybrid(read_training_data(dataset), output, 3, ranks=ranks, options=options)


def start(world_size, dataset, output, options):
    output.with_suffix(".store").unlink(missing_ok=True)
    context = torch.multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # imported once for all of them
    ranks = [
        context.Process(target=train_rank, args=(rank, world_size, dataset, output, options))
        for rank in range(world_size)
    ]
    for one in ranks:
        one.start()
    return ranks


def weights(output):
    return safetensors.numpy.load_file(output / "weights.safetensors")


def farthest(one, other):
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks") / "dataset.parquet"
    write_dataset(make_changes(500), path)
    return path


@pytest.fixture(scope="module")
def by_one(small, tmp_path_factory):
    output = tmp_path_factory.mktemp("by_one") / "hybrid"
    train_rank(0, 1, small, output, SMALL)
    return weights(output)


def test_two_ranks_learn_the_weights_of_one_and_a_killed_one_resumes_within_its_epoch(small, by_one, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    often = replace(SMALL, checkpoint_seconds=0.0)
    for rank in start(2, small, whole, often):
        rank.join(100)
    assert farthest(weights(whole), by_one) < 1e-4

    ranks = start(2, small, killed, often)
    at = wait_for_a_checkpoint_within(killed, epoch=1)
    ranks[1].kill()
    for rank in ranks:
        rank.join(100)
    assert [rank.exitcode for rank in ranks][1] == -9
    assert ranks[0].exitcode != 0
    assert not (killed / "manifest.json").exists()
    assert at["batches_done"] > 0

    shutil.copytree(killed, tmp_path / "alone")
    for rank in start(2, small, killed, often):
        rank.join(100)
    assert farthest(weights(killed), weights(whole)) == 0.0
    train_rank(0, 1, small, tmp_path / "alone", often)  # the number of ranks may change
    assert farthest(weights(tmp_path / "alone"), by_one) < 1e-4


def wait_for_a_checkpoint_within(output, epoch):
    until = time.monotonic() + 100
    while time.monotonic() < until:
        path = output / checkpoint.FOLDER / "state.safetensors"
        if path.is_file():
            with safetensors.safe_open(path, framework="np") as opened:
                progress = json.loads(opened.metadata()["progress"])
            if progress["epochs_done"] == epoch and progress["batches_done"]:
                return progress
        time.sleep(0.002)
    raise AssertionError("no checkpoint within the epoch")


def test_accumulated_parts_make_the_same_step(small, by_one, tmp_path):
    train_rank(0, 1, small, tmp_path / "hybrid", replace(SMALL, accumulate=4))
    assert farthest(weights(tmp_path / "hybrid"), by_one) < 1e-4


def test_another_batch_size_learns_something_else(small, by_one, tmp_path):
    """Else the comparisons above would prove nothing."""
    train_rank(0, 1, small, tmp_path / "hybrid", replace(SMALL, batch_size=31))
    assert farthest(weights(tmp_path / "hybrid"), by_one) > 1e-3


def test_options_out_of_bounds_are_refused(small, tmp_path):
    data = read_training_data(small)
    for wrong in ({"width": 15}, {"accumulate": 0}, {"mutations": 1.0}, {"dropout": -0.1}):
        with pytest.raises(UsageError):
            train_hybrid(data, tmp_path, 1, options=replace(SMALL, **wrong))


@pytest.mark.parametrize("longest", [128, 192, 512])
def test_little_of_what_is_computed_is_padding(longest):
    lengths_N = np.clip(np.random.default_rng(1).lognormal(5.5, 0.8, 4000).astype(int), 5, longest)
    batches = epoch_batches(lengths_N, 32, seed=1, epoch=0)
    by_rank = [share_of(rows, rank, 2) for rows in batches for rank in range(2)]
    assert padding(lengths_N, by_rank) < 1.15
    # ...which takes sorting: batches as they come are mostly padding.
    as_they_come = list(np.array_split(np.random.default_rng(2).permutation(4000), 125))
    assert longest == 128 or padding(lengths_N, as_they_come) > 1.15
