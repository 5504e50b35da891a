"""How sure an AUC is: a stratified, paired, seeded bootstrap.

Inducing and clean changes are drawn separately (so every replicate has both classes), and all
risks are judged on the same draws (so a difference between two is judged without the noise they
share). Efron & Tibshirani 1993; stratified as in pROC (Robin et al. 2011).

N = changes, B = replicates, G = groups of equal risk.
"""

from collections.abc import Iterator, Mapping
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from faultcast.validation.metrics import Labels, Risk, auc, has_both_classes

REPLICATES = 1000
_CELLS = 2_000_000  # replicates are drawn in chunks of about this many numbers: 16 MB


class Difference(TypedDict):
    """One number (an AUC, unless said otherwise) minus another, with its 95 % interval."""

    difference: float
    low: float
    high: float


def bootstrap_aucs(
    labels_N: Labels, risks: Mapping[str, Risk], *, seed: int = 7, replicates: int = REPLICATES
) -> dict[str, NDArray[np.float64]]:
    """AUC of each risk on the same `replicates` resamplings of the rows; empty for one class."""
    if not has_both_classes(labels_N):
        return {}
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in risks}
    for draws_BN in draws(labels_N, seed=seed, replicates=replicates):
        for name, risk_N in risks.items():
            found[name].append(_weighted_aucs(labels_N, risk_N, draws_BN))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def interval(values_B: NDArray[np.float64]) -> list[float]:
    """[low, high]: the middle 95 % of the replicates."""
    low, high = np.quantile(values_B, [0.025, 0.975])
    return [float(low), float(high)]


def auc_interval(labels_N: Labels, risk_N: Risk, *, seed: int = 7, replicates: int = REPLICATES) -> list[float] | None:
    """95 % interval [low, high] of the AUC; `None` for one class."""
    found = bootstrap_aucs(labels_N, {"": risk_N}, seed=seed, replicates=replicates)
    return interval(found[""]) if found else None


def auc_difference(
    labels_N: Labels, risk_N: Risk, other_N: Risk, *, seed: int = 7, replicates: int = REPLICATES
) -> Difference | None:
    """AUC of `risk_N` minus that of `other_N` on the same rows; `None` for one class."""
    mine, theirs = auc(labels_N, risk_N), auc(labels_N, other_N)
    if mine is None or theirs is None:
        return None
    found = bootstrap_aucs(labels_N, {"mine": risk_N, "theirs": other_N}, seed=seed, replicates=replicates)
    low, high = interval(found["mine"] - found["theirs"])
    return {"difference": mine - theirs, "low": low, "high": high}


def draws(labels_N: Labels, *, seed: int = 7, replicates: int = REPLICATES) -> Iterator[NDArray[np.float64]]:
    """How often each row is drawn in each replicate, in chunks of replicates; needs both classes."""
    random = np.random.default_rng(seed)
    chunk = max(1, _CELLS // len(labels_N))
    for start in range(0, replicates, chunk):
        yield _draws(labels_N, min(chunk, replicates - start), random)


def _draws(labels_N: Labels, replicates: int, random: np.random.Generator) -> NDArray[np.float64]:
    """One chunk, classes drawn separately."""
    draws_BN = np.zeros((replicates, len(labels_N)))
    for label in (0, 1):
        rows_K = np.flatnonzero(labels_N == label)
        size = len(rows_K)
        picks_BK = random.integers(0, size, (replicates, size))
        picks_BK += np.arange(replicates)[:, None] * size
        draws_BN[:, rows_K] = np.bincount(picks_BK.ravel(), minlength=replicates * size).reshape(replicates, size)
    return draws_BN


def _weighted_aucs(labels_N: Labels, risk_N: Risk, draws_BN: NDArray[np.float64]) -> NDArray[np.float64]:
    """AUC of every replicate at once: inducing drawn, times clean drawn below it, ties half."""
    order_N = np.argsort(risk_N, kind="stable")
    first_of_tie = np.flatnonzero(np.insert(np.diff(risk_N[order_N]) != 0, 0, True))
    sorted_BN, is_inducing_N = draws_BN[:, order_N], labels_N[order_N] == 1
    inducing_BG = np.add.reduceat(sorted_BN * is_inducing_N, first_of_tie, axis=1)
    clean_BG = np.add.reduceat(sorted_BN * ~is_inducing_N, first_of_tie, axis=1)
    below_BG = np.cumsum(clean_BG, axis=1) - clean_BG / 2
    pairs = float(is_inducing_N.sum()) * float((~is_inducing_N).sum())
    aucs_B: NDArray[np.float64] = (inducing_BG * below_BG).sum(axis=1) / pairs
    return aucs_B
