"""One split judged whole, and the choice between two models."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from faultcast.errors import ContractMismatch
from faultcast.validation import choose, choose_thresholds, decide, evaluate


def history(seed: int = 1, n: int = 400, rate: float = 0.2) -> tuple[NDArray[np.float64], ...]:
    """Labels with one risk that knows a little, one that knows more, and sizes that know a bit."""
    random = np.random.default_rng(seed)
    labels = (random.uniform(0, 1, n) < rate).astype(np.int64)

    def risk(shift: float) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-(random.normal(-1.5, 1, n) + shift * labels)))

    lines_added = random.lognormal(3 + 0.5 * labels, 1).round()
    return labels, risk(0.8), risk(2.5), lines_added, random.integers(10, 400, n).astype(float)


def test_an_evaluation_is_plain_json_with_every_promised_number() -> None:
    labels, weak, strong, added, before = history()
    thresholds = choose_thresholds(labels[:200], {"simple": weak[:200], "hybrid": strong[:200]}, added[:200])
    found = evaluate(
        labels[200:], {"simple": weak[200:], "hybrid": strong[200:]}, added[200:], before[200:], thresholds=thresholds
    )
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["n"], found["positives"]) == (200, int(labels[200:].sum()))
    entry = found["models"]["hybrid"]
    assert set(entry["recall_at"]) == {"5", "10", "20", "30"}
    assert set(entry["curves"]) == {"roc", "pr", "calibration", "recall_by_share"}
    assert entry["curves"]["calibration"]
    assert entry["auc_interval"][0] < entry["auc"] < entry["auc_interval"][1]
    assert set(entry["auc_over"]) == {"simple", "lines_added", "relative_lines_added"}
    assert all(entry[name] is not None for name in ("average_precision", "brier", "brier_base_rate", "f1", "ece"))


def test_lines_added_is_a_rank_and_claims_no_probability() -> None:
    labels, weak, _, added, before = history()
    lines = evaluate(labels, {"simple": weak}, added, before)["baselines"]["lines_added"]
    assert lines["auc"] > 0.5
    assert (lines["brier"], lines["ece"], lines["curves"]["calibration"]) == (None, None, [])


def test_no_f1_is_tuned_on_the_rows_it_is_reported_for() -> None:
    labels, weak, _, added, before = history()
    assert evaluate(labels, {"simple": weak}, added, before)["models"]["simple"]["f1"] is None


def test_the_base_rate_that_was_known_before_is_the_one_to_beat() -> None:
    labels, weak, _, added, before = history()
    own = evaluate(labels, {"simple": weak}, added, before)["models"]["simple"]["brier_base_rate"]
    known = evaluate(labels, {"simple": weak}, added, before, known_rate=0.5)["models"]["simple"]["brier_base_rate"]
    assert own == pytest.approx(labels.mean() * (1 - labels.mean()))
    assert known == pytest.approx(0.25)


@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1]])
def test_rows_without_both_classes_give_missing_numbers_and_no_failure(labels: list[int]) -> None:
    n = len(labels)
    found = evaluate(labels, {"simple": np.full(n, 0.3)}, np.ones(n), np.ones(n), thresholds={"simple": 0.5})
    entry = found["models"]["simple"]
    assert (entry["auc"], entry["auc_interval"], entry["f1"], entry["auc_over"]) == (None, None, None, {})
    assert choose_thresholds(labels, {"simple": np.full(n, 0.3)}, np.ones(n)) == {}
    assert json.dumps(found, allow_nan=False)


def test_a_missing_size_ranks_lowest() -> None:
    labels = np.array([1, 0, 0, 1])
    found = evaluate(labels, {}, [50, np.nan, 1, 20], [np.nan, 10, 10, 10])
    assert found["baselines"]["lines_added"]["auc"] == 1.0


@pytest.mark.parametrize(
    ("labels", "risk", "words"),
    [
        ([0, 1], [0.1, 1.2], "0..1"),
        ([0, 1], [0.1, np.nan], "nan"),
        ([0, 1], [0.1], "shape"),
        ([0, 2], [0.1, 0.2], "0 or 1"),
        ([0, np.nan], [0.1, 0.2], "0 or 1"),
    ],
)
def test_impossible_input_is_refused_by_name(labels: list[float], risk: list[float], words: str) -> None:
    with pytest.raises(ContractMismatch, match=words):
        evaluate(labels, {"simple": risk}, [1, 2], [1, 2])


def test_a_clearly_better_hybrid_is_chosen_and_a_worse_one_is_not() -> None:
    labels, weak, strong, added, before = history()
    assert choose(evaluate(labels, {"simple": weak, "hybrid": strong}, added, before)) == "hybrid"
    assert choose(evaluate(labels, {"simple": strong, "hybrid": weak}, added, before)) == "simple"


def test_the_order_in_which_models_were_evaluated_does_not_matter() -> None:
    labels, weak, strong, added, before = history()
    assert choose(evaluate(labels, {"hybrid": strong, "simple": weak}, added, before)) == "hybrid"
    assert choose(evaluate(labels, {"hybrid": weak, "simple": strong}, added, before)) == "simple"


def test_equally_good_models_leave_the_simple_one_standing() -> None:
    """Chosen by chance at most about 2.5 times in 100 (one side of a 95 % interval)."""
    hybrids = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        labels = (random.uniform(0, 1, 150) < 0.3).astype(np.int64)
        simple, hybrid = (1 / (1 + np.exp(-(random.normal(0, 1, 150) + labels))) for _ in range(2))
        hybrids += (
            choose(evaluate(labels, {"simple": simple, "hybrid": hybrid}, np.ones(150), np.ones(150))) == "hybrid"
        )
    assert hybrids <= 5


def test_a_model_without_an_auc_displaces_nobody_and_no_model_is_an_error() -> None:
    found = evaluate([0, 0], {"simple": [0.1, 0.2], "hybrid": [0.1, 0.9]}, [1, 2], [1, 2])
    assert choose(found) == "simple"
    with pytest.raises(ValueError, match="no model"):
        choose({"models": {}})


def test_every_model_is_tested_against_the_one_named_champion() -> None:
    labels, weak, strong, added, before = history()
    risks = {"simple": strong, "champion": weak}
    thresholds = choose_thresholds(labels, risks, added)
    found = evaluate(labels, risks, added, before, thresholds=thresholds)
    over = found["models"]["simple"]["over_champion"]
    assert set(over) == {"auc", "f1", "brier", "average_precision"}
    for name in ("auc", "f1", "brier", "average_precision"):
        gained = found["models"]["simple"][name] - found["models"]["champion"][name]
        assert over[name]["difference"] == pytest.approx(gained)
        assert over[name]["low"] <= gained <= over[name]["high"]
    assert over["auc"]["low"] > 0 > over["brier"]["high"]
    assert found["models"]["champion"]["over_champion"] is None
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_evaluate_writes_is_what_the_gate_reads() -> None:
    labels, weak, strong, added, before = history()
    for risks, outcome in (
        ({"simple": strong, "champion": weak}, "PASS"),
        ({"simple": weak, "champion": weak}, "FAIL"),
    ):
        found = evaluate(labels, risks, added, before, thresholds=dict.fromkeys(risks, 0.5), known_rate=0.5)
        models = found["models"]
        verdict = decide(models["simple"], found["baselines"]["lines_added"], models["champion"])
        asked = {reason.rule: reason.outcome for reason in verdict.reasons}
        assert asked["significant_over_champion"] == outcome
        assert verdict.outcome == outcome


def test_without_a_champion_or_a_class_there_is_nothing_to_test() -> None:
    labels, weak, _, added, before = history()
    assert evaluate(labels, {"simple": weak}, added, before)["models"]["simple"]["over_champion"] is None
    none = evaluate([0, 0], {"simple": [0.1, 0.2], "champion": [0.1, 0.9]}, [1, 2], [1, 2])
    assert set(none["models"]["simple"]["over_champion"].values()) == {None}
