"""Is one risk better than another on the same rows, or was it luck? Paired tests.

`delong`            AUC, without resampling: DeLong, DeLong & Clarke-Pearson 1988, by the fast algorithm of
                    Sun & Xu 2014 (midranks; O(N log N))
`paired_bootstrap`  Brier, F1 and average precision, on the draws of intervals.py

Every difference is `risk_N` minus `other_N`, so for Brier lower is better and for the others higher.

N = changes, P = inducing, Q = clean, R = risks, B = replicates.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from faultcast.validation.intervals import REPLICATES, Difference, draws, interval
from faultcast.validation.metrics import Labels, Risk, average_precision, brier, f1, has_both_classes

ALPHA = 0.05
_ROUNDING = 1e-14  # a variance below is what rounding left of zero


class AucTest(TypedDict):
    """DeLong's test of one AUC minus another.

    `low`, `high`: two-sided 95 % interval; above 0, a gate takes it for better (so by mistake 1 time in 40).
    `p_value`: two-sided, for "they are equal". `p_better`: one-sided, for "it is no better".
    """

    difference: float
    standard_error: float
    z: float | None
    p_value: float
    p_better: float
    low: float
    high: float


def delong(labels_N: Labels, risk_N: Risk, other_N: Risk) -> AucTest | None:
    """Test of the AUC of `risk_N` minus that of `other_N` on the same rows; `None` for one class.

    Two risks that order the changes alike have a difference of exactly 0 and nothing to test: p = 1.
    `z` is `None` where the difference has no variance (one ranks perfectly, the other not at all).
    """
    if not has_both_classes(labels_N):
        return None
    aucs_R, covariance_RR = delong_covariance(labels_N, [risk_N, other_N])
    difference = float(aucs_R[0] - aucs_R[1])
    variance = float(covariance_RR[0, 0] + covariance_RR[1, 1] - 2 * covariance_RR[0, 1])
    error = float(np.sqrt(variance)) if variance > _ROUNDING else 0.0
    if error:
        z = difference / error
        p_value, p_better = 2 * float(norm.sf(abs(z))), float(norm.sf(z))
    else:
        z = None
        p_value, p_better = float(difference == 0), float(difference <= 0)
    half = float(norm.isf(ALPHA / 2)) * error
    return {
        "difference": difference,
        "standard_error": error,
        "z": z,
        "p_value": p_value,
        "p_better": p_better,
        "low": difference - half,
        "high": difference + half,
    }


def delong_interval(labels_N: Labels, risk_N: Risk) -> list[float] | None:
    """95 % interval [low, high] of one AUC, within 0..1; `None` for one class."""
    if not has_both_classes(labels_N):
        return None
    aucs_R, covariance_RR = delong_covariance(labels_N, [risk_N])
    half = float(norm.isf(ALPHA / 2) * np.sqrt(covariance_RR[0, 0]))
    return [max(0.0, float(aucs_R[0]) - half), min(1.0, float(aucs_R[0]) + half)]


def delong_covariance(labels_N: Labels, risks_R: Sequence[Risk]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUC of each risk, and the covariance matrix of these AUCs (R x R).

    Needs both classes; with a single change of one class that class adds no variance, which
    understates it: callers ask for more (`Bounds.min_per_class`).
    """
    inducing_N = labels_N == 1
    inducing_RP, clean_RQ = [], []
    for risk_N in risks_R:
        above_P, below_Q = risk_N[inducing_N], risk_N[~inducing_N]
        rank_N = rankdata(np.concatenate([above_P, below_Q]))
        inducing_RP.append((rank_N[: len(above_P)] - rankdata(above_P)) / len(below_Q))
        clean_RQ.append(1 - (rank_N[len(above_P) :] - rankdata(below_Q)) / len(above_P))
    parts = (np.array(inducing_RP), np.array(clean_RQ))
    covariance_RR = sum((_covariance(part) for part in parts), np.zeros((len(risks_R), len(risks_R))))
    return parts[0].mean(axis=1), covariance_RR


def _covariance(values_RM: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of the rows' means."""
    risks, members = values_RM.shape
    if members == 1:
        return np.zeros((risks, risks))
    covariance_RR: NDArray[np.float64] = np.atleast_2d(np.cov(values_RM)) / members
    return covariance_RR


def paired_bootstrap(
    labels_N: Labels,
    risk_N: Risk,
    other_N: Risk,
    thresholds: tuple[float | None, float | None] = (None, None),
    *,
    seed: int = 7,
    replicates: int = REPLICATES,
) -> dict[str, Difference | None]:
    """Differences in `brier`, `f1` and `average_precision` with their 95 % intervals; all `None` for one class.

    `thresholds` are the two F1 thresholds, chosen on other rows; without both, `f1` is `None`.
    """
    names = ("brier", "f1", "average_precision")
    if not has_both_classes(labels_N):
        return dict.fromkeys(names)
    replicas: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for draws_BN in draws(labels_N, seed=seed, replicates=replicates):
        for name, values_B in _weighted(labels_N, risk_N, other_N, thresholds, draws_BN).items():
            replicas[name].append(values_B)
    points = _points(labels_N, risk_N, other_N, thresholds)
    return {
        name: None if point is None else _difference(point, np.concatenate(replicas[name]))
        for name, point in points.items()
    }


def _difference(point: float, values_B: NDArray[np.float64]) -> Difference:
    low, high = interval(values_B)
    return {"difference": point, "low": low, "high": high}


def _points(
    labels_N: Labels, risk_N: Risk, other_N: Risk, thresholds: tuple[float | None, float | None]
) -> Mapping[str, float | None]:
    def minus(mine: float | None, theirs: float | None) -> float | None:
        return None if mine is None or theirs is None else mine - theirs

    mine, theirs = thresholds
    both = mine is not None and theirs is not None
    return {
        "brier": minus(brier(labels_N, risk_N), brier(labels_N, other_N)),
        "f1": minus(f1(labels_N, risk_N, mine or 0.0), f1(labels_N, other_N, theirs or 0.0)) if both else None,
        "average_precision": minus(average_precision(labels_N, risk_N), average_precision(labels_N, other_N)),
    }


def _weighted(
    labels_N: Labels,
    risk_N: Risk,
    other_N: Risk,
    thresholds: tuple[float | None, float | None],
    draws_BN: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The three differences in every replicate at once."""
    found = {
        "brier": draws_BN @ ((risk_N - labels_N) ** 2 - (other_N - labels_N) ** 2) / len(labels_N),
        "average_precision": _average_precisions(labels_N, risk_N, draws_BN)
        - _average_precisions(labels_N, other_N, draws_BN),
    }
    mine, theirs = thresholds
    if mine is not None and theirs is not None:
        found["f1"] = _f1s(labels_N, risk_N >= mine, draws_BN) - _f1s(labels_N, other_N >= theirs, draws_BN)
    return found


def _f1s(labels_N: Labels, flagged_N: NDArray[np.bool_], draws_BN: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of every replicate; the number of inducing changes is the same in all of them."""
    met_B = draws_BN @ (flagged_N & (labels_N == 1)).astype(np.float64)
    flagged_B = draws_BN @ flagged_N.astype(np.float64)
    f1_B: NDArray[np.float64] = 2 * met_B / (flagged_B + labels_N.sum())
    return f1_B


def _average_precisions(labels_N: Labels, risk_N: Risk, draws_BN: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average precision of every replicate: precision at each distinct risk, weighted by the inducing drawn there."""
    order_N = np.argsort(-risk_N, kind="stable")
    first_of_tie = np.flatnonzero(np.insert(np.diff(risk_N[order_N]) != 0, 0, True))
    sorted_BN = draws_BN[:, order_N]
    inducing_BG = np.add.reduceat(sorted_BN * (labels_N[order_N] == 1), first_of_tie, axis=1)
    read_BG = np.cumsum(np.add.reduceat(sorted_BN, first_of_tie, axis=1), axis=1)
    met_BG = np.cumsum(inducing_BG, axis=1)
    precision_BG = np.divide(met_BG, read_BG, out=np.zeros_like(met_BG), where=read_BG > 0)
    found_B: NDArray[np.float64] = (inducing_BG * precision_BG).sum(axis=1) / float(labels_N.sum())
    return found_B
