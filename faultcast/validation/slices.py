"""Is the model as good for one kind of change as for another? Never by name or pseudonym.

A *dimension* (slicing.py) cuts the judged rows into *slices*. Figures a slice come from fairlearn's `MetricFrame`
(Bird et al. 2020), each with n and a 95 % interval: Wilson 1927 for shares, DeLong 1988 for the AUC, normal for the
calibration gap. Slices with too few rows are INCONCLUSIVE, not judged. What is flagged, and why: slice_flags.py.

N = changes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate, true_positive_rate
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import precision_score

from faultcast.records import Outcome
from faultcast.validation import metrics
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.significance import ALPHA, delong_interval
from faultcast.validation.slice_flags import LIMITS, flags

MIN_ROWS = 50
MIN_PER_CLASS = 10
"""Inducing (and clean) changes of a slice; below either number it is INCONCLUSIVE."""
RATES = ("selection_rate", "recall", "false_negative_rate", "false_positive_rate", "precision")
FIGURES = (*RATES, "auc", "calibration_gap")

Slices = NDArray[np.str_]


def by_slice(labels_N: Labels, risk_N: Risk, threshold: float, dimensions: Mapping[str, Slices]) -> dict[str, Any]:
    """Judge one model in every slice of every dimension.

    Args:
        labels_N: 1 inducing, 0 clean.
        risk_N: probabilities.
        threshold: changes with `risk >= threshold` are flagged for review; chosen on other rows.
        dimensions: name -> slice of each row, from `slicing.dimensions`; "" = unknown, left out.

    Returns:
        {"threshold", "outcome", "dimensions": {name: {"outcome", "slices": {slice: {"n", "positives", "base_rate",
        "outcome", figure: {"value", "low", "high"}}}, "differences": {figure: largest minus smallest}, "ratios":
        {figure: smallest over largest}}}, "flags": [{"dimension", "slice", "figure", "found", "expected",
        "p_adjusted", "text"}], "limits": {...}}. Figures are `FIGURES`, `None` in a slice that could not be judged;
        differences and ratios are over those that could; `calibration_gap` is mean risk minus share of inducing
        changes. `outcome`: FAIL where a slice is flagged, INCONCLUSIVE where fewer than two could be judged.
    """
    flagged_N = (risk_N >= threshold).astype(np.int64)
    found = {name: _dimension(labels_N, risk_N, flagged_N, slice_N) for name, slice_N in dimensions.items()}
    judged = {name: [one for one, it in of["slices"].items() if _is_judged(it)] for name, of in found.items()}
    raised = flags(labels_N, risk_N, flagged_N, dimensions, judged)
    for name in {flag["dimension"] for flag in raised}:
        found[name]["outcome"] = Outcome.FAIL.value
    outcomes = {one["outcome"] for one in found.values()}
    worst_first = (Outcome.FAIL.value, Outcome.PASS.value)
    return {
        "threshold": threshold,
        "outcome": next((outcome for outcome in worst_first if outcome in outcomes), Outcome.INCONCLUSIVE.value),
        "dimensions": found,
        "flags": raised,
        "limits": {"rows": MIN_ROWS, "per_class": MIN_PER_CLASS, **LIMITS},
    }


def _dimension(labels_N: Labels, risk_N: Risk, flagged_N: NDArray[np.int64], slice_N: Slices) -> dict[str, Any]:
    names = [str(name) for name in np.unique(slice_N) if name]
    slices = {name: _size(labels_N[slice_N == name]) for name in names}
    judged = [name for name, one in slices.items() if _is_judged(one)]
    found: dict[str, Any] = {
        "outcome": (Outcome.PASS if len(judged) > 1 else Outcome.INCONCLUSIVE).value,
        "slices": slices,
        "differences": dict.fromkeys(FIGURES),
        "ratios": dict.fromkeys(FIGURES),
    }
    if not judged:
        return found
    kept_N = np.isin(slice_N, judged)
    frames = _frames(labels_N[kept_N], risk_N[kept_N], flagged_N[kept_N], slice_N[kept_N])
    for name in judged:
        values = {figure: _number(frame.by_group.loc[name, figure]) for frame in frames for figure in frame.by_group}
        of_N = slice_N == name
        slices[name] |= _with_intervals(values, labels_N[of_N], risk_N[of_N], flagged_N[of_N])
    if len(judged) > 1:
        for frame in frames:
            found["differences"] |= {figure: _number(value) for figure, value in frame.difference().items()}
            found["ratios"] |= {figure: _number(value) for figure, value in frame.ratio().items()}
        found["ratios"]["calibration_gap"] = None  # a gap around 0 has no meaningful ratio
    return found


def _size(labels_N: Labels) -> dict[str, Any]:
    positives = int(labels_N.sum())
    enough = len(labels_N) >= MIN_ROWS and min(positives, len(labels_N) - positives) >= MIN_PER_CLASS
    return {
        "n": len(labels_N),
        "positives": positives,
        "base_rate": float(labels_N.mean()),
        "outcome": (Outcome.PASS if enough else Outcome.INCONCLUSIVE).value,
        **dict.fromkeys(FIGURES),
    }


def _is_judged(one: Mapping[str, Any]) -> bool:
    return bool(one["outcome"] == Outcome.PASS.value)


def _frames(
    labels_N: Labels, risk_N: Risk, flagged_N: NDArray[np.int64], slice_N: Slices
) -> tuple[MetricFrame, MetricFrame]:
    """What is asked of the flags, and what of the risks."""
    of_flags = {
        "selection_rate": selection_rate,
        "recall": true_positive_rate,
        "false_negative_rate": false_negative_rate,
        "false_positive_rate": false_positive_rate,
        "precision": _precision,
    }
    of_risks = {"auc": metrics.auc, "calibration_gap": _calibration_gap}
    sliced = pd.Series(slice_N, name="slice")
    return (
        MetricFrame(metrics=of_flags, y_true=labels_N, y_pred=flagged_N, sensitive_features=sliced),
        MetricFrame(
            metrics=of_risks,
            y_true=labels_N,
            y_pred=risk_N,
            sensitive_features=sliced,
        ),
    )


def _precision(labels_N: Labels, flagged_N: NDArray[np.int64]) -> float:
    return float(precision_score(labels_N, flagged_N, zero_division=np.nan))


def _calibration_gap(labels_N: Labels, risk_N: Risk) -> float:
    return float(np.mean(risk_N) - np.mean(labels_N))


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _with_intervals(
    values: Mapping[str, float | None], labels_N: Labels, risk_N: Risk, flagged_N: NDArray[np.int64]
) -> dict[str, dict[str, float] | None]:
    """Each figure with its 95 % interval; `None` stays."""
    positives, flagged = int(labels_N.sum()), int(flagged_N.sum())
    out_of = dict(zip(RATES, (len(labels_N), positives, positives, len(labels_N) - positives, flagged), strict=True))
    found: dict[str, dict[str, float] | None] = {}
    for figure, value in values.items():
        if value is None:
            found[figure] = None
            continue
        if figure in RATES:
            low, high = wilson(value, out_of[figure])
        elif figure == "auc":
            low, high = delong_interval(labels_N, risk_N) or (value, value)
        else:
            half = float(norm.isf(ALPHA / 2) * np.std(risk_N - labels_N, ddof=1) / np.sqrt(len(labels_N)))
            low, high = value - half, value + half
        found[figure] = {"value": value, "low": low, "high": high}
    return found


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of `n` (Wilson 1927); stays within 0..1 and holds for few.

    >>> [round(bound, 3) for bound in wilson(0.1, 20)]
    [0.028, 0.301]
    """
    z = float(norm.isf(ALPHA / 2))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)
