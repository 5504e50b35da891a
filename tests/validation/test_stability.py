"""Spread over seeds by hand; the trend over time as often wrong as it says, and found where it is."""

import json

import numpy as np
import pytest

from faultcast.models.bands import Bands
from faultcast.validation.metrics import Labels, Risk
from faultcast.validation.stability import over_seeds, over_time

BANDS = Bands(medium=0.2, high=0.5)


def judged(random: np.random.Generator, n: int = 400, until: float = 1.0) -> tuple[np.ndarray, Labels, Risk]:
    """Changes whose risk knows 1.0 in the beginning and `until` at the end."""
    labels = (random.random(n) < 0.25).astype(np.int64)
    score = random.normal(0, 1, n) + np.linspace(1.0, until, n) * labels
    return np.arange(n) * 21_600, labels, 1 / (1 + np.exp(1.5 - score))


def test_seeds_that_agree_and_one_that_does_not() -> None:
    labels = np.array([0, 0, 1, 1])
    one, other = [0.1, 0.3, 0.4, 0.6], [0.1, 0.3, 0.6, 0.1]
    found = over_seeds(labels, [one, one, other], [BANDS] * 3)
    assert found["auc"] == [1.0, 1.0, pytest.approx(0.625)]
    assert found["auc_range"] == pytest.approx(0.375)
    assert found["rank_correlation_mean"] < 1
    assert found["band_flips"] == 0.5  # the third is medium or high, the fourth high or low
    assert found["pair_flips"] == pytest.approx(1 / 3)
    assert found["far_flips"] == 0.25
    assert json.dumps(found, allow_nan=False)


def test_the_same_seed_twice_is_perfectly_stable() -> None:
    _, labels, risk = judged(np.random.default_rng(1))
    found = over_seeds(labels, [risk, risk], [BANDS, BANDS])
    assert (found["auc_standard_deviation"], found["band_flips"], found["far_flips"]) == (0.0, 0.0, 0.0)
    assert found["rank_correlation_min"] == pytest.approx(1.0)
    assert over_seeds(labels, [risk], [BANDS])["band_flips"] is None


def test_a_model_is_served_with_its_own_bands() -> None:
    labels, risk = np.array([0, 1]), [0.3, 0.4]
    assert over_seeds(labels, [risk, risk], [BANDS, Bands(medium=0.35, high=0.5)])["band_flips"] == 0.5


def test_slices_are_consecutive_and_whole() -> None:
    at, labels, risk = judged(np.random.default_rng(2))
    shuffled = np.random.default_rng(3).permutation(len(at))
    found = over_time(at[shuffled], labels[shuffled], risk[shuffled])
    assert found == over_time(at, labels, risk)
    assert [one["n"] for one in found["slices"]] == [100] * 4
    assert all(one["until"] < after["from"] for one, after in zip(found["slices"], found["slices"][1:], strict=False))
    assert all(one["auc_interval"][0] < one["auc"] < one["auc_interval"][1] for one in found["slices"])
    assert json.dumps(found, allow_nan=False)


def test_a_steady_model_is_seldom_said_to_fall() -> None:
    """FAIL needs p < .05 two-sided and a fall: at most about 2.5 in 100."""
    random = np.random.default_rng(4)
    trends = [over_time(*judged(random))["trend"] for _ in range(160)]
    assert sum(trend["outcome"] == "FAIL" for trend in trends) / 160 <= 0.05
    assert sum(trend["p"] < 0.05 for trend in trends) / 160 <= 0.09


def test_a_model_that_wears_out_is_found() -> None:
    random = np.random.default_rng(5)
    trends = [over_time(*judged(random, n=1200, until=-0.2))["trend"] for _ in range(20)]
    assert sum(trend["outcome"] == "FAIL" for trend in trends) >= 19
    assert all(trend["high"] < 0 for trend in trends if trend["outcome"] == "FAIL")


def test_too_few_of_a_class_is_inconclusive_and_no_part_of_the_trend() -> None:
    at, labels, risk = judged(np.random.default_rng(6))
    labels[:200] = 0
    found = over_time(at, labels, risk)
    assert [one["outcome"] for one in found["slices"]] == ["INCONCLUSIVE", "INCONCLUSIVE", "PASS", "PASS"]
    assert (found["trend"]["outcome"], found["trend"]["p"]) == ("INCONCLUSIVE", None)
    assert over_time(at[:0], labels[:0], risk[:0])["trend"]["outcome"] == "INCONCLUSIVE"
