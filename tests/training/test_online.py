"""Learnt in pieces, the regression ends where a fit to all rows at once ends."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from faultcast.training.online import BOUND, WINDOW, fresh

COLUMNS = 40


def changes(n, seed=3, drift=0.0):
    """Rows, labels (one in seven inducing) and weights; with `drift` what counts changes as time goes on."""
    rng = np.random.default_rng(seed)
    features_NF = (rng.normal(size=(n, COLUMNS)) + rng.normal(size=(n, 1))).astype(np.float32)
    early_F, late_F = rng.normal(0, 0.3, COLUMNS), rng.normal(0, 0.3, COLUMNS)
    share_N = drift * np.linspace(0, 1, n)
    pull_N = (1 - share_N) * (features_NF @ early_F) + share_N * (features_NF @ late_F)
    labels_N = (rng.random(n) < 1 / (1 + np.exp(2.5 - pull_N))).astype(float)
    return np.arange(n, dtype=np.uint64), features_NF, labels_N, rng.uniform(0.3, 1, n)


def learnt(rows, pieces, window, penalty=100.0):
    online = fresh(COLUMNS, penalty, window)
    for piece in pieces:
        online.learn(*(column[piece] for column in rows))
    return online


def risk(online, features_NF):
    return 1 / (1 + np.exp(-online.scorer().logits(features_NF, features_NF)))


def pieces(n, size):
    return [slice(start, start + size) for start in range(0, n, size)]


EVERYTHING = [slice(None)]


def test_with_all_rows_kept_it_is_the_regression_of_scikit_learn():
    rows = changes(1_500)
    _, features_NF, labels_N, weights_N = rows
    class_2 = [weights_N.sum() / (2 * weights_N[labels_N == label].sum()) for label in (0, 1)]
    theirs = LogisticRegression(C=1 / 100, tol=1e-10, max_iter=10_000)
    theirs.fit(features_NF.astype(float), labels_N, sample_weight=weights_N * np.take(class_2, labels_N.astype(int)))
    ours = risk(learnt(rows, pieces(1_500, 400), 1_000), features_NF)
    assert np.abs(ours - theirs.predict_proba(features_NF.astype(float))[:, 1]).max() < 1e-5


@pytest.mark.parametrize(("drift", "penalty", "size"), [(0.0, 100.0, 1_000), (1.0, 30.0, 701)])
def test_in_pieces_it_stays_within_the_stated_bound_of_the_full_fit(drift, penalty, size):
    rows, later = changes(3 * WINDOW, drift=drift), changes(2_000, seed=4)[1]
    full = risk(learnt(rows, EVERYTHING, 10_000, penalty), later)
    online = learnt(rows, pieces(3 * WINDOW, size), WINDOW, penalty)
    assert len(online.place_R) < 2 * WINDOW  # or nothing was condensed, and this were no test
    apart = np.abs(risk(online, later) - full).max()
    assert 0 < apart <= BOUND


def test_the_size_of_the_pieces_makes_no_difference_down_to_one_row():
    rows, later = changes(1_300), changes(300, seed=4)[1]
    at_once = risk(learnt(rows, EVERYTHING, 300), later)
    for size in (1, 7, 299, 601):
        assert np.abs(risk(learnt(rows, pieces(1_300, size), 300), later) - at_once).max() < 1e-7


def test_what_was_learnt_before_is_ignored():
    rows = changes(1_300)
    online = learnt(rows, EVERYTHING, 300)
    before = online.scorer()
    assert online.learn(*rows) == 0
    assert online.solved
    assert np.array_equal(online.scorer().weights_F, before.weights_F)
    assert len(online.ledger.key_M) == 1_300


@pytest.mark.parametrize("corrected", [slice(0, 120), slice(1_200, 1_290)])  # long condensed; still in the window
def test_a_label_that_changes_is_learnt_as_if_it_had_always_been_so(corrected):
    rows, later = changes(1_300), changes(300, seed=4)[1]
    truth = learnt(rows, EVERYTHING, 10_000)
    wrong_N = rows[2].copy()
    wrong_N[corrected] = 0
    online = learnt((rows[0], rows[1], wrong_N, rows[3]), EVERYTHING, 300)
    misled = np.abs(risk(online, later) - risk(truth, later)).max()
    number = int((wrong_N != rows[2]).sum())
    assert online.learn(*rows) == number > 5
    assert len(online.ledger.key_M) == 1_300
    assert np.abs(risk(online, later) - risk(truth, later)).max() <= BOUND < misled


def test_one_class_alone_is_no_crash():
    keys_N, features_NF, labels_N, weights_N = changes(100)
    online = fresh(COLUMNS, 100.0, 20)
    online.learn(keys_N, features_NF, np.zeros(100), weights_N)
    assert risk(online, features_NF).max() < 0.5
    online.learn(keys_N, features_NF, labels_N, weights_N)
    assert np.isfinite(risk(online, features_NF)).all()
