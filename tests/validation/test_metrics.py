"""Numbers checked by hand on rows small enough to count, and laws that hold for any rows."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import f1_score

from faultcast.validation import curves, metrics

EMPTY = np.array([], dtype=np.int64)
NO_RISK = np.array([], dtype=np.float64)

rows = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])), min_size=2, max_size=40)


def columns(found: list[tuple[int, float]]) -> tuple[metrics.Labels, metrics.Risk]:
    labels, risks = zip(*found, strict=True)
    return np.array(labels, dtype=np.int64), np.array(risks, dtype=np.float64)


def test_a_perfect_ranking_finds_every_fault_first() -> None:
    labels, risk = np.array([0, 0, 0, 1, 0, 0, 0, 0, 0, 1]), np.array([0, 0.1, 0.2, 0.9, 0, 0, 0, 0, 0, 0.8])
    assert metrics.auc(labels, risk) == 1.0
    assert metrics.average_precision(labels, risk) == 1.0
    assert metrics.recall_at(labels, risk, 0.1) == pytest.approx(0.5)
    assert metrics.recall_at(labels, risk, 0.2) == pytest.approx(1.0)


def test_brier_is_the_mean_squared_distance() -> None:
    assert metrics.brier(np.array([1, 0]), np.array([0.6, 0.2])) == pytest.approx((0.16 + 0.04) / 2)


def test_one_constant_risk_finds_what_chance_finds() -> None:
    labels, risk = np.array([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), np.full(10, 0.2)
    for share in (0.05, 0.1, 0.2, 0.3):
        assert metrics.recall_at(labels, risk, share) == pytest.approx(share)
    assert metrics.auc(labels, risk) == 0.5


def test_ties_give_the_expected_value_over_all_their_orders() -> None:
    """Two of four changes are read; one is surely read, the other is any of three tied ones."""
    labels, risk = np.array([1, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.5])
    assert metrics.recall_at(labels, risk, 0.5) == pytest.approx((1 + 1 / 3) / 2)


@given(rows, st.integers(0, 1000))
def test_the_order_of_the_rows_never_matters(found: list[tuple[int, float]], seed: int) -> None:
    labels, risk = columns(found)
    order = np.random.default_rng(seed).permutation(len(labels))
    for metric in (metrics.auc, metrics.average_precision, metrics.brier, metrics.expected_calibration_error):
        assert metric(labels, risk) == pytest.approx(metric(labels[order], risk[order]))
    assert metrics.recall_at(labels, risk, 0.2) == pytest.approx(metrics.recall_at(labels[order], risk[order], 0.2))


@given(rows)
def test_the_best_threshold_is_at_least_as_good_as_any_other(found: list[tuple[int, float]]) -> None:
    labels, risk = columns(found)
    best = metrics.best_threshold(labels, risk)
    if best is None:
        assert len(set(labels.tolist())) == 1
        return
    reached = metrics.f1(labels, risk, best)
    assert reached == pytest.approx(f1_score(labels, risk >= best))
    assert all(reached >= f1_score(labels, risk >= t, zero_division=0) - 1e-12 for t in np.unique(risk))


def test_a_calibrated_risk_has_no_calibration_error_and_an_overconfident_one_has() -> None:
    random = np.random.default_rng(3)
    risk = random.uniform(0, 1, 20_000)
    labels = (random.uniform(0, 1, 20_000) < risk).astype(np.int64)
    assert metrics.expected_calibration_error(labels, risk) == pytest.approx(0, abs=0.015)
    assert metrics.expected_calibration_error(labels, np.where(risk > 0.5, 1.0, 0.0)) == pytest.approx(0.25, abs=0.02)


def test_calibration_bins_hold_every_change_once_and_never_split_a_tie() -> None:
    labels, risk = np.array([0, 1] * 50), np.repeat([0.1, 0.3], 50)
    bins = metrics.calibration_bins(labels, risk)
    assert [(round(x, 6), y, n) for x, y, n in bins] == [(0.1, 0.5, 50), (0.3, 0.5, 50)]


@pytest.mark.parametrize("labels", [EMPTY, np.array([0, 0, 0]), np.array([1, 1])])
def test_without_both_classes_a_comparison_does_not_exist(labels: metrics.Labels) -> None:
    risk = np.linspace(0, 1, len(labels))
    assert metrics.auc(labels, risk) is None
    assert metrics.average_precision(labels, risk) is None
    assert metrics.f1(labels, risk, 0.5) is None
    assert metrics.best_threshold(labels, risk) is None
    drawn = (curves.roc, curves.precision_recall, curves.calibration, curves.recall_by_share)
    assert [draw(labels, risk) for draw in drawn] == [[], [], [], []]


def test_without_rows_nothing_exists() -> None:
    assert metrics.brier(EMPTY, NO_RISK) is None
    assert metrics.expected_calibration_error(EMPTY, NO_RISK) is None
    assert metrics.recall_at(EMPTY, NO_RISK, 0.2) is None
    assert metrics.calibration_bins(EMPTY, NO_RISK) == []


def test_curves_start_and_end_where_they_must_and_stay_small() -> None:
    random = np.random.default_rng(1)
    labels, risk = random.integers(0, 2, 5000), random.uniform(0, 1, 5000)
    roc, recall = curves.roc(labels, risk), curves.recall_by_share(labels, risk)
    assert (roc[0], roc[-1]) == ([0, 0], [1, 1])
    assert (recall[0], recall[-1]) == ([0, 0], [1, 1])
    precision_recall = curves.precision_recall(labels, risk)
    assert [x for x, _ in precision_recall] == sorted(x for x, _ in precision_recall)
    assert precision_recall[-1] == [1, pytest.approx(labels.mean(), abs=1e-3)]
    assert max(len(roc), len(precision_recall), len(recall)) <= curves.MAX_POINTS
