"""Does the same model come out again, and does it hold over time?

`over_seeds`: one way of learning, several seeds, the same judged rows. A model whose bands flip with the seed
says more about the seed than about the change.
`over_time`: one model, consecutive slices of the judged window, and whether its AUC falls or rises: a weighted line
through the slices' AUCs, each weighted by its DeLong variance (fixed-effect meta-regression; Thompson & Higgins 2002).

N = changes, S = seeds, K = slices.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, spearmanr

from faultcast.models.bands import Bands
from faultcast.records import Outcome
from faultcast.validation import metrics
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.significance import ALPHA, delong_covariance, delong_interval

MIN_PER_CLASS = 10
"""Inducing (and clean) changes below which a slice is INCONCLUSIVE."""
MIN_SLICES = 3
_ORDER = ("low", "medium", "high")


def over_seeds(labels_N: Labels, risks_SN: Sequence[ArrayLike], bands_S: Sequence[Bands]) -> dict[str, Any]:
    """Spread between models that differ only in their seed, judged on the same rows.

    Args:
        labels_N: 1 inducing, 0 clean.
        risks_SN: each seed's risks.
        bands_S: each seed's own bands, for a model is served with those.

    Returns:
        {"seeds", "n", "auc": [one a seed], "auc_mean", "auc_standard_deviation", "auc_range", "brier": [...],
        "rank_correlation_mean", "rank_correlation_min" (Spearman, over pairs of seeds), "band_flips": share of
        changes whose band is not the same for all seeds, "pair_flips": mean share between two seeds,
        "far_flips": share that is low for one seed and high for another}. `None` where a number does not exist.
    """
    risks = [np.asarray(risk_N, dtype=np.float64) for risk_N in risks_SN]
    bands_SN = np.array([_bands(risk_N, bands) for risk_N, bands in zip(risks, bands_S, strict=True)])
    pairs = list(combinations(range(len(risks)), 2))
    agreement = [_spearman(risks[one], risks[other]) for one, other in pairs]
    known = [rho for rho in agreement if rho is not None]
    aucs = [metrics.auc(labels_N, risk_N) for risk_N in risks]
    present = [auc for auc in aucs if auc is not None]
    several = bool(pairs) and bool(len(labels_N))
    return {
        "seeds": len(risks),
        "n": len(labels_N),
        "auc": aucs,
        "auc_mean": float(np.mean(present)) if present else None,
        "auc_standard_deviation": float(np.std(present, ddof=1)) if len(present) > 1 else None,
        "auc_range": max(present) - min(present) if len(present) > 1 else None,
        "brier": [metrics.brier(labels_N, risk_N) for risk_N in risks],
        "rank_correlation_mean": float(np.mean(known)) if known else None,
        "rank_correlation_min": min(known) if known else None,
        "band_flips": float((bands_SN != bands_SN[0]).any(axis=0).mean()) if several else None,
        "pair_flips": float(np.mean([(bands_SN[i] != bands_SN[j]).mean() for i, j in pairs])) if several else None,
        "far_flips": float((np.ptp(bands_SN, axis=0) == len(_ORDER) - 1).mean()) if several else None,
    }


def over_time(committed_at_N: NDArray[np.int64], labels_N: Labels, risk_N: Risk, *, slices: int = 4) -> dict[str, Any]:
    """The judged window in `slices` consecutive parts of equal size, each with its figures, and their trend.

    Returns:
        {"slices": [{"from", "until" (unix seconds), "n", "positives", "outcome", "base_rate", "mean_risk", "auc",
        "auc_interval", "average_precision", "brier", "ece"}], "trend": {"outcome", "per_slice": change of the AUC
        from one slice to the next, "low", "high", "p", "text"}}. A slice with under `MIN_PER_CLASS` of a class
        is INCONCLUSIVE and not part of the trend; the trend needs `MIN_SLICES` slices and is FAIL where the AUC
        falls and p (two-sided) is below .05. The rows are put in time order first.
    """
    order_N = np.argsort(committed_at_N, kind="stable")
    at, labels, risk = committed_at_N[order_N], labels_N[order_N], risk_N[order_N]
    rows_K = [rows for rows in np.array_split(np.arange(len(at)), slices) if len(rows)]
    found = [_slice(at[rows], labels[rows], risk[rows]) for rows in rows_K]
    judged = [place for place, one in enumerate(found) if one["outcome"] == Outcome.PASS.value]
    parts = [delong_covariance(labels[rows_K[place]], [risk[rows_K[place]]]) for place in judged]
    aucs = np.array([aucs_R[0] for aucs_R, _ in parts])
    variances = np.array([covariance_RR[0, 0] for _, covariance_RR in parts])
    return {"slices": found, "trend": _trend(np.array(judged, dtype=np.float64), aucs, variances)}


def _bands(risk_N: Risk, bands: Bands) -> NDArray[np.int64]:
    """0 low, 1 medium, 2 high."""
    return np.where(risk_N >= bands.high, 2, np.where(risk_N >= bands.medium, 1, 0))


def _spearman(one_N: Risk, other_N: Risk) -> float | None:
    if len(one_N) < 2 or np.ptp(one_N) == 0 or np.ptp(other_N) == 0:
        return None
    return float(spearmanr(one_N, other_N).statistic)


def _slice(at_N: NDArray[np.int64], labels_N: Labels, risk_N: Risk) -> dict[str, Any]:
    positives = int(labels_N.sum())
    enough = min(positives, len(labels_N) - positives) >= MIN_PER_CLASS
    return {
        "from": int(at_N[0]),
        "until": int(at_N[-1]),
        "n": len(labels_N),
        "positives": positives,
        "outcome": (Outcome.PASS if enough else Outcome.INCONCLUSIVE).value,
        "base_rate": float(labels_N.mean()),
        "mean_risk": float(risk_N.mean()),
        "auc": metrics.auc(labels_N, risk_N),
        "auc_interval": delong_interval(labels_N, risk_N) if enough else None,
        "average_precision": metrics.average_precision(labels_N, risk_N),
        "brier": metrics.brier(labels_N, risk_N),
        "ece": metrics.expected_calibration_error(labels_N, risk_N),
    }


def _trend(place_K: NDArray[np.float64], auc_K: NDArray[np.float64], variance_K: NDArray[np.float64]) -> dict[str, Any]:
    """Weighted least squares of the AUC on the slice's number."""
    nothing = {"per_slice": None, "low": None, "high": None, "p": None}
    if len(place_K) < MIN_SLICES or not (variance_K > 0).all():
        text = f"{len(place_K)} slices could be judged; at least {MIN_SLICES} are needed for a trend."
        return {"outcome": Outcome.INCONCLUSIVE.value, **nothing, "text": text}
    weight_K = 1 / variance_K
    away_K = place_K - np.average(place_K, weights=weight_K)
    slope = float((weight_K * away_K * auc_K).sum() / (weight_K * away_K**2).sum())
    error = float(1 / np.sqrt((weight_K * away_K**2).sum()))
    p_value, half = 2 * float(norm.sf(abs(slope) / error)), float(norm.isf(ALPHA / 2)) * error
    falls = p_value < ALPHA and slope < 0
    text = f"The AUC changes by {slope:+.3f} a slice (95 % interval {slope - half:+.3f} to {slope + half:+.3f})."
    return {
        "outcome": (Outcome.FAIL if falls else Outcome.PASS).value,
        "per_slice": slope, "low": slope - half, "high": slope + half, "p": p_value, "text": text,
    }  # fmt: skip
