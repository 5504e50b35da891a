"""Comparisons as lines to draw: lists of [x, y] points, thinned to what a chart can show.

An empty list where the curve does not exist, for the reasons given in metrics.py.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from faultcast.validation.metrics import (
    Labels,
    Risk,
    calibration_bins,
    found_by_reviewing,
    has_both_classes,
)

Points = list[list[float]]
MAX_POINTS = 200  # more cannot be told apart in a chart a few hundred pixels wide
_DIGITS = 6


def roc(labels_N: Labels, risk_N: Risk) -> Points:
    """[share of clean changes flagged, share of inducing changes flagged], from (0, 0) to (1, 1)."""
    if not has_both_classes(labels_N):
        return []
    clean_T, inducing_T, _ = roc_curve(labels_N, risk_N)
    return _points(clean_T, inducing_T)


def precision_recall(labels_N: Labels, risk_N: Risk) -> Points:
    """[recall, precision] by ascending recall, without the artificial point at recall 0."""
    if not has_both_classes(labels_N):
        return []
    precision_T, recall_T, _ = precision_recall_curve(labels_N, risk_N)
    return _points(recall_T[-2::-1], precision_T[-2::-1])


def calibration(labels_N: Labels, risk_N: Risk) -> Points:
    """[mean risk, observed share of inducing changes, changes] a bin."""
    if not has_both_classes(labels_N):
        return []
    return [[round(x, _DIGITS), round(y, _DIGITS), n] for x, y, n in calibration_bins(labels_N, risk_N)]


def recall_by_share(labels_N: Labels, risk_N: Risk) -> Points:
    """[share of changes reviewed, share of inducing changes met], in steps of one percent."""
    if not has_both_classes(labels_N):
        return []
    read_G, met_G = found_by_reviewing(labels_N, risk_N)
    share_S = np.linspace(0, 1, 101)
    return _points(share_S, np.interp(share_S * len(labels_N), read_G, met_G) / labels_N.sum())


def _points(x_T: NDArray[np.float64], y_T: NDArray[np.float64]) -> Points:
    keep = np.arange(len(x_T))
    if len(x_T) > MAX_POINTS:
        keep = np.unique(np.linspace(0, len(x_T) - 1, MAX_POINTS).round().astype(int))
    return [[round(float(x), _DIGITS), round(float(y), _DIGITS)] for x, y in zip(x_T[keep], y_T[keep], strict=True)]
