"""One number about one risk each. N = changes.

Every function takes `labels_N` (1 inducing, 0 clean) and `risk_N` (higher = riskier) and returns
`None` where the number does not exist: no rows, or only one class where both are needed. Missing
is not zero, and nothing downstream may read it as a pass.

>>> import numpy as np
>>> labels_N, risk_N = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
>>> auc(labels_N, risk_N)
0.75
>>> auc(np.array([0, 0]), np.array([0.1, 0.2])) is None
True
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

Labels = NDArray[np.int64]
Risk = NDArray[np.float64]


def has_both_classes(labels_N: Labels) -> bool:
    """Whether there is at least one inducing and one clean change."""
    return bool(0 < int(labels_N.sum()) < len(labels_N))


def auc(labels_N: Labels, risk_N: Risk) -> float | None:
    """Probability that an inducing change is ranked above a clean one; a tie counts half."""
    return float(roc_auc_score(labels_N, risk_N)) if has_both_classes(labels_N) else None


def average_precision(labels_N: Labels, risk_N: Risk) -> float | None:
    """Precision averaged over the inducing changes; a random ranking scores the base rate."""
    return float(average_precision_score(labels_N, risk_N)) if has_both_classes(labels_N) else None


def brier(labels_N: Labels, risk_N: Risk) -> float | None:
    """Mean squared distance of a probability from what happened (Brier 1950); lower is better.

    One class alone is enough: the distance exists. Only for risks that are probabilities.
    """
    return float(np.mean((risk_N - labels_N) ** 2)) if len(labels_N) else None


def f1(labels_N: Labels, risk_N: Risk, threshold: float) -> float | None:
    """Harmonic mean of precision and recall when changes with `risk >= threshold` are flagged.

    The threshold has to come from other rows than these (`best_threshold` on validation data).
    """
    if not has_both_classes(labels_N):
        return None
    flagged_N = risk_N >= threshold
    hits = int(labels_N[flagged_N].sum())
    return 2 * hits / (int(flagged_N.sum()) + int(labels_N.sum()))


def best_threshold(labels_N: Labels, risk_N: Risk) -> float | None:
    """The threshold with the highest F1; of equals the highest, which flags least."""
    if not has_both_classes(labels_N):
        return None
    precision_T, recall_T, threshold_T = precision_recall_curve(labels_N, risk_N)
    precision_T, recall_T = precision_T[:-1], recall_T[:-1]  # the last point has no threshold
    total_T = precision_T + recall_T
    f1_T = np.divide(2 * precision_T * recall_T, total_T, out=np.zeros_like(total_T), where=total_T > 0)
    best = np.flatnonzero(f1_T >= f1_T.max() - 1e-12)[-1]  # thresholds are ascending
    return float(threshold_T[best])


def found_by_reviewing(labels_N: Labels, risk_N: Risk) -> tuple[Risk, Risk]:
    """Reviewing from the riskiest down: changes read and inducing changes met, at each distinct risk.

    Both start at 0. Between two points every order of the tied changes is equally likely, so the
    expected number met is the straight line between them.
    """
    order_N = np.argsort(-risk_N, kind="stable")
    last_of_tie_N = np.append(np.diff(risk_N[order_N]) != 0, True)[: len(order_N)]
    read_G = np.arange(1, len(order_N) + 1, dtype=np.float64)[last_of_tie_N]
    met_G = np.cumsum(labels_N[order_N], dtype=np.float64)[last_of_tie_N]
    return np.insert(read_G, 0, 0.0), np.insert(met_G, 0, 0.0)


def recall_at(labels_N: Labels, risk_N: Risk, share: float) -> float | None:
    """Share of the inducing changes among the riskiest `share` (0..1) of all changes.

    The expected value where risks tie; a fraction of a change counts by its fraction.
    """
    positives = int(labels_N.sum())
    if not positives:
        return None
    read_G, met_G = found_by_reviewing(labels_N, risk_N)
    return float(np.interp(share * len(labels_N), read_G, met_G) / positives)


def calibration_bins(labels_N: Labels, risk_N: Risk, bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean risk, observed share of inducing changes, changes) of at most `bins` bins of equal size.

    Equal risks always share a bin, so the order of the rows cannot matter.
    """
    if not len(labels_N):
        return []
    inner_edges = np.unique(np.quantile(risk_N, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    bin_N = np.searchsorted(inner_edges, risk_N, side="left")
    members = (bin_N == b for b in np.unique(bin_N))
    return [(float(risk_N[m].mean()), float(labels_N[m].mean()), int(m.sum())) for m in members]


def expected_calibration_error(labels_N: Labels, risk_N: Risk, bins: int = 10) -> float | None:
    """Mean distance between risk and observed share over `calibration_bins`, weighted by changes."""
    if not len(labels_N):
        return None
    found = calibration_bins(labels_N, risk_N, bins)
    return sum(abs(risk - share) * count for risk, share, count in found) / len(labels_N)
