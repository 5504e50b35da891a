"""Slices: the figures by hand, the rule by seeded simulation, and nobody's name."""

import json

import numpy as np
import pandas as pd
import pytest
from synthetic_slices import judged

from faultcast.features.catalogue import NAMES
from faultcast.validation.slice_flags import flags
from faultcast.validation.slices import FIGURES, by_slice
from faultcast.validation.slicing import dimensions


def flagged(seed: int, **planted: float) -> list[dict]:
    labels, risk, cut = judged(np.random.default_rng(seed), **planted)
    names = {name: [str(one) for one in np.unique(slices)] for name, slices in cut.items()}
    return flags(labels, risk, (risk >= 0.3).astype(np.int64), cut, names)


def test_the_figures_of_a_slice_by_hand() -> None:
    """60 of "a": 20 inducing, of which 15 are flagged, and 40 clean, of which 10. 60 of "b": half as good."""
    labels = np.array(([1] * 20 + [0] * 40) * 2)
    risk = np.array(
        [0.8] * 15 + [0.1] * 5 + [0.8] * 10 + [0.1] * 30 + [0.8] * 10 + [0.1] * 10 + [0.8] * 20 + [0.1] * 20
    )
    found = by_slice(labels, risk, 0.5, {"kind": np.repeat(["a", "b"], 60)})["dimensions"]["kind"]
    a, b = found["slices"]["a"], found["slices"]["b"]
    assert {name: a[name]["value"] for name in FIGURES} == pytest.approx({
        "selection_rate": 25 / 60, "recall": 0.75, "false_negative_rate": 0.25, "false_positive_rate": 0.25,
        "precision": 0.6, "auc": 0.75, "calibration_gap": (25 * 0.8 + 35 * 0.1) / 60 - 1 / 3,
    })  # fmt: skip
    assert (a["n"], a["positives"], b["recall"]["value"]) == (60, 20, 0.5)
    assert all(a[name]["low"] <= a[name]["value"] <= a[name]["high"] for name in FIGURES)
    assert found["differences"]["recall"] == pytest.approx(0.25)
    assert found["ratios"]["recall"] == pytest.approx(2 / 3)
    assert found["ratios"]["calibration_gap"] is None


def test_a_slice_with_too_few_rows_is_not_judged() -> None:
    labels = np.array([1, 0, 0] * 60 + [1, 0, 0] * 10 + [0] * 80)
    risk = np.linspace(0.1, 0.9, len(labels))
    cut = {"kind": np.array(["big"] * 180 + ["small"] * 30 + ["clean"] * 70 + [""] * 10)}
    found = by_slice(labels, risk, 0.5, cut)["dimensions"]["kind"]
    assert {name: one["outcome"] for name, one in found["slices"].items()} == {
        "big": "PASS", "small": "INCONCLUSIVE", "clean": "INCONCLUSIVE",
    }  # fmt: skip
    assert found["slices"]["small"]["recall"] is None
    assert (found["outcome"], found["differences"]["recall"]) == ("INCONCLUSIVE", None)
    assert by_slice(labels, risk, 0.5, {})["outcome"] == "INCONCLUSIVE"


def test_a_fair_model_is_flagged_at_most_five_times_in_a_hundred() -> None:
    assert sum(bool(flagged(seed)) for seed in range(120)) / 120 <= 0.05


def test_faults_missed_in_one_slice_are_found() -> None:
    found = [flagged(seed, missed=1.2) for seed in range(20)]
    hits = [flag for one in found for flag in one if (flag["slice"], flag["figure"]) == ("new", "recall")]
    assert len(hits) >= 18
    assert all(flag["found"] < flag["expected"] and flag["p_adjusted"] < 0.05 for flag in hits)
    false = sum(flag["dimension"] != "author tenure" for one in found for flag in one)  # nothing is planted there
    assert false / sum(map(len, found)) <= 0.10  # 0.05, and the simulation's own error


def test_a_risk_that_means_something_else_in_one_slice_is_found() -> None:
    hits = sum(any(flag["figure"] == "calibration_gap" for flag in flagged(seed, missed=1.2)) for seed in range(20))
    assert hits >= 18


def test_a_small_difference_is_not_flagged_however_sure_it_is() -> None:
    labels = np.array(([1] * 4_000 + [0] * 4_000) * 2)
    hit = np.concatenate([np.arange(4_000) < 3_200, np.zeros(4_000), np.arange(4_000) < 3_000, np.zeros(4_000)])
    found = by_slice(labels, 0.5 + 0.001 * hit, 0.5005, {"kind": np.repeat(["a", "b"], 8_000)})
    assert found["dimensions"]["kind"]["ratios"]["recall"] == pytest.approx(15 / 16)
    assert (found["flags"], found["outcome"]) == ([], "PASS")


def test_a_gap_that_all_slices_share_is_calibration_not_fairness() -> None:
    labels, risk, cut = judged(np.random.default_rng(9))
    found = by_slice(labels, np.minimum(1, risk + 0.2), 0.5, cut)
    assert not [flag for flag in found["flags"] if flag["figure"] == "calibration_gap"]


def test_the_verdict_of_a_dimension_follows_its_flags_and_all_is_plain_json() -> None:
    labels, risk, cut = judged(np.random.default_rng(1), missed=1.2)
    found = by_slice(labels, risk, 0.3, cut)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["outcome"] == found["dimensions"]["author tenure"]["outcome"] == "FAIL"
    assert found["dimensions"]["hour"]["outcome"] == "PASS"
    assert {"p", "rows", "per_class", "recall_ratio"} <= set(found["limits"])


def rows() -> pd.DataFrame:
    return pd.DataFrame({
        "author": ["ana", "ben", "ana"],
        "author_changes": pd.array([3, 10, None], dtype="Int64"),
        "text": ["Fix\n\n<file> src/a.py\n+x\n<file> b.tf", "<file> main.tf\n+x", "Only words"],
        "source_files": [1, 0, 1], "test_files": [1, 1, 0], "configuration_files": [0, 0, 2], "documentation_files": 0,
        "lines_added": [1, 20, 400], "lines_deleted": [0, 5, 100], "weekday": [0, 5, 6], "hour": [0, 12, 23],
    })  # fmt: skip


def test_rows_fall_into_slices_by_what_the_catalogue_knows() -> None:
    assert {name: cut.tolist() for name, cut in dimensions(rows()).items()} == {
        "author tenure": ["new", "established", ""],
        "language": ["python", "hcl", ""],
        "file kind": ["source with tests", "tests", "source alone"],
        "size": ["small", "medium", "large"],
        "weekday": ["weekday", "weekend", "weekend"],
        "hour": ["night", "afternoon", "evening"],
    }


def test_who_wrote_a_change_is_never_looked_at() -> None:
    """Other authors, the same slices; and no slice is named after one."""
    renamed = rows().assign(author=["zoe", "zoe", "ben"])
    assert {name: cut.tolist() for name, cut in dimensions(renamed).items()} == {
        name: cut.tolist() for name, cut in dimensions(rows().drop(columns="author")).items()
    }
    assert not {"ana", "ben"} & {slice_ for cut in dimensions(rows()).values() for slice_ in cut.tolist()}


def test_columns_that_are_absent_leave_their_dimension_out() -> None:
    assert set(dimensions(rows()[["weekday", "text"]])) == {"weekday", "language"}
    used = set(rows().columns) - {"author", "text"}
    assert used <= set(NAMES)
