"""Each rule just below, at and just above its bound; and what never passes."""

import json

import pytest

from faultcast.records import Outcome, RuleResult
from faultcast.validation import Bounds, as_dict, decide
from faultcast.validation.verdict import Numbers, combine

LINES = {"auc": 0.70, "n": 300, "positives": 60}
CANDIDATE = {
    "n": 300,
    "positives": 60,
    "auc": 0.80,
    "brier": 0.12,
    "brier_base_rate": 0.16,
    "f1": 0.51,
    "auc_over": {"lines_added": {"difference": 0.1, "low": 0.04, "high": 0.16}},
    "over_champion": {"auc": {"difference": 0.03, "low": 0.01, "high": 0.05}},
}
CHAMPION = {"n": 300, "positives": 60, "f1": 0.50, "brier": 0.12}


def ruled(
    rule: str, *, candidate: Numbers | None = None, champion: Numbers | None = None, bounds: Bounds | None = None
) -> RuleResult:
    verdict = decide({**CANDIDATE, **(candidate or {})}, LINES, champion, bounds)
    return next(reason for reason in verdict.reasons if reason.rule == rule)


def test_a_good_first_model_passes_with_both_numbers_in_every_reason() -> None:
    verdict = decide(CANDIDATE, LINES, None)
    assert verdict.outcome is Outcome.PASS
    assert [r.rule for r in verdict.reasons] == [
        "enough_samples",
        "both_classes",
        "beats_lines_added",
        "beats_base_rate",
    ]
    assert all(r.found is not None and r.expected is not None for r in verdict.reasons)
    assert "95 % interval +0.040 to +0.160" in verdict.reasons[2].text


@pytest.mark.parametrize(("n", "outcome"), [(199, "INCONCLUSIVE"), (200, "PASS"), (201, "PASS")])
def test_enough_samples(n: float, outcome: str) -> None:
    found = ruled("enough_samples", candidate={"n": n})
    assert (found.outcome, found.found, found.expected) == (outcome, n, 200)
    assert ("Insufficient samples" in found.text) == (outcome == "INCONCLUSIVE")


@pytest.mark.parametrize(
    ("positives", "outcome"), [(9, "INCONCLUSIVE"), (10, "PASS"), (290, "PASS"), (291, "INCONCLUSIVE"), (301, "ERROR")]
)
def test_both_classes(positives: float, outcome: str) -> None:
    assert ruled("both_classes", candidate={"positives": positives}).outcome == outcome


def test_with_too_few_rows_nothing_else_is_judged() -> None:
    verdict = decide({**CANDIDATE, "n": 100, "auc": 0.2}, LINES, CHAMPION)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert len(verdict.reasons) == 2


@pytest.mark.parametrize(("auc", "outcome"), [(0.699, "FAIL"), (0.70, "FAIL"), (0.701, "PASS")])
def test_beats_lines_added(auc: float, outcome: str) -> None:
    assert ruled("beats_lines_added", candidate={"auc": auc}).outcome == outcome


@pytest.mark.parametrize(("brier", "outcome"), [(0.159, "PASS"), (0.16, "PASS"), (0.161, "FAIL")])
def test_beats_base_rate(brier: float, outcome: str) -> None:
    assert ruled("beats_base_rate", candidate={"brier": brier}).outcome == outcome


@pytest.mark.parametrize(("champion_f1", "f1"), [(0.5, 0.51), (0.4, 0.408), (0.3, 0.306), (0.7, 0.714)])
def test_f1_over_champion_at_its_bound_despite_binary_fractions(champion_f1: float, f1: float) -> None:
    champion = {**CHAMPION, "f1": champion_f1}
    assert ruled("f1_over_champion", candidate={"f1": f1}, champion=champion).outcome == "PASS"
    assert ruled("f1_over_champion", candidate={"f1": f1 - 0.0001}, champion=champion).outcome == "FAIL"
    assert ruled("f1_over_champion", candidate={"f1": f1 + 0.0001}, champion=champion).outcome == "PASS"


@pytest.mark.parametrize(("f1", "outcome"), [(0.0, "FAIL"), (0.01, "PASS")])
def test_a_champion_that_finds_nothing_is_beaten_by_anything_found(f1: float, outcome: str) -> None:
    assert ruled("f1_over_champion", candidate={"f1": f1}, champion={**CHAMPION, "f1": 0.0}).outcome == outcome


@pytest.mark.parametrize(("brier", "outcome"), [(0.1299, "PASS"), (0.13, "PASS"), (0.1301, "FAIL")])
def test_brier_over_champion(brier: float, outcome: str) -> None:
    found = ruled("brier_over_champion", candidate={"brier": brier}, champion=CHAMPION)
    assert found.outcome == outcome
    assert ("the champion stays" in found.text) == (outcome == "FAIL")


def test_the_bounds_are_settings() -> None:
    loose = Bounds(min_samples=10, min_per_class=1, min_f1_improvement_pct=-50, max_brier_degradation=0.5)
    candidate = {**CANDIDATE, "n": 12, "positives": 3, "f1": 0.3, "brier": 0.15}
    champion = {**CHAMPION, "n": 12, "positives": 3}
    assert decide(candidate, LINES, champion, loose).outcome is Outcome.PASS


@pytest.mark.parametrize("name", ["n", "positives", "auc", "brier", "brier_base_rate", "f1"])
def test_a_missing_number_never_passes(name: str) -> None:
    absent = {key: value for key, value in CANDIDATE.items() if key != name}
    for candidate in (absent, {**CANDIDATE, name: None}):
        assert decide(candidate, LINES, CHAMPION).outcome is Outcome.INCONCLUSIVE


def test_a_missing_baseline_or_champion_number_never_passes() -> None:
    assert decide(CANDIDATE, {}, None).outcome is Outcome.INCONCLUSIVE
    assert decide(CANDIDATE, LINES, {"n": 300, "positives": 60}).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("auc", [float("nan"), 1.2, -0.1])
def test_an_impossible_number_is_an_error(auc: float) -> None:
    assert decide({**CANDIDATE, "auc": auc}, LINES, None).outcome is Outcome.ERROR


def test_a_champion_judged_on_other_rows_is_an_error() -> None:
    verdict = decide(CANDIDATE, LINES, {**CHAMPION, "n": 299})
    assert verdict.outcome is Outcome.ERROR
    assert "same rows" in verdict.reasons[-1].text


def test_the_worst_outcome_stands() -> None:
    def results(*names: str) -> list[RuleResult]:
        return [RuleResult("rule", Outcome(name), None, None, "") for name in names]

    assert combine(results("PASS", "ERROR", "FAIL")) is Outcome.ERROR
    assert combine(results("INCONCLUSIVE", "FAIL", "PASS")) is Outcome.FAIL
    assert combine(results("PASS", "INCONCLUSIVE")) is Outcome.INCONCLUSIVE
    assert combine(results("PASS", "PASS")) is Outcome.PASS
    assert combine([]) is Outcome.INCONCLUSIVE


def test_a_verdict_is_plain_json() -> None:
    found = json.loads(json.dumps(as_dict(decide(CANDIDATE, LINES, CHAMPION))))
    assert found["outcome"] == "PASS"
    assert set(found["reasons"][0]) == {"rule", "outcome", "found", "expected", "text"}
