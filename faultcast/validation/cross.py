"""Cross-validation in time order: how good is this way of learning, and how sure is that?

Each fold learns from a beginning, skips what had not ripened and is judged on what came next
(`dataset.time_folds`). The interval of a mean over folds is the corrected resampled t of Nadeau & Bengio 2003: folds
share what they learn from, which the plain t does not know. It errs on the wide side: on steady histories it holds
the truth more often than the 95 times in 100 that it promises (simulated in tests/validation/test_cross.py).

N = changes, K = folds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from faultcast.dataset import time_folds
from faultcast.errors import InsufficientSamples
from faultcast.validation import metrics
from faultcast.validation.evaluate import BASELINE, SHARES, baseline_ranks
from faultcast.validation.metrics import Labels, Risk

Rows = NDArray[np.int64]
Score = Callable[[Rows], Risk]
Fit = Callable[[Rows], Score]
"""Rows to learn from -> (rows to judge -> their risks). Both are row numbers, ascending."""


class Mean(TypedDict):
    """A mean over folds with its 95 % interval (`None` for fewer than two folds that have the number)."""

    mean: float
    standard_deviation: float | None
    low: float | None
    high: float | None
    folds: int


def cross_validate(
    committed_at_N: NDArray[np.int64],
    labels_N: Labels,
    lines_added_N: NDArray[np.float64],
    fit: Fit,
    *,
    ripening_days: float,
    folds: int = 4,
) -> dict[str, Any]:
    """Learn and judge fold by fold.

    Args:
        committed_at_N: int64, unix seconds, ascending.
        labels_N: 1 inducing, 0 clean.
        lines_added_N: what ranks without a model, beside every figure.
        fit: learns from some rows and returns what gives the risks of others. It is called once a fold; a fold
            whose rows to learn from are of one class only, or for which it raises `InsufficientSamples`, is left
            out and counted in `skipped`.

    Returns:
        {"ripening_days", "skipped", "folds": [{"learnt", "from", "until" (unix seconds of the judged rows), "n",
        "positives", "model": scores, "lines_added": scores}], "mean": {"model": {figure: Mean}, "lines_added": ...,
        "difference": {...model minus lines added}}}; scores: `auc`, `average_precision`, `brier`, `ece`,
        `recall_at_5`, `_10`, `_20`, `_30`. A figure that does not exist is `None`, and lines added is no probability.

    Raises:
        PermanentError: `committed_at_N` is not in time order.
    """
    found, sizes, skipped = [], [], 0
    for fold in time_folds(committed_at_N, ripening_days, folds):
        if not metrics.has_both_classes(labels_N[fold.train]):
            skipped += 1
            continue
        try:
            score = fit(fold.train)
        except InsufficientSamples:
            skipped += 1
            continue
        risk_N = np.asarray(score(fold.judged), dtype=np.float64)
        labels = labels_N[fold.judged]
        lines = baseline_ranks(lines_added_N[fold.judged], np.ones(len(labels)))[BASELINE]
        at = committed_at_N[fold.judged]
        sizes.append((len(fold.train), len(fold.judged)))
        found.append({
            "learnt": len(fold.train), "from": int(at[0]), "until": int(at[-1]),
            "n": len(labels), "positives": int(labels.sum()),
            "model": scores(labels, risk_N), BASELINE: scores(labels, lines, is_probability=False),
        })  # fmt: skip
    return {"ripening_days": ripening_days, "skipped": skipped, "folds": found, "mean": _means(found, sizes)}


def scores(labels_N: Labels, risk_N: Risk, *, is_probability: bool = True) -> dict[str, float | None]:
    """The figures of one judged block, flat."""
    return {
        "auc": metrics.auc(labels_N, risk_N),
        "average_precision": metrics.average_precision(labels_N, risk_N),
        "brier": metrics.brier(labels_N, risk_N) if is_probability else None,
        "ece": metrics.expected_calibration_error(labels_N, risk_N) if is_probability else None,
        **{f"recall_at_{share}": metrics.recall_at(labels_N, risk_N, share / 100) for share in SHARES},
    }


def mean_interval(scores_K: Sequence[float], sizes_K: Sequence[tuple[int, int]]) -> Mean | None:
    """Mean of the folds' scores; its variance is (1/K + mean of judged/learnt) times that of the scores.

    `sizes_K` are (rows learnt from, rows judged) of each fold. `None` without a fold.
    """
    folds = len(scores_K)
    if not folds:
        return None
    mean = float(np.mean(scores_K))
    if folds < 2:
        return {"mean": mean, "standard_deviation": None, "low": None, "high": None, "folds": folds}
    deviation = float(np.std(scores_K, ddof=1))
    overlap = float(np.mean([judged / learnt for learnt, judged in sizes_K]))
    half = float(student.isf(0.025, folds - 1)) * deviation * float(np.sqrt(1 / folds + overlap))
    return {
        "mean": mean, "standard_deviation": deviation, "low": mean - half, "high": mean + half, "folds": folds,
    }  # fmt: skip


def _means(found: list[dict[str, Any]], sizes: list[tuple[int, int]]) -> dict[str, dict[str, Mean | None]]:
    figures = scores(np.empty(0, dtype=np.int64), np.empty(0))

    def mean(value: Callable[[Mapping[str, Any]], float | None]) -> Mean | None:
        kept = [(value(fold), size) for fold, size in zip(found, sizes, strict=True)]
        present = [(score, size) for score, size in kept if score is not None]
        return mean_interval([score for score, _ in present], [size for _, size in present])

    def over(figure: str) -> Callable[[Mapping[str, Any]], float | None]:
        def difference(fold: Mapping[str, Any]) -> float | None:
            mine, lines = fold["model"][figure], fold[BASELINE][figure]
            return None if mine is None or lines is None else mine - lines

        return difference

    return {
        "model": {figure: mean(lambda fold, f=figure: fold["model"][f]) for figure in figures},  # type: ignore[misc]
        BASELINE: {figure: mean(lambda fold, f=figure: fold[BASELINE][f]) for figure in figures},  # type: ignore[misc]
        "difference": {figure: mean(over(figure)) for figure in figures},
    }
