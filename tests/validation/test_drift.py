"""Drift: the numbers against scipy and by hand; false alarms and finds by seeded simulation."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp, wasserstein_distance

from faultcast.errors import ContractMismatch
from faultcast.validation.drift import compare, summarise

COLUMNS = 20


def window(random: np.random.Generator, n: int, shifted: int = 0, by: float = 0.0) -> dict[str, NDArray[np.float64]]:
    """Correlated columns as features are: heavy-tailed counts, shares, switches, values missing; the first few shifted."""
    shared = random.normal(0, 1, (n, 1))
    latent = 0.7 * shared + 0.7 * random.normal(0, 1, (n, COLUMNS))
    latent[:, :shifted] += by
    kinds = [
        np.asarray,
        lambda x: np.floor(np.exp(x)),
        lambda x: (x > 0.5) * 1.0,
        lambda x: np.round(1 / (1 + np.exp(-x)), 2),
    ]
    columns = {f"c{i}": kinds[i % 4](latent[:, i]) for i in range(COLUMNS)}
    for name in ("c5", "c9"):
        columns[name] = np.where(random.random(n) < 0.3, np.nan, columns[name])
    return columns


def one(before: list[float] | np.ndarray, now: list[float] | np.ndarray) -> dict:
    return compare(summarise({"x": np.asarray(before, dtype=float)}), {"x": np.asarray(now, dtype=float)})["columns"][
        "x"
    ]


def test_the_psi_by_hand() -> None:
    """100 switches half on, then 80 of 100: shares (.5, .5) and (.2, .8), half a row added to each bin."""
    found = one([0] * 50 + [1] * 50, [0] * 20 + [1] * 80)
    shares = np.array([[50.5, 50.5], [20.5, 80.5]]) / 101
    assert found["psi"] == pytest.approx(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    assert found["ks"] == pytest.approx(0.3)
    assert (found["shift"], found["outcome"]) == ("large", "FAIL")


@pytest.mark.parametrize("kind", ["counts", "measures"])
def test_ks_and_wasserstein_are_those_of_the_rows(kind: str) -> None:
    random = np.random.default_rng(1)
    before, now = random.normal(0, 2, 3000), random.normal(0.3, 2.5, 2000)
    if kind == "counts":
        before, now = np.floor(np.exp(before / 2)), np.floor(np.exp(now / 2))
    found, exact = one(before, now), ks_2samp(before, now)
    assert exact.statistic - 1 / 200 <= found["ks"] <= exact.statistic + 1e-12
    assert found["p"] >= exact.pvalue * 0.9
    scale = np.subtract(*np.quantile(before, [0.75, 0.25]))
    assert found["wasserstein"] == pytest.approx(wasserstein_distance(before, now) / scale, rel=0.1)


def test_a_shift_is_told_in_units_of_the_spread() -> None:
    before = np.random.default_rng(2).normal(0, 1, 4000)
    plain, scaled = one(before, before + 1), one(1000 * before, 1000 * (before + 1))
    assert plain["wasserstein"] == pytest.approx(scaled["wasserstein"])
    assert plain["wasserstein"] == pytest.approx(1 / 1.35, rel=0.05)  # the range between a normal's quartiles is 1.35


def test_nothing_drifts_seldom_looks_like_drift() -> None:
    """At most 5 of 100 comparisons of 20 correlated columns report any: first by the p values alone, then by the rule."""
    random, significant, drifted = np.random.default_rng(3), 0, 0
    for _ in range(120):
        found = compare(summarise(window(random, 500)), window(random, 250))
        significant += any(column["p_adjusted"] < 0.05 for column in found["columns"].values())
        drifted += found["outcome"] == "FAIL"
    assert significant / 120 <= 0.05 + 0.03  # 0.03: the simulation's own error
    assert drifted / 120 <= 0.05


def test_with_few_rows_the_psi_alone_would_cry_wolf() -> None:
    """Why the rule asks for significance too: 60 rows against 60 have a PSI over .1 in most steady columns."""
    random, over, alarms = np.random.default_rng(4), 0, 0
    for _ in range(20):
        found = compare(summarise(window(random, 60)), window(random, 60))
        over += sum(column["psi"] > 0.1 for column in found["columns"].values())
        alarms += len(found["drifted"]) + len(found["moderate"])
    assert over > 0.4 * 20 * COLUMNS
    assert alarms <= 2


def test_a_planted_shift_is_found_and_its_neighbours_are_left_alone() -> None:
    random, found_all, false = np.random.default_rng(5), 0, 0
    for _ in range(20):
        found = compare(summarise(window(random, 800)), window(random, 400, shifted=4, by=1.1))
        found_all += {"c0", "c1", "c2", "c3"} <= set(found["drifted"])
        false += len(set(found["drifted"]) - {"c0", "c1", "c2", "c3"})
    assert found_all >= 18
    assert false <= 1


def test_a_small_shift_is_moderate_and_passes() -> None:
    random = np.random.default_rng(6)
    found = compare(summarise({"x": random.normal(0, 1, 5000)}), {"x": random.normal(0.4, 1, 5000)})
    assert (found["outcome"], found["moderate"], found["drifted"]) == ("PASS", ["x"], [])


def test_values_that_begin_to_be_missing_are_a_drift() -> None:
    random = np.random.default_rng(7)
    before, now = random.normal(0, 1, 1000), random.normal(0, 1, 1000)
    now[:400] = np.nan
    found = one(before, now)
    assert (found["outcome"], found["missing_before"], found["missing_now"]) == ("FAIL", 0.0, 0.4)
    all_gone = one(before, np.full(1000, np.nan))
    assert (all_gone["outcome"], all_gone["ks"]) == ("FAIL", None)


def test_the_reference_is_frozen_json_and_needs_no_rows() -> None:
    random = np.random.default_rng(8)
    before = window(random, 5000)
    reference = summarise(before)
    text = json.dumps(reference, allow_nan=False)
    assert len(text) < 8_000 * COLUMNS
    now = window(random, 1000)
    assert compare(json.loads(text), now) == compare(reference, now)
    assert json.dumps(compare(reference, now), allow_nan=False)
    same = compare(reference, before)
    assert all(column["ks"] == 0 and column["psi"] == pytest.approx(0) for column in same["columns"].values())


def test_tables_with_nullable_columns_are_read_alike() -> None:
    frame = pd.DataFrame({
        "i": pd.array([1, None] * 60, dtype="Int64"), "f": pd.array([0.5, None] * 60, dtype="Float64"),
        "b": pd.array([True, False] * 60, dtype="boolean"),
    })  # fmt: skip
    plain = {"i": [1, np.nan] * 60, "f": [0.5, np.nan] * 60, "b": [1.0, 0.0] * 60}
    assert summarise(frame) == summarise(plain)
    assert compare(summarise(plain), frame)["outcome"] == "PASS"


@pytest.mark.parametrize("now", [[], [1.0] * 49, None])
def test_too_few_rows_or_none_at_all_is_inconclusive(now: list[float] | None) -> None:
    found = compare(summarise({"x": np.arange(100.0)}), {} if now is None else {"x": now})
    assert (found["outcome"], found["unknown"], found["columns"]["x"]["psi"]) == ("INCONCLUSIVE", ["x"], None)


def test_a_constant_column_and_one_without_a_value() -> None:
    assert one([5.0] * 100, [5.0] * 100)["outcome"] == "PASS"
    for value in (4.0, 6.0):
        moved = one([5.0] * 100, [value] * 100)
        assert (moved["outcome"], moved["wasserstein"]) == ("FAIL", None)
    assert one([np.nan] * 100, [np.nan] * 100)["outcome"] == "PASS"
    assert one([np.nan] * 100, [1.0] * 100)["outcome"] == "FAIL"
    assert compare(summarise({}), {})["outcome"] == "INCONCLUSIVE"


@pytest.mark.parametrize(("before", "now"), [(0.97, 0.6), (0.03, 0.4), (1.0, 0.7), (0.0, 0.3)])
def test_a_switch_that_was_hardly_ever_on_or_off_is_seen_to_move(before: float, now: float) -> None:
    switched = one(np.arange(1000) < 1000 * before, np.arange(1000) < 1000 * now)
    assert (switched["outcome"], switched["ks"]) == ("FAIL", pytest.approx(abs(now - before)))


def test_an_infinite_value_is_refused_by_name() -> None:
    with pytest.raises(ContractMismatch, match="'age_days' holds an infinite"):
        summarise({"age_days": [1.0, np.inf]})
