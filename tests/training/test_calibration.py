"""Scores become probabilities that mean what they say, by the map that unseen rows speak for."""

import numpy as np
import pytest

from faultcast.training.calibrate import cross_fitted_risk, fit_calibration
from faultcast.validation.metrics import expected_calibration_error

N = 4_000


def happened(chance_N, seed):
    return (np.random.default_rng(seed).random(len(chance_N)) < chance_N).astype(float)


def sigmoid(z_N):
    return 1 / (1 + np.exp(-z_N))


def scores(seed, n=N):
    return np.random.default_rng(seed).normal(-1, 1.5, n)


def staircase(logits_N):
    """A truth that no line in logits tells: hardly any fault below, one in four in the middle, most above."""
    return np.select([logits_N < -1, logits_N < 1], [0.03, 0.25], 0.8)


@pytest.mark.parametrize("seed", range(5))
def test_where_the_truth_is_a_line_a_line_stands(seed):
    z_N = scores(seed)
    assert fit_calibration(z_N, happened(sigmoid(0.5 * z_N - 2), seed)).method == "platt"


@pytest.mark.parametrize("seed", range(5))
def test_where_the_truth_is_bent_the_bent_map_stands_and_keeps_the_order(seed):
    z_N = scores(seed)
    found = fit_calibration(z_N, happened(staircase(z_N), seed + 100))
    assert found.method == "isotonic"
    later_N = np.sort(scores(seed + 50))
    assert np.all(np.diff(found.apply(later_N)) > 0)
    assert np.abs(found.apply(later_N) - staircase(later_N)).mean() < 0.06


def test_where_only_the_confidence_is_wrong_one_number_is_enough():
    methods = []
    for seed in range(20):
        z_N = scores(seed)
        found = fit_calibration(z_N, happened(sigmoid(z_N / 3), seed + 200))
        methods.append(found.method)
        assert found.slope == pytest.approx(1 / 3, abs=0.08)
    assert methods.count("temperature") >= 10
    assert methods.count("isotonic") <= 1


def test_noise_alone_never_makes_the_bent_map_win_often():
    chosen = []
    for seed in range(40):
        z_N = scores(seed, 600)
        chosen.append(fit_calibration(z_N, happened(sigmoid(z_N - 0.5), seed + 300)).method)
    assert chosen.count("isotonic") <= 4


def test_few_faults_are_left_to_two_numbers():
    z_N = scores(1, 300)
    labels_N = happened(staircase(z_N), 7)
    labels_N[np.cumsum(labels_N) > 40] = 0
    assert fit_calibration(z_N, labels_N).method == "platt"


@pytest.mark.parametrize("shape", [lambda z: sigmoid(0.4 * z - 1), staircase, lambda z: sigmoid(z / 2)])
def test_calibrated_risks_mean_what_they_say_on_later_changes(shape):
    z_N = scores(3, 2 * N)
    labels_N = happened(shape(z_N), 11)
    found = fit_calibration(z_N[:N], labels_N[:N])
    later = expected_calibration_error(labels_N[N:].astype(int), found.apply(z_N[N:]))
    raw = expected_calibration_error(labels_N[N:].astype(int), sigmoid(z_N[N:]))
    stated = expected_calibration_error(
        labels_N[:N].astype(int), cross_fitted_risk(z_N[:N], labels_N[:N], found.method)
    )
    assert later < 0.03 < raw
    assert stated == pytest.approx(later, abs=0.02)


def test_what_is_stated_is_measured_on_rows_that_the_map_did_not_see():
    z_N = scores(4, 150)
    labels_N = happened(np.full(150, 0.4), 5)
    fitted = cross_fitted_risk(z_N, labels_N, "isotonic")
    assert np.mean((fitted - labels_N) ** 2) > 0.4 * 0.6 * 0.97  # no better than the base rate: nothing was peeked


@pytest.mark.parametrize("labels", [[0.0] * 4, [1.0] * 4, [0.0, 1.0, 0.0, 1.0]])
def test_a_handful_of_rows_and_one_class_still_give_a_rising_map(labels):
    found = fit_calibration(np.array([-1.0, 0.0, 0.0, 2.0]), np.array(labels))
    assert np.all(np.diff(found.apply(np.array([-3.0, 0.0, 3.0]))) > 0)
