"""What a model was taught with travels with it, and is read as suspiciously as all of its files."""

import json

import numpy as np
import pytest

from faultcast.errors import UnsafeArtifact
from faultcast.validation.drift import compare
from faultcast.validation.reference import RISK, freeze, thaw

NAMES = ["size", "age"]


def rows(count, seed=1):
    return np.random.default_rng(seed).normal(size=(count, 2))


def test_what_is_frozen_comes_back_and_is_small():
    content = freeze(rows(2_000), rows(500, 2), NAMES, np.linspace(0, 1, 500))
    found = thaw(content)
    assert len(content) < 20_000
    assert list(found.features) == NAMES
    assert list(found.risk) == [RISK]
    assert compare(found.features, {"size": rows(2_000)[:, 0]})["columns"]["size"]["ks"] < 0.01
    assert found.usual.windows > 10
    assert found.usual.mean_psi <= max(found.usual.columns.values())


def test_the_same_rows_are_frozen_to_the_same_bytes():
    asked = (rows(600), rows(200, 2), NAMES, np.linspace(0, 1, 200))
    assert freeze(*asked) == freeze(*asked)


def test_a_short_history_does_not_know_what_is_usual():
    assert thaw(freeze(rows(150), rows(50), NAMES, np.linspace(0, 1, 50))).usual is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(schema=2),
        lambda d: d.pop("usual"),
        lambda d: d["features"]["size"].pop("counts"),
        lambda d: d["features"]["size"].update(points=["a"]),
        lambda d: d["features"]["size"].update(counts=[1, 2]),
        lambda d: d.update(features=[1]),
        lambda d: d["usual"].update(mean_psi="much"),
    ],
)
def test_a_spoilt_one_is_refused(spoil):
    document = json.loads(freeze(rows(600), rows(200), NAMES, np.linspace(0, 1, 200)))
    spoil(document)
    with pytest.raises(UnsafeArtifact, match="train it again"):
        thaw(json.dumps(document).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000])
def test_what_is_no_reference_is_refused(content):
    with pytest.raises(UnsafeArtifact, match="train it again"):
        thaw(content)
