"""Which rows make a batch, and which rank computes which of them.

The batches of an epoch are the same for any number of ranks: a rank takes every `world_size`-th row
of each. So one process and two see the same global batch and learn the same weights.
"""

import numpy as np
from numpy.typing import NDArray

_SHAKE = 0.1


def epoch_batches(lengths_N: NDArray[np.int64], batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """Row numbers of each global batch, rows of similar length together, batches in random order.

    Lengths are shaken by up to 10 % first, so that an epoch does not repeat the last one's batches.

    >>> batches = epoch_batches(np.array([5, 90, 6, 80]), batch_size=2, seed=1, epoch=0)
    >>> sorted(sorted(rows.tolist()) for rows in batches)
    [[0, 2], [1, 3]]
    """
    rng = np.random.default_rng([seed, epoch])
    shaken_N = lengths_N * rng.uniform(1 - _SHAKE, 1 + _SHAKE, size=len(lengths_N)) + rng.random(len(lengths_N))
    batches = even_batches(np.argsort(shaken_N, kind="stable"), batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def even_batches(rows_N: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Cut into batches of nearly equal size, so that none is too small to share among ranks.

    >>> [len(rows) for rows in even_batches(np.arange(70), 32)]
    [24, 23, 23]
    """
    return list(np.array_split(rows_N, max(1, -(-len(rows_N) // batch_size))))


def share_of(rows: NDArray[np.int64], rank: int, world_size: int) -> NDArray[np.int64]:
    """The rows of a global batch that one rank computes."""
    return rows[rank::world_size]


def parts_of(rows: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """A rank's share in at most `count` parts, whose gradients are added up before one step.

    >>> [part.tolist() for part in parts_of(np.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    return [part for part in np.array_split(rows, count) if len(part)] or [rows]


def padding(lengths_N: NDArray[np.int64], batches: list[NDArray[np.int64]]) -> float:
    """Tokens that are computed for each real one (1.0: no padding), every batch being as wide as its longest row.

    >>> padding(np.array([5, 10]), [np.array([0, 1])]).__round__(2)
    1.33
    """
    return float(sum(int(lengths_N[rows].max()) * len(rows) for rows in batches) / max(1, int(lengths_N.sum())))
