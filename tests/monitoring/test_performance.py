"""How good it was, once labels came: joined by commit, judged when ripe, with intervals that hold."""

import numpy as np
import pytest

from faultcast.monitoring.settled import Given, performance, settled
from faultcast.records import Label
from faultcast.validation import metrics

DAY = 86_400
AS_OF = 400 * DAY


def given(commit, risk, day, version="1"):
    return Given(commit, day * DAY, risk, "shop", version, "champion")


def label(commit, is_inducing, day):
    return Label(commit, is_inducing, day * DAY, 1.0)


def test_labels_join_months_later_and_the_last_that_was_known_counts():
    asked = [given("a", 0.9, 1), given("b", 0.1, 1), given("c", 0.2, 1)]
    labels = [label("a", False, 30), label("a", True, 200), label("b", False, 30), label("c", True, 390)]
    early = settled(asked, labels, as_of=100 * DAY)
    assert {one.given.commit: one.is_inducing for one in early} == {"a": False, "b": False}
    late = settled(asked, labels, as_of=AS_OF)
    assert {one.given.commit: (one.is_inducing, one.known_at) for one in late} == {
        "a": (True, 200 * DAY), "b": (False, 30 * DAY), "c": (True, 390 * DAY)
    }  # fmt: skip


def told(seed, count, day=100, slope=2.0):
    """Predictions whose risk is the probability that the label comes out as it does."""
    random = np.random.default_rng(seed)
    risk_N = 1 / (1 + np.exp(-slope * random.normal(size=count) + 1.5))
    labels_N = random.random(count) < risk_N
    asked = [given(f"c{number}", float(risk), day) for number, risk in enumerate(risk_N)]
    known = [label(f"c{number}", bool(is_inducing), 300) for number, is_inducing in enumerate(labels_N)]
    return settled(asked, known, AS_OF)


def measured(outcomes, min_samples=200):
    return performance(outcomes, as_of=AS_OF, ripening_days=90, min_samples=min_samples)


def test_enough_labels_give_numbers_with_intervals():
    (found,) = measured(told(1, 600))
    assert (found["outcome"], found["samples"], found["unripe"]) == ("PASS", 600, 0)
    assert found["auc_interval"][0] < found["auc"] < found["auc_interval"][1]
    assert found["brier_interval"][0] < found["brier"] < found["brier_interval"][1]
    assert found["mean_risk"] == pytest.approx(found["known_rate"], abs=0.05)


def test_too_few_or_one_sided_labels_give_none():
    (few,) = measured(told(1, 150))
    assert (few["outcome"], few["auc"], few["brier"]) == ("INCONCLUSIVE", None, None)
    assert "150 predictions have a ripe label, at least 200" in few["text"]
    asked = [given(f"c{number}", 0.5, 100) for number in range(300)]
    (alike,) = measured(settled(asked, [label(one.commit, False, 200) for one in asked], AS_OF))
    assert (alike["outcome"], alike["auc"], alike["text"]) == ("INCONCLUSIVE", None, "all labels are alike")


def test_young_predictions_wait_for_clean_changes_have_had_no_time_to_be_known():
    """Judged at once, the young ones would be all faulty, and the model would seem to see far too little risk."""
    old, young = told(1, 400), [given(f"y{number}", 0.1, 390) for number in range(100)]
    hurried = settled(young, [label(one.commit, True, 395) for one in young], AS_OF)
    (found,) = measured([*old, *hurried])
    assert (found["samples"], found["unripe"]) == (400, 100)
    assert measured(old)[0]["brier"] == found["brier"]


def test_versions_are_judged_apart():
    both = told(1, 300) + [
        type(one)(given(one.given.commit, 1 - one.given.risk, 100, "2"), one.is_inducing, one.known_at)
        for one in told(1, 250)
    ]
    first, second = measured(both)
    assert (first["model_version"], second["model_version"]) == ("1", "2")
    assert first["auc"] > 0.7
    assert second["auc"] < 0.3


def test_the_intervals_hold_what_they_promise():
    """95 % intervals hold the true value in at least 45 of 50 simulated histories."""
    many = told(99, 200_000)
    labels_N, risk_N = np.array([one.is_inducing for one in many], int), np.array([one.given.risk for one in many])
    truth = {"auc": metrics.auc(labels_N, risk_N), "brier": metrics.brier(labels_N, risk_N)}
    held = {"auc": 0, "brier": 0}
    for seed in range(50):
        (found,) = measured(told(seed, 400))
        for name in held:
            low, high = found[f"{name}_interval"]
            held[name] += low <= truth[name] <= high
    assert min(held.values()) >= 45
