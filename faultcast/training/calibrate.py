"""Which map from scores to probabilities serves, chosen on validation rows that it did not see.

The validation rows, in time order, are cut into `BLOCKS` consecutive blocks. Each method is fitted on all
blocks but one and judged on that one by log loss, so that a method with more freedom gains nothing from
fitting noise. Of the two lines (temperature, Platt) the one with the lower loss stands; isotonic regression
replaces it where it is better by more than the standard error of the paired difference (the rule of one
standard error, Breiman et al. 1984), which noise alone seldom is. With fewer than `FEWEST` changes of
either class nothing is compared: Platt's two numbers can be learnt from a few dozen faults.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize

from faultcast.models.calibration import MAX_KNOTS, Calibration

Floats = NDArray[np.float64]

BLOCKS = 5
FEWEST = 50
"""Inducing and clean validation changes below which Platt is taken as it is."""
_LEAST_SLOPE, _MOST_SLOPE, _MOST_INTERCEPT = 0.05, 1e4, 1e4
_LEAST_RISE = 1e-6


def fit_calibration(logits_N: Floats, labels_N: Floats) -> Calibration:
    """The calibration that validation rows speak for.

    The slope is kept at 0.05 or above: where validation data contradict the model, risks move to the
    base rate, but their order stays what the model said.

    Args:
        logits_N: float64, raw scores of validation rows in time order.
        labels_N: float64, 1 inducing, 0 clean.
    """
    return _METHODS[_chosen(logits_N, labels_N)](logits_N, labels_N)


def _chosen(logits_N: Floats, labels_N: Floats) -> str:
    if min(labels_N.sum(), (1 - labels_N).sum()) < FEWEST:
        return "platt"
    losses = {
        name: _log_loss(cross_fitted_risk(logits_N, labels_N, name), labels_N)
        for name in ("platt", "temperature", "isotonic")
    }
    line = min(("platt", "temperature"), key=lambda name: losses[name].mean())
    gain_N = losses[line] - losses["isotonic"]
    return "isotonic" if gain_N.mean() > gain_N.std() / np.sqrt(len(gain_N)) else line


def cross_fitted_risk(logits_N: Floats, labels_N: Floats, method: str) -> Floats:
    """Risks (float64 array_N) of each block by the method fitted on the other blocks: honest on these rows."""
    risk_N = np.empty(len(logits_N))
    for block in np.array_split(np.arange(len(logits_N)), min(BLOCKS, len(logits_N))):
        others = np.ones(len(logits_N), dtype=bool)
        others[block] = False
        risk_N[block] = _METHODS[method](logits_N[others], labels_N[others]).apply(logits_N[block])
    return risk_N


def _log_loss(risk_N: Floats, labels_N: Floats) -> Floats:
    happened_N = np.where(labels_N > 0, risk_N, 1 - risk_N)
    return np.asarray(-np.log(np.maximum(happened_N, 1e-12)))


def _targets(labels_N: Floats) -> Floats:
    """Platt's smoothed labels: no certainty from few rows."""
    positives = labels_N.sum()
    high, low = (positives + 1) / (positives + 2), 1 / (len(labels_N) - positives + 2)
    return np.asarray(np.where(labels_N > 0, high, low))


def _platt(logits_N: Floats, labels_N: Floats) -> Calibration:
    slope, intercept = _line(logits_N, _targets(labels_N), (-_MOST_INTERCEPT, _MOST_INTERCEPT))
    return Calibration(slope, intercept)


def _temperature(logits_N: Floats, labels_N: Floats) -> Calibration:
    slope, _ = _line(logits_N, _targets(labels_N), (0.0, 0.0))
    return Calibration(slope, 0.0, "temperature")


def _line(logits_N: Floats, targets_N: Floats, intercepts: tuple[float, float]) -> tuple[float, float]:
    """Slope and intercept of the highest likelihood."""

    def loss_and_gradient(parameters: Floats) -> tuple[float, Floats]:
        z_N = parameters[0] * logits_N + parameters[1]
        error_N = 1 / (1 + np.exp(-np.clip(z_N, -36, 36))) - targets_N
        loss = float(np.mean(np.logaddexp(0, z_N) - targets_N * z_N))
        return loss, np.array([np.mean(error_N * logits_N), np.mean(error_N)])

    bounds = [(_LEAST_SLOPE, _MOST_SLOPE), intercepts]
    best = minimize(loss_and_gradient, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(best.x[0]), float(best.x[1])


def _isotonic(logits_N: Floats, labels_N: Floats) -> Calibration:
    """Straight lines through the centres of isotonic regression's steps; Platt where it finds but one step."""
    order_N = np.argsort(logits_N, kind="stable")
    x_U, first_U = np.unique(logits_N[order_N], return_index=True)
    count_U = np.diff(np.append(first_U, len(logits_N))).astype(np.float64)
    target_U = np.add.reduceat(_targets(labels_N)[order_N], first_U) / count_U
    found = isotonic_regression(target_U, weights=count_U)
    starts_K = found.blocks[:-1]
    centre_K = np.add.reduceat(x_U * count_U, starts_K) / np.add.reduceat(count_U, starts_K)
    share_K = found.x[starts_K]
    knots = [(float(centre_K[0]), _logit(share_K[0]))]
    for x, share in zip(centre_K[1:], share_K[1:], strict=True):
        if x - knots[-1][0] >= _LEAST_RISE and _logit(share) - knots[-1][1] >= _LEAST_RISE:
            knots.append((float(x), _logit(share)))
    if not 2 <= len(knots) <= MAX_KNOTS:
        return _platt(logits_N, labels_N)
    return Calibration(_LEAST_SLOPE, 0.0, "isotonic", tuple(knots))


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


_METHODS: dict[str, Callable[[Floats, Floats], Calibration]] = {
    "platt": _platt,
    "temperature": _temperature,
    "isotonic": _isotonic,
}
