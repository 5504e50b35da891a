"""The map travels as JSON; whatever it says, the order of changes stays or it is refused."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from test_artifact import edit_manifest

from faultcast import models
from faultcast.errors import UnsafeArtifact
from faultcast.models.calibration import MAX_KNOTS, Calibration, read_calibration

STEPS = st.lists(st.floats(1e-3, 2), min_size=2, max_size=12)
"""Each knot lies this much beyond the one before it."""


@st.composite
def calibrations(draw):
    if draw(st.booleans()):
        return Calibration(draw(st.floats(0.05, 4)), draw(st.floats(-5, 5)))
    steps = draw(STEPS)
    rises = draw(st.lists(st.floats(1e-3, 1), min_size=len(steps), max_size=len(steps)))
    x_K, z_K = np.cumsum(steps) + draw(st.floats(-8, 0)), np.cumsum(rises) + draw(st.floats(-8, 0))
    return Calibration(0.05, 0.0, "isotonic", tuple(zip(x_K.tolist(), z_K.tolist(), strict=True)))


@settings(max_examples=200, deadline=None)
@given(calibrations(), st.lists(st.integers(-600, 600), min_size=2, max_size=40, unique=True))
def test_a_higher_score_is_always_a_higher_risk(calibration, hundredths):
    logits_N = np.sort(np.array(hundredths)) / 100
    risk_N = calibration.apply(logits_N)
    assert np.all(np.diff(risk_N) > 0)
    assert 0 < risk_N[0] < risk_N[-1] < 1
    assert read_calibration(json.loads(json.dumps(asdict(calibration)))) == calibration


BENT = {"slope": 0.05, "intercept": 0.0, "method": "isotonic", "knots": [[-1, -2], [0, 0], [1, 1]]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "pickle"}, "its method is 'pickle'"),
        ({"method": ["platt"]}, "its method is"),
        ({"slope": 0}, "no positive number"),
        ({"slope": -1.0}, "no positive number"),
        ({"slope": True}, "no positive number"),
        ({"slope": "1"}, "no positive number"),
        ({"intercept": 10**400}, "or its intercept none|401 digits"),
        ({"intercept": 0.1}, "expected 0"),
        ({"knots": [[0, 0]]}, "1 knots, expected 2"),
        ({"knots": [[i, i] for i in range(MAX_KNOTS + 1)]}, "1001 knots"),
        ({"knots": {"0": 1}}, "dict knots"),
        ({"knots": [[0, 0], [1]]}, "no pair of numbers"),
        ({"knots": [[0, 0], [1, None]]}, "no pair of numbers"),
        ({"knots": [[0, 0], [1, 1e9]]}, "no pair of numbers"),
        ({"knots": [[0, 0], [0, 1]]}, "do not rise"),
        ({"knots": [[0, 1], [1, 1]]}, "do not rise"),
        ({"knots": [[0, 1], [1, 0.5]]}, "do not rise"),
        ({"method": "platt"}, "platt has 3 knots, expected 0 to 0"),
        ({"base": 2}, "it has base, intercept"),
    ],
)
def test_a_map_that_training_does_not_write_is_refused(simple, change, reason):
    edit_manifest(simple, lambda m: m.update(calibration=BENT))
    assert models.load(simple).calibration.describe() == "isotonic, 3 knots"
    edit_manifest(simple, lambda m: m.update(calibration=BENT | change))
    with pytest.raises(UnsafeArtifact, match=reason):
        models.load(simple)


def test_what_is_no_map_at_all_is_refused():
    for raw in (None, [], 3, {}, "platt"):
        with pytest.raises(UnsafeArtifact, match="expected slope, intercept, method and knots"):
            read_calibration(raw)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused_anywhere_in_the_manifest(simple, number):
    text = (simple / "manifest.json").read_text()
    for field in ('"slope": 1.0', '"medium": 0.3', '"auc": 0.5'):
        assert field in text
        (simple / "manifest.json").write_text(text.replace(field, f"{field.split(':', maxsplit=1)[0]}: {number}"))
        with pytest.raises(UnsafeArtifact, match="no finite number"):
            models.load(simple)


@pytest.mark.parametrize("change", [{"scale": 0.0}, {"scale": "1"}, {"kind": "run"}, {"log": 1}, {"mean": None}])
def test_a_normaliser_that_training_does_not_write_is_refused(simple, change):
    edit_manifest(simple, lambda m: m["normaliser"]["columns"][0].update(change))
    with pytest.raises(UnsafeArtifact, match="not a model's manifest"):
        models.load(simple)
