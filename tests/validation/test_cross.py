"""Cross-validation in time order: what is learnt from, what is judged, and how often the interval holds the truth."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from faultcast.dataset import time_folds
from faultcast.validation import metrics
from faultcast.validation.cross import Fit, Rows, Score, cross_validate, mean_interval
from faultcast.validation.metrics import Labels, Risk

DAY = 86_400


def history(random: np.random.Generator, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64], Labels]:
    """Four changes a day, with eight features of falling worth."""
    features = random.normal(0, 1, (n, 8))
    pull = features @ np.linspace(0.6, 0, 8) - 1
    return np.arange(n) * DAY // 4, features, (random.random(n) < 1 / (1 + np.exp(-pull))).astype(np.int64)


def least_squares(features: NDArray[np.float64], labels: Labels) -> Fit:
    def fit(learnt: Rows) -> Score:
        weights = np.linalg.lstsq(np.c_[features[learnt], np.ones(len(learnt))], labels[learnt], rcond=None)[0]
        return lambda judged: np.clip(np.c_[features[judged], np.ones(len(judged))] @ weights, 0, 1)

    return fit


def test_a_fold_learns_from_ripened_changes_alone_and_is_judged_on_later_ones() -> None:
    at, features, labels = history(np.random.default_rng(1), 500)
    asked: list[tuple[Rows, Rows]] = []

    def fit(learnt: Rows) -> Score:
        def score(judged: Rows) -> Risk:
            asked.append((learnt, judged))
            return least_squares(features, labels)(learnt)(judged)

        return score

    found = cross_validate(at, labels, np.exp(features[:, 0]), fit, ripening_days=10)
    assert len(found["folds"]) == len(asked) == 4
    for fold, (learnt, judged) in zip(found["folds"], asked, strict=True):
        assert at[judged].min() - at[learnt].max() >= 10 * DAY
        assert (fold["learnt"], fold["n"], fold["from"]) == (len(learnt), len(judged), at[judged[0]])
    assert np.array_equal(np.concatenate([judged for _, judged in asked]), np.arange(100, 500))


def test_every_figure_stands_beside_lines_added_alone() -> None:
    at, features, labels = history(np.random.default_rng(2), 600)
    found = cross_validate(at, labels, np.exp(features[:, 0]), least_squares(features, labels), ripening_days=10)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    means = found["mean"]
    assert set(means["model"]) == {
        "auc", "average_precision", "brier", "ece", "recall_at_5", "recall_at_10", "recall_at_20", "recall_at_30",
    }  # fmt: skip
    assert means["lines_added"]["brier"] is None
    assert means["difference"]["brier"] is None
    assert means["model"]["auc"]["mean"] == pytest.approx(np.mean([fold["model"]["auc"] for fold in found["folds"]]))
    gained = means["model"]["auc"]["mean"] - means["lines_added"]["auc"]["mean"]
    assert means["difference"]["auc"]["mean"] == pytest.approx(gained)
    assert gained > 0


def test_the_corrected_interval_by_hand() -> None:
    """Two folds: mean .7, deviation .1414, judged/learnt 1 and 1/2; variance (1/2 + 3/4) * .02; t(1) = 12.706."""
    found = mean_interval([0.6, 0.8], [(100, 100), (200, 100)])
    assert found["mean"] == pytest.approx(0.7)
    assert found["high"] - found["mean"] == pytest.approx(12.7062 * np.sqrt(1.25 * 0.02), rel=1e-4)


def test_one_fold_has_a_mean_and_no_interval_and_none_has_nothing() -> None:
    assert mean_interval([0.7], [(10, 10)])["low"] is None
    assert mean_interval([], []) is None


def test_a_fold_that_has_one_class_to_learn_from_is_left_out_and_counted() -> None:
    at, features, labels = history(np.random.default_rng(3), 500)
    labels[:150] = 0
    found = cross_validate(at, labels, np.ones(500), least_squares(features, labels), ripening_days=10)
    assert (found["skipped"], len(found["folds"])) == (1, 3)
    late = cross_validate(
        at, np.zeros(500, dtype=np.int64), np.ones(500), least_squares(features, labels), ripening_days=10
    )
    assert (late["skipped"], late["mean"]["model"]["auc"]) == (4, None)


@pytest.mark.parametrize(("n", "folds"), [(150, 4), (400, 8)])
def test_the_interval_holds_the_truth_at_least_95_times_in_100(n: int, folds: int) -> None:
    """The truth is the mean over all 160 histories; the interval errs on the wide side, and says so."""
    random, runs = np.random.default_rng(4), []
    for _ in range(160):
        at, features, labels = history(random, n)
        fit = least_squares(features, labels)
        scores, sizes = [], []
        for fold in time_folds(at, 5, folds):
            scores.append(metrics.auc(labels[fold.judged], fit(fold.train)(fold.judged)))
            sizes.append((len(fold.train), len(fold.judged)))
        runs.append((scores, sizes))
    truth = np.mean([np.mean(scores) for scores, _ in runs])
    means = [mean_interval(scores, sizes) for scores, sizes in runs]
    assert sum(one["low"] <= truth <= one["high"] for one in means) / 160 >= 0.95
