"""DeLong's test and the paired bootstrap: by hand, against the definition, against each other, and as often wrong as they say."""

import numpy as np
import pytest

from faultcast.validation import metrics
from faultcast.validation.intervals import auc_difference
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.significance import delong, delong_covariance, delong_interval, paired_bootstrap


def pair(
    random: np.random.Generator, n: int, rate: float = 0.3, gain: float = 0.0, shared: float = 0.5
) -> tuple[Labels, Risk, Risk]:
    """Two risks of correlated scores; `gain` is what the first knows more."""
    labels = (np.arange(n) < n * rate).astype(np.int64)
    both = np.sqrt(shared) * random.normal(0, 1, n)
    scores = [(0.8 + more) * labels + both + np.sqrt(1 - shared) * random.normal(0, 1, n) for more in (gain, 0.0)]
    return labels, *(1 / (1 + np.exp(1 - score)) for score in scores)


def by_definition(labels: Labels, risk: Risk, other: Risk) -> tuple[float, float]:
    """Difference and its variance from all pairs, as DeLong et al. 1988 write it (their psi, V10, V01)."""

    def components(one: Risk) -> tuple[np.ndarray, np.ndarray]:
        above = one[labels == 1][:, None] - one[labels == 0][None, :]
        psi = (above > 0) + 0.5 * (above == 0)
        return psi.mean(axis=1), psi.mean(axis=0)

    (mine_p, mine_q), (theirs_p, theirs_q) = components(risk), components(other)
    variance = np.var(mine_p - theirs_p, ddof=1) / len(mine_p) + np.var(mine_q - theirs_q, ddof=1) / len(mine_q)
    return float(mine_p.mean() - theirs_p.mean()), float(variance)


def test_four_changes_by_hand() -> None:
    """Inducing 3 and 1, clean 2 and 0: one of four pairs is wrong; V10 = (1, 1/2), V01 = (1/2, 1)."""
    aucs, covariance = delong_covariance(np.array([1, 1, 0, 0]), [np.array([3.0, 1.0, 2.0, 0.0])])
    assert aucs[0] == pytest.approx(0.75)
    assert covariance[0, 0] == pytest.approx(0.125 / 2 + 0.125 / 2)


@pytest.mark.parametrize("digits", [1, 6])
def test_the_fast_way_is_the_definition_also_with_ties(digits: int) -> None:
    labels, mine, theirs = pair(np.random.default_rng(1), 150, gain=0.4)
    mine, theirs = mine.round(digits), theirs.round(digits)
    difference, variance = by_definition(labels, mine, theirs)
    found = delong(labels, mine, theirs)
    assert found["difference"] == pytest.approx(difference)
    assert found["difference"] == pytest.approx(metrics.auc(labels, mine) - metrics.auc(labels, theirs))
    assert found["standard_error"] == pytest.approx(np.sqrt(variance))
    assert found["z"] == pytest.approx(difference / np.sqrt(variance))
    back = delong(labels, theirs, mine)
    assert (back["low"], back["high"]) == pytest.approx((-found["high"], -found["low"]))


def test_delong_and_the_bootstrap_agree() -> None:
    for seed in range(5):
        labels, mine, theirs = pair(np.random.default_rng(seed), 400, gain=0.3)
        exact, drawn = delong(labels, mine, theirs), auc_difference(labels, mine, theirs, seed=seed)
        assert exact["difference"] == pytest.approx(drawn["difference"])
        width = exact["high"] - exact["low"]
        assert drawn["low"] == pytest.approx(exact["low"], abs=0.12 * width)
        assert drawn["high"] == pytest.approx(exact["high"], abs=0.12 * width)


@pytest.mark.parametrize(("n", "rate"), [(200, 0.05), (200, 0.5), (600, 0.2)])
def test_two_equally_good_risks_differ_five_times_in_a_hundred(n: int, rate: float) -> None:
    random = np.random.default_rng(3)
    alarms = sum(delong(*pair(random, n, rate))["p_value"] < 0.05 for _ in range(600))
    assert 0.03 <= alarms / 600 <= 0.075


def test_a_better_risk_is_found_and_the_two_p_values_fit_the_interval() -> None:
    labels, mine, theirs = pair(np.random.default_rng(4), 800, gain=0.6)
    found = delong(labels, mine, theirs)
    assert found["low"] > 0
    assert found["p_better"] == pytest.approx(found["p_value"] / 2)
    assert found["p_value"] < 0.05
    assert delong(labels, theirs, mine)["p_better"] > 0.97


def test_the_same_order_is_no_difference_and_a_perfect_one_is_certain() -> None:
    labels, mine, _ = pair(np.random.default_rng(5), 100)
    same = delong(labels, mine, mine**2)
    assert (same["difference"], same["p_value"], same["p_better"], same["low"]) == (0.0, 1.0, 1.0, 0.0)
    perfect = delong(labels, labels.astype(float), np.full(100, 0.5))
    assert (perfect["z"], perfect["p_better"], perfect["low"]) == (None, 0.0, 0.5)


@pytest.mark.parametrize("labels", [[], [0, 0], [1]])
def test_one_class_cannot_be_compared(labels: list[int]) -> None:
    labels, risk = np.array(labels, dtype=np.int64), np.zeros(len(labels))
    assert delong(labels, risk, risk) is None
    assert delong_interval(labels, risk) is None
    assert set(paired_bootstrap(labels, risk, risk, (0.5, 0.5)).values()) == {None}


def test_the_paired_differences_are_those_of_the_metrics() -> None:
    labels, mine, theirs = pair(np.random.default_rng(6), 300, gain=0.5)
    mine = mine.round(1)  # ties
    found = paired_bootstrap(labels, mine, theirs, (0.4, 0.5))
    assert found["brier"]["difference"] == pytest.approx(metrics.brier(labels, mine) - metrics.brier(labels, theirs))
    assert found["f1"]["difference"] == pytest.approx(metrics.f1(labels, mine, 0.4) - metrics.f1(labels, theirs, 0.5))
    gained = metrics.average_precision(labels, mine) - metrics.average_precision(labels, theirs)
    assert found["average_precision"]["difference"] == pytest.approx(gained)
    assert all(one["low"] < one["difference"] < one["high"] for one in found.values())
    assert paired_bootstrap(labels, mine, theirs)["f1"] is None


def test_a_row_drawn_once_gives_the_plain_numbers() -> None:
    from faultcast.validation.significance import _weighted

    labels, mine, theirs = pair(np.random.default_rng(7), 120, gain=0.5)
    mine = mine.round(1)
    whole = _weighted(labels, mine, theirs, (0.4, 0.5), np.ones((1, 120)))
    points = paired_bootstrap(labels, mine, theirs, (0.4, 0.5), replicates=10)
    assert {name: values[0] for name, values in whole.items()} == pytest.approx(
        {name: one["difference"] for name, one in points.items()}
    )


def test_paired_intervals_leave_out_no_difference_about_five_times_in_a_hundred() -> None:
    random = np.random.default_rng(8)
    alarms = dict.fromkeys(("brier", "f1", "average_precision"), 0)
    for run in range(250):
        found = paired_bootstrap(*pair(random, 250), (0.45, 0.45), seed=run, replicates=300)
        for name, one in found.items():
            alarms[name] += not one["low"] <= 0 <= one["high"]
    assert max(alarms.values()) / 250 <= 0.09
