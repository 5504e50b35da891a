"""Effort-aware figures on changes few enough to count by hand."""

import numpy as np
import pytest

from faultcast.validation.effort import effort_aware, effort_of, initial_false_alarms, popt, recall_at_effort

LABELS = np.array([1, 0, 1, 0])
EFFORT = np.array([10.0, 20.0, 30.0, 40.0])
RANK = np.array([4.0, 3.0, 2.0, 1.0])  # reads them in this order


def test_reading_costs_its_lines_and_a_change_at_least_one() -> None:
    assert effort_of([3, 0, np.nan], [4, 0, 5]).tolist() == [7.0, 1.0, 5.0]


@pytest.mark.parametrize(("share", "recall"), [(0.1, 0.5), (0.3, 0.5), (0.45, 0.75), (0.6, 1.0), (1.0, 1.0)])
def test_recall_when_a_share_of_the_effort_is_spent(share: float, recall: float) -> None:
    """After 10 of 100 lines the first fault is met; half of the third change, lines 30 to 60, is read at 45."""
    assert recall_at_effort(LABELS, RANK, EFFORT, share) == pytest.approx(recall)


def test_popt_by_hand() -> None:
    """Areas under (effort, recall): read .1*.25 + .2*.5 + .3*.75 + .4 = .75; best .1*.25 + .3*.75 + .6 = .85;
    worst 0 to .6, then .3*.25 + .1*.75 = .15. Popt = 1 - (.85 - .75) / (.85 - .15)."""
    assert popt(LABELS, RANK, EFFORT) == pytest.approx(1 - 0.10 / 0.70)
    assert popt(LABELS, LABELS / EFFORT, EFFORT) == pytest.approx(1.0)
    assert popt(LABELS, -LABELS / EFFORT, EFFORT) == pytest.approx(0.0)


def test_false_alarms_before_the_first_fault() -> None:
    assert initial_false_alarms(LABELS, RANK) == 0
    assert initial_false_alarms(LABELS, -RANK) == 1
    assert initial_false_alarms(LABELS, np.zeros(4)) == pytest.approx(2 / 3)  # 2 clean fall into 3 gaps, one in front


def test_everything_stands_beside_the_floor_that_knows_nothing() -> None:
    random = np.random.default_rng(1)
    effort = random.lognormal(3, 1, 2000).round() + 1
    labels = (random.random(2000) < np.minimum(0.9, effort / 150)).astype(np.int64)
    nothing = effort_aware(labels, np.full(2000, 0.3), effort)
    assert nothing["by_risk_per_line"] == nothing["floor"]
    assert nothing["over_floor"] == {"recall_at_effort": 0.0, "popt": 0.0}
    knowing = effort_aware(labels, np.where(labels == 1, 0.6, 0.2), effort)
    assert knowing["over_floor"]["popt"] > 0.02
    assert set(knowing) == {"share", "by_risk", "by_risk_per_line", "floor", "over_floor"}


def test_without_a_fault_nothing_can_be_found() -> None:
    none = effort_aware(np.zeros(3, dtype=np.int64), np.array([0.1, 0.2, 0.3]), np.ones(3))
    assert set(none["by_risk"].values()) == set(none["over_floor"].values()) == {None}
    assert effort_aware(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))["floor"]["popt"] is None
    assert popt(np.array([1, 1]), np.array([1.0, 2.0]), np.ones(2)) is None
