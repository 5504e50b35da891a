"""Scoring needs NumPy, a runtime for graphs and nothing else: no torch, no pandas, no Feast, no scikit-learn, no git."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from small_model import build_model

from faultcast import models
from faultcast.errors import BadChange, NotFound, UnsafeArtifact
from faultcast.features.catalogue import NAMES
from serving.scoring.scorer import Scorer
from serving.wire.requests import KnownCommit, RawFeatures

HEAVY = (
    "torch",
    "pandas",
    "pyarrow",
    "duckdb",
    "sklearn",
    "scipy",
    "feast",
    "kserve",
    "mlflow",
    "transformers",
    "onnx",
)
PROGRAM = f"""
import json, sys
from pathlib import Path
from serving.scoring.scorer import Scorer
from serving.wire.change import parse
from serving.wire.requests import RawFeatures, UnseenChange
from faultcast.features.catalogue import NAMES

scorer = Scorer.load(Path(sys.argv[1]))
(scored,) = scorer.score([RawFeatures(dict.fromkeys(NAMES, 1.0))])
change = parse({{"message": "fix", "author": "a", "authored_at": "2026-03-01T12:00:00Z", "files": [
    {{"path": "a.py", "status": "M", "before": "x = 1", "after": "x = 2"}}]}}, "change")
(unseen,) = scorer.score([UnseenChange(change.commit, change.contents, change.assumed)])
print(json.dumps({{"risk": scored.prediction.risk, "reasons": len(scored.prediction.reasons),
    "unseen": unseen.prediction.risk, "imported": sorted(set({HEAVY}) & set(sys.modules))}}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_model(tmp_path_factory.mktemp("light") / "model")


@pytest.fixture(scope="module")
def scorer(folder):
    return Scorer.load(folder, name="faultcast", version="7")


def rows(count, seed=1):
    rng = np.random.default_rng(seed)
    values = rng.poisson(6, (count, len(NAMES))).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


def asked(values):
    return [
        RawFeatures({n: None if math.isnan(v) else v for n, v in zip(NAMES, row, strict=True)})
        for row in values.tolist()
    ]


def test_a_process_that_scores_imports_nothing_heavy(folder):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["imported"] == []
    assert found["reasons"] > 0
    assert 0 <= found["risk"] <= 1
    assert 0 <= found["unseen"] <= 1


def test_raw_features_score_alike_on_both_ways(scorer):
    values = rows(50)
    with_reasons = [one.prediction.risk for one in scorer.score(asked(values))]
    without = scorer.score(asked(values), top=0)
    assert with_reasons == [one.prediction.risk for one in without] == scorer.risks(values).tolist()
    assert {one.prediction.reasons for one in without} == {()}


def test_a_served_risk_is_the_learnt_one(folder, scorer):
    values = rows(50, seed=2)
    learnt = models.load(folder)
    np.testing.assert_allclose(scorer.risks(values), learnt.risk_of(values, learnt.read([""] * 50)), rtol=0, atol=1e-12)


def test_infinity_is_missing_and_the_array_of_the_caller_stays_as_it_was(scorer):
    values = rows(1)
    values[0, 3] = np.nan
    infinite = values.copy()
    infinite[0, 3] = np.inf
    kept = infinite.copy()
    assert scorer.risks(infinite)[0] == scorer.risks(values)[0]
    np.testing.assert_array_equal(infinite, kept)


def test_no_rows_have_no_risks_and_other_shapes_are_refused(scorer):
    assert scorer.risks(np.empty((0, len(NAMES)))).tolist() == []
    assert scorer.score([]) == []
    for shape in ((len(NAMES),), (2, 3), (1, len(NAMES), 1)):
        with pytest.raises(BadChange, match="expected values of shape"):
            scorer.risks(np.zeros(shape))


def test_a_version_comes_from_the_manifest_where_none_is_given(folder):
    first, again = Scorer.load(folder), Scorer.load(folder)
    assert (first.name, len(first.version), first.version) == ("story", 12, again.version)


def test_what_is_not_there_or_not_signed_is_refused(folder, tmp_path):
    with pytest.raises(NotFound, match="no past at"):
        Scorer.load(folder, past=tmp_path / "past")
    with pytest.raises(NotFound, match="No model in"):
        Scorer.load(tmp_path)
    with pytest.raises(UnsafeArtifact):
        Scorer.load(folder, trusted=[bytes(32)])
    with pytest.raises(NotFound, match="has no feature store"):
        Scorer.load(folder).score([KnownCommit("0" * 40)])
