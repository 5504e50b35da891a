"""Effort-aware figures, each beside its floor: what finding faults costs when reading costs its lines.

Effort of a change = lines added + deleted, at least 1. Dividing any risk by the effort moves short changes to the
front, and that alone scores well: on public data a *constant* risk over effort, which knows nothing, comes
close to trained models. `effort_aware` therefore reports every figure beside that floor; `over_floor` is what a
model adds. A change read in part counts by its part; Popt is scaled so that the worst order is 0.

Kamei et al. 2013 (recall at 20 % of the effort); Mende & Koschke 2010 (Popt); Huang et al. 2019 (initial
false alarms). N = changes, G = groups of equal rank.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultcast.validation.metrics import Labels, Risk, has_both_classes

SHARE = 0.20
"""Of the effort of reading everything: the budget of the literature."""
FIGURES = ("recall_at_effort", "popt", "initial_false_alarms")


def effort_of(lines_added_N: ArrayLike, lines_deleted_N: ArrayLike) -> Risk:
    """Lines to read a change; missing counts as none, and opening a change costs one line."""
    added_N, deleted_N = (
        np.nan_to_num(np.asarray(lines, dtype=np.float64)) for lines in (lines_added_N, lines_deleted_N)
    )
    lines_N: Risk = np.maximum(added_N + deleted_N, 1.0)
    return lines_N


def effort_aware(labels_N: Labels, risk_N: Risk, effort_N: Risk) -> dict[str, Any]:
    """`FIGURES` for three orders of reading, and what the best of a model adds to knowing nothing.

    Returns:
        {"share": 0.2, "by_risk": {...}, "by_risk_per_line": {...}, "floor": {...},
        "over_floor": {recall_at_effort, popt}}; floor = a constant over effort; over_floor =
        by_risk_per_line minus floor. A figure is `None` for one class.
    """
    orders = {"by_risk": risk_N, "by_risk_per_line": risk_N / effort_N, "floor": 1.0 / effort_N}
    found: dict[str, Any] = {name: _figures(labels_N, rank_N, effort_N) for name, rank_N in orders.items()}
    mine, floor = found["by_risk_per_line"], found["floor"]
    over = {name: None if mine[name] is None else mine[name] - floor[name] for name in FIGURES[:2]}
    return {"share": SHARE, **found, "over_floor": over}


def recall_at_effort(labels_N: Labels, rank_N: Risk, effort_N: Risk, share: float = SHARE) -> float | None:
    """Share of the inducing changes met when `share` (0..1) of the whole effort is spent, highest rank first.

    A change read in part counts by its part, and tied changes by their mean.
    """
    if not labels_N.sum():
        return None
    spent_G, met_G = _curve(labels_N, rank_N, effort_N)
    return float(np.interp(share, spent_G, met_G))


def popt(labels_N: Labels, rank_N: Risk, effort_N: Risk) -> float | None:
    """Area under effort against recall, scaled: 1 the best order that exists, 0 the worst.

    `None` for one class, or where best and worst are the same.
    """
    if not has_both_classes(labels_N):
        return None
    best_N = labels_N / effort_N  # the clean ones tie at the end, where nothing is left to meet
    area, best, worst = (_area(_curve(labels_N, order_N, effort_N)) for order_N in (rank_N, best_N, -best_N))
    return 1 - (best - area) / (best - worst) if best > worst else None


def initial_false_alarms(labels_N: Labels, rank_N: Risk) -> float | None:
    """Clean changes read before the first inducing one; expected number where ranks tie."""
    if not labels_N.sum():
        return None
    first = rank_N[labels_N == 1].max()
    tied_N = rank_N == first
    clean, inducing = int((1 - labels_N)[tied_N].sum()), int(labels_N[tied_N].sum())
    return float(((1 - labels_N) * (rank_N > first)).sum()) + clean / (inducing + 1)


def _figures(labels_N: Labels, rank_N: Risk, effort_N: Risk) -> dict[str, float | None]:
    return {
        "recall_at_effort": recall_at_effort(labels_N, rank_N, effort_N),
        "popt": popt(labels_N, rank_N, effort_N),
        "initial_false_alarms": initial_false_alarms(labels_N, rank_N),
    }


def _curve(labels_N: Labels, rank_N: Risk, effort_N: Risk) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the effort spent and of the inducing changes met after each distinct rank, from (0, 0)."""
    order_N = np.argsort(-rank_N, kind="stable")
    last_of_tie_N = np.append(np.diff(rank_N[order_N]) != 0, True)
    spent_G = np.cumsum(effort_N[order_N])[last_of_tie_N] / effort_N.sum()
    met_G = np.cumsum(labels_N[order_N], dtype=np.float64)[last_of_tie_N] / labels_N.sum()
    return np.insert(spent_G, 0, 0.0), np.insert(met_G, 0, 0.0)


def _area(curve: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
    return float(np.trapezoid(curve[1], curve[0]))
