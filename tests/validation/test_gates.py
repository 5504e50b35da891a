"""The contract's gates just below, at and above; and every way in which a number can be missing, none of which passes."""

import itertools
import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from test_verdict import CANDIDATE, CHAMPION, LINES, ruled

from faultcast.errors import UsageError
from faultcast.records import Outcome
from faultcast.validation import Bounds, as_dict, decide

RULES = {
    "enough_samples", "both_classes", "beats_lines_added", "beats_base_rate", "f1_over_champion", "brier_over_champion",
    "significant_over_champion",
}  # fmt: skip
ABSENT = object()
MISSING = (ABSENT, None, math.nan, "", [], {})
NEEDED = ("n", "positives", "auc", "brier", "brier_base_rate", "f1", "over_champion")


def test_the_bounds_are_the_contracts() -> None:
    bounds = Bounds()
    assert (bounds.min_f1_improvement_pct, bounds.max_brier_degradation, bounds.min_samples) == (2.0, 0.01, 200)


def test_all_seven_rules_are_asked_of_a_challenger() -> None:
    verdict = decide(CANDIDATE, LINES, CHAMPION)
    assert verdict.outcome is Outcome.PASS
    assert {reason.rule for reason in verdict.reasons} == RULES
    assert all(reason.found is not None and reason.expected is not None for reason in verdict.reasons)


@pytest.mark.parametrize("thousandths", range(50, 981, 10))
def test_two_percent_of_f1_in_exact_decimals(thousandths: int) -> None:
    """Every champion from .05 to .98 in steps of .01, where the challenger is 2 % better to the last decimal."""
    champion = Decimal(thousandths) / 1000
    at = champion * Decimal("1.02")
    for f1, outcome in (
        (at - Decimal("0.000001"), "FAIL"), (at, "PASS"), (at + Decimal("0.000001"), "PASS"),
    ):  # fmt: skip
        found = ruled("f1_over_champion", candidate={"f1": float(f1)}, champion={**CHAMPION, "f1": float(champion)})
        assert found.outcome == outcome, (champion, f1)


@pytest.mark.parametrize("thousandths", range(0, 990, 10))
def test_a_hundredth_of_brier_in_exact_decimals(thousandths: int) -> None:
    champion = Decimal(thousandths) / 1000
    at = champion + Decimal("0.01")
    for brier, outcome in (
        (at - Decimal("0.000001"), "PASS"), (at, "PASS"), (at + Decimal("0.000001"), "FAIL"),
    ):  # fmt: skip
        found = ruled(
            "brier_over_champion", candidate={"brier": float(brier)}, champion={**CHAMPION, "brier": float(champion)}
        )
        assert found.outcome == outcome, (champion, brier)


@pytest.mark.parametrize("sums", [(0.1 + 0.2, 0.3), (1.1 * 0.3, 0.33), (0.7 * 0.1, 0.07)])
def test_what_binary_fractions_add_is_no_degradation_of_its_own(sums: tuple[float, float]) -> None:
    """0.1 + 0.2 is not 0.3: at the bound, an error in the seventeenth digit decides nothing."""
    champion, plain = sums
    found = ruled("brier_over_champion", candidate={"brier": plain + 0.01}, champion={**CHAMPION, "brier": champion})
    assert found.outcome == "PASS"


@pytest.mark.parametrize(("n", "outcome"), [(199, "INCONCLUSIVE"), (200, "PASS"), (201, "PASS"), (200.0, "PASS")])
def test_two_hundred_samples(n: float, outcome: str) -> None:
    found = ruled("enough_samples", candidate={"n": n})
    assert found.outcome == outcome
    assert ("Insufficient samples" in found.text) == (outcome == "INCONCLUSIVE")
    assert decide({**CANDIDATE, "n": np.int64(n)}, LINES, None).outcome == outcome


@pytest.mark.parametrize(("low", "outcome"), [(-0.001, "FAIL"), (0.0, "FAIL"), (0.001, "PASS")])
def test_a_gain_that_may_be_luck_does_not_promote(low: float, outcome: str) -> None:
    tested = {"over_champion": {"auc": {"difference": 0.02, "low": low, "high": 0.04}}}
    found = ruled("significant_over_champion", candidate=tested, champion=CHAMPION)
    assert (found.outcome, found.found, found.expected) == (outcome, low, 0.0)
    assert ("the champion stays" in found.text) == (outcome == "FAIL")


@pytest.mark.parametrize("odd", [{"low": 0.03}, {"high": 0.01}, {"low": math.nan}, {"high": math.inf}, {"low": "x"}])
def test_an_interval_that_contradicts_itself_is_an_error(odd: dict[str, Any]) -> None:
    tested = {"over_champion": {"auc": {"difference": 0.02, "low": 0.01, "high": 0.04, **odd}}}
    assert ruled("significant_over_champion", candidate=tested, champion=CHAMPION).outcome == "ERROR"


@pytest.mark.parametrize("odd", [{"n": math.nan}, {"n": -1}, {"n": 300.5}, {"n": math.inf}, {"n": "300"}, {"n": True},
                                 {"positives": math.nan}, {"positives": -3}, {"positives": 301}])  # fmt: skip
def test_a_number_of_changes_that_cannot_be_is_an_error(odd: dict[str, Any]) -> None:
    verdict = decide({**CANDIDATE, **odd}, LINES, None)
    assert verdict.outcome is Outcome.ERROR
    assert json.dumps(as_dict(verdict), allow_nan=False)


def spoilt(entry: dict[str, Any], keys: tuple[str, ...], how: object) -> dict[str, Any]:
    kept = {key: value for key, value in entry.items() if key not in keys}
    return kept if how is ABSENT else kept | dict.fromkeys(keys, how)


def test_no_subset_of_missing_numbers_passes() -> None:
    """All 127 subsets of the candidate's numbers x 6 ways of being missing."""
    subsets = [keys for size in range(1, len(NEEDED) + 1) for keys in itertools.combinations(NEEDED, size)]
    for keys, how in itertools.product(subsets, MISSING):
        found = decide(spoilt(CANDIDATE, keys, how), LINES, CHAMPION).outcome
        assert found in {Outcome.INCONCLUSIVE, Outcome.ERROR}, (keys, how)


@pytest.mark.parametrize("how", MISSING, ids=["absent", "None", "NaN", "text", "list", "dict"])
def test_no_subset_missing_on_the_other_side_passes(how: object) -> None:
    for size in range(1, 5):
        for keys in itertools.combinations(("n", "positives", "f1", "brier"), size):
            assert decide(CANDIDATE, LINES, spoilt(CHAMPION, keys, how)).outcome is not Outcome.PASS, keys
    assert decide(CANDIDATE, spoilt(LINES, ("auc",), how), None).outcome is not Outcome.PASS
    for part in ("auc", "difference", "low", "high"):
        tested = CANDIDATE["over_champion"]
        less = spoilt(tested, (part,), how) if part == "auc" else {"auc": spoilt(tested["auc"], (part,), how)}
        assert decide({**CANDIDATE, "over_champion": less}, LINES, CHAMPION).outcome is not Outcome.PASS, part


@given(
    values=st.fixed_dictionaries({}, optional={
        key: st.one_of(st.none(), st.floats(), st.text(max_size=3), st.integers(-5, 400), st.just({}), st.booleans())
        for key in NEEDED
    })
)  # fmt: skip
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@example(values={"brier": None, "brier_base_rate": math.inf})
def test_whatever_an_evaluation_holds_there_is_a_verdict_and_it_passes_only_by_seven_passes(values: dict) -> None:
    verdict = decide({**CANDIDATE, **values}, LINES, CHAMPION)
    passed = verdict.outcome is Outcome.PASS
    assert passed == ([reason.outcome for reason in verdict.reasons] == [Outcome.PASS] * len(RULES))
    assert json.dumps(as_dict(verdict), allow_nan=False)


@pytest.mark.parametrize("odd", [{"min_samples": 0}, {"min_samples": math.nan}, {"min_per_class": 0},
                                 {"min_f1_improvement_pct": math.nan}, {"max_brier_degradation": math.inf}])  # fmt: skip
def test_a_bound_that_lets_everything_through_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(odd))):
        Bounds(**odd)
