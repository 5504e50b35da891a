"""The bootstrap against what it claims, by simulation: rows drawn where the true AUC is known."""

import numpy as np
import pytest

from faultcast.validation import intervals, metrics


def draw(
    random: np.random.Generator, n: int = 120, shift: float = 0.8, rate: float = 0.25
) -> tuple[metrics.Labels, metrics.Risk]:
    """Clean ~ N(0, 1), inducing ~ N(shift, 1): the true AUC is Phi(shift / sqrt 2)."""
    labels = (np.arange(n) < n * rate).astype(np.int64)
    return labels, random.normal(0, 1, n) + shift * labels


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    random, truth = np.random.default_rng(11), 0.7142  # Phi(0.8 / sqrt 2)
    hits = 0
    for run in range(200):
        labels, risk = draw(random)
        low, high = intervals.auc_interval(labels, risk, seed=run, replicates=300)
        hits += low <= truth <= high
    assert 0.89 <= hits / 200 <= 0.99


def test_two_equally_good_risks_are_seldom_told_apart() -> None:
    """At most about 5 % of the intervals of a difference that is truly 0 leave 0 out."""
    random, alarms = np.random.default_rng(12), 0
    for run in range(200):
        labels, shared = draw(random)
        noise = random.normal(0, 1, (2, len(labels)))
        found = intervals.auc_difference(labels, shared + noise[0], shared + noise[1], seed=run, replicates=300)
        alarms += not found["low"] <= 0 <= found["high"]
    assert alarms / 200 <= 0.10


def test_a_clearly_better_risk_is_told_apart() -> None:
    labels, risk = draw(np.random.default_rng(13), n=600, shift=2.0)
    worse = np.random.default_rng(14).normal(0, 1, 600)
    found = intervals.auc_difference(labels, risk, worse)
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert found["difference"] == pytest.approx(metrics.auc(labels, risk) - metrics.auc(labels, worse))


def test_every_row_drawn_once_gives_the_plain_auc_with_ties() -> None:
    labels = np.array([0, 1, 0, 1, 1, 0, 0])
    risk = np.array([0.2, 0.2, 0.1, 0.9, 0.2, 0.9, 0.0])
    assert intervals._weighted_aucs(labels, risk, np.ones((1, 7)))[0] == pytest.approx(metrics.auc(labels, risk))


def test_the_same_seed_gives_the_same_interval() -> None:
    labels, risk = draw(np.random.default_rng(15))
    first = intervals.auc_interval(labels, risk, seed=5)
    assert intervals.auc_interval(labels, risk, seed=5) == first
    assert intervals.auc_interval(labels, risk, seed=6) != first


@pytest.mark.parametrize("labels", [[], [0, 0], [1]])
def test_one_class_has_no_interval(labels: list[int]) -> None:
    labels, risk = np.array(labels, dtype=np.int64), np.zeros(len(labels))
    assert intervals.auc_interval(labels, risk) is None
    assert intervals.auc_difference(labels, risk, risk) is None
