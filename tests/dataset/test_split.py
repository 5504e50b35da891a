"""The plan: who is learnt from, who is tested on, and what was known by then."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from faultcast.dataset import plan_split
from faultcast.errors import InsufficientSamples, PermanentError

DAY = 86_400
ORDER = {"train": 0, "gap": 1, "validation": 2, "test": 3, "recent": 4}


@st.composite
def histories(draw):
    """Bursts and pauses: many changes share an instant, some are a year apart."""
    seed = draw(st.integers(0, 2**32 - 1))
    n = draw(st.integers(60, 900))
    rng = np.random.default_rng(seed)
    steps = rng.choice([0, 60, 3_600, DAY, 30 * DAY], size=n, p=[0.2, 0.2, 0.3, 0.25, 0.05])
    ripening_days = draw(st.sampled_from([0.0, 0.5, 7.0, 90.0]))
    late = draw(st.integers(0, 200)) * DAY
    return np.cumsum(steps), ripening_days, late


@settings(max_examples=80, deadline=None)
@given(histories(), st.integers(20, 80))
def test_nothing_is_learnt_before_it_could_be_known(history, min_test):
    committed_at, ripening_days, late = history
    as_of = int(committed_at[-1]) + late - 30 * DAY
    try:
        plan = plan_split(committed_at, as_of, ripening_days, min_test)
    except InsufficientSamples:
        return
    ripening = ripening_days * DAY
    first = {name: committed_at[plan.split == name].min() for name in ("validation", "test")}
    learnt = np.isin(plan.split, ["train", "validation", "test"])

    # Every learnt row had its full ripening time before its label was taken ...
    assert np.all(committed_at[learnt] + ripening <= plan.label_as_of[learnt] + 0.5)
    # ... and its label was taken no later than the next split began.
    assert set(plan.label_as_of[plan.split == "train"]) == {plan.train_until} == {first["validation"]}
    assert set(plan.label_as_of[plan.split == "validation"]) == {plan.validation_until} == {first["test"]}
    assert set(plan.label_as_of[plan.split == "test"]) == {as_of}
    assert plan.train_until <= plan.validation_until <= as_of

    # Splits follow one another in time; the recent ones are exactly the unripe.
    places = np.array([ORDER[name] for name in plan.split if name != "gap"])
    assert np.all(np.diff(places) >= 0)
    assert np.array_equal(plan.split == "recent", committed_at > as_of - ripening)
    assert (plan.split == "test").sum() >= min_test


@settings(max_examples=50, deadline=None)
@given(histories(), st.integers(1, 300))
def test_later_changes_do_not_alter_who_is_learnt_from(history, more):
    committed_at, ripening_days, _ = history
    as_of = int(committed_at[-1])
    longer = np.concatenate([committed_at, as_of + 1 + np.arange(more) * 60])
    try:
        before = plan_split(committed_at, as_of, ripening_days, 20)
    except InsufficientSamples:
        return
    after = plan_split(longer, as_of, ripening_days, 20)
    assert np.array_equal(after.split[: len(committed_at)], before.split)
    assert set(after.split[len(committed_at) :]) == {"recent"}


def test_too_few_changes_are_told_with_both_numbers():
    with pytest.raises(InsufficientSamples, match=r"599 changes older than 30 days, at least 600"):
        plan_split(np.arange(629) * DAY, as_of=628 * DAY, ripening_days=30, min_test=200)


def test_gaps_longer_than_the_history_leave_nothing_to_train_on():
    with pytest.raises(InsufficientSamples, match="two gaps of 400 days"):
        plan_split(np.arange(1500) * DAY, as_of=1499 * DAY, ripening_days=400, min_test=200)


def test_unsorted_changes_are_refused():
    with pytest.raises(PermanentError, match="time order"):
        plan_split(np.array([5, 3]), as_of=9, ripening_days=1)
