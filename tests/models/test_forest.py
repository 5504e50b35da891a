"""Trees in NumPy: the very bits of scikit-learn, and no file that could lead outside its arrays."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings, strategies as st
from sklearn.ensemble import RandomForestClassifier

from faultcast import models
from faultcast.errors import UnsafeArtifact
from faultcast.models import forest, forest_file
from faultcast.models.forest import Forest


def values(rng, rows, columns, missing):
    """Numbers with ties (halves), extremes, and here and there nothing."""
    found = rng.normal(size=(rows, columns)).astype(np.float32)
    found[:, ::2] = np.round(found[:, ::2] * 2) / 2
    found[rng.random(found.shape) < 0.02] = np.float32(3e38)
    found[rng.random(found.shape) < missing] = np.nan
    return found


def reread(classifier, columns):
    return forest_file.from_files(forest_file.to_files(forest.of_classifier(classifier)), columns)


@given(
    seed=st.integers(0, 10**6), rows=st.integers(2, 120), leaf=st.integers(1, 30),
    depth=st.sampled_from([None, 1, 4]), missing=st.sampled_from([0.0, 0.2]), bootstrap=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_same_bits_as_scikit_learn(seed, rows, leaf, depth, missing, bootstrap):
    rng = np.random.default_rng(seed)
    features_NF = values(rng, rows, 5, missing)
    labels_N = rng.integers(0, 2, rows)
    labels_N[:2] = 0, 1
    classifier = RandomForestClassifier(
        7, min_samples_leaf=leaf, max_depth=depth, class_weight="balanced", bootstrap=bootstrap, random_state=seed
    ).fit(features_NF, labels_N, sample_weight=rng.random(rows) + 0.1)
    asked = np.concatenate([features_NF, values(rng, 300, 5, missing)])
    on_thresholds = [tree.tree_.threshold[tree.tree_.feature >= 0] for tree in classifier.estimators_]
    for threshold in np.concatenate(on_thresholds)[:20].astype(np.float32):
        around = [np.nextafter(threshold, np.float32(s)) for s in (-np.inf, np.inf)]
        asked = np.concatenate([asked, np.full((1, 5), threshold), *(np.full((1, 5), x) for x in around)])
    asked = np.clip(asked, -3e38, 3e38)
    share_N = reread(classifier, 5).total(asked) / 7
    assert np.array_equal(share_N, classifier.predict_proba(asked)[:, 1])
    assert np.array_equal(reread(classifier, 5).total(asked[3:4]) / 7, share_N[3:4])


def test_trees_that_are_one_leaf():
    """With leaves larger than the data nothing can be split: every tree has depth 0."""
    features_NF = np.arange(6, dtype=np.float32).reshape(3, 2)
    classifier = RandomForestClassifier(3, min_samples_leaf=9, random_state=1).fit(features_NF, [0, 1, 1])
    found = reread(classifier, 2)
    assert len(found.threshold_M) == 0
    assert np.array_equal(found.total(features_NF) / 3, classifier.predict_proba(features_NF)[:, 1])


def test_more_changes_than_are_walked_at_once():
    rng = np.random.default_rng(5)
    features_NF = values(rng, 400, 3, 0.1)
    classifier = RandomForestClassifier(40, random_state=2).fit(features_NF, features_NF[:, 0] > 0)
    asked = values(rng, 3_000, 3, 0.1)
    assert np.array_equal(reread(classifier, 3).total(asked) / 40, classifier.predict_proba(asked)[:, 1])


def test_other_classes_are_refused():
    classifier = RandomForestClassifier(2, random_state=1).fit(np.eye(3, dtype=np.float32), [0, 1, 2])
    with pytest.raises(ValueError, match=r"expected \[0, 1\]"):
        forest.of_classifier(classifier)


STUMPS = {
    "roots": np.array([0, 2], dtype=np.int32),
    "feature": np.array([0, 1, 1], dtype=np.int32),
    "threshold": np.array([0.5, 0.5, np.inf], dtype=np.float32),
    "children": np.array([[~0, 1], [~1, ~2], [~3, ~4]], dtype=np.int32),
    "missing_left": np.array([True, False, False]),
    "leaves": np.array([0.1, 0.2, 0.3, 0.4, 0.5]),
    "base": np.array([0.0]),
}
"""Two trees, small enough to follow by eye."""


def saved(link="share", **changed):
    return {forest_file.FILE: safetensors.numpy.save(STUMPS | changed, metadata={"link": link})}


def test_leaves_can_add_up_to_a_logit():
    """Boosted trees: no mean, and a number to begin from."""
    boosted = forest_file.from_files(saved("logit", base=np.array([-1.0]), leaves=np.array([1.0, 2, 3, 4, 5])), 2)
    asked = np.array([[0, 0], [1, 0], [1, 1], [np.nan, np.nan]], dtype=np.float32)
    assert boosted.logits(asked, np.empty((4, 0), np.float32)).tolist() == [4.0, 5.0, 6.0, 5.0]
    assert forest_file.from_files(saved(), 2).total(asked).tolist() == [0.1 + 0.4, 0.2 + 0.4, 0.3 + 0.4, 0.1 + 0.5]


@pytest.mark.parametrize(
    "changed",
    [
        {"children": np.array([[~0, 7], [~1, ~2], [~3, ~4]], dtype=np.int32)},  # outside the nodes
        {"children": np.array([[~0, 1], [~1, ~9], [~3, ~4]], dtype=np.int32)},  # outside the leaves
        {"children": np.array([[~0, 0], [~1, ~2], [~3, ~4]], dtype=np.int32)},  # a circle
        {"children": np.array([[~0, 1], [~1, ~1], [~3, ~4]], dtype=np.int32)},  # one leaf twice
        {"children": np.array([[1, 1], [~1, ~2], [~3, ~4]], dtype=np.int32)},  # paths that meet: 2^depth of them
        {"children": STUMPS["children"].ravel()},
        {"children": np.array([[~0, 1], [~1, ~2], [~3, -(2**31)]], dtype=np.int32)},
        {"roots": np.array([0, 0], dtype=np.int32)},
        {"roots": np.array([], dtype=np.int32)},
        {"roots": np.array([1, 2], dtype=np.int32)},
        {"feature": np.array([0, 1, 2], dtype=np.int32)},
        {"feature": np.array([0, -1, 1], dtype=np.int32)},
        {"feature": np.array([0, 1], dtype=np.int32)},
        {"threshold": np.array([0.5, np.nan, 0.5], dtype=np.float32)},
        {"leaves": np.array([0.1, 0.2, 0.3, 0.4, np.inf])},
        {"leaves": np.array([0.1, 0.2, 0.3, 0.4, 1.5])},
        {"leaves": np.array([0.1, 0.2, 0.3, 0.4])},
        {"missing_left": np.array([True])},
        {"base": np.array([0.1])},
    ],
)
def test_a_tree_that_points_outside_itself_is_refused(changed):
    with pytest.raises(UnsafeArtifact, match="points outside itself"):
        forest_file.from_files(saved(**changed), 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"children": STUMPS["children"].astype(np.int64)},
        {"threshold": STUMPS["threshold"].astype(np.float64)},
        {"leaves": STUMPS["leaves"].astype(np.float32)},
        {"more": np.zeros(1)},
    ],
)
def test_other_arrays_than_a_forests_are_refused(changed):
    with pytest.raises(UnsafeArtifact, match="expected"):
        forest_file.from_files(saved(**changed), 2)


def test_files_that_are_no_forest_are_refused():
    good = saved()[forest_file.FILE]
    for content in (b"", good[:7], b"\0" * 64, (1 << 40).to_bytes(8, "little") + good[8:], good[:-1], good + b"!"):
        with pytest.raises(UnsafeArtifact):
            forest_file.from_files({forest_file.FILE: content}, 2)
    for header in (b"[]", b"{", b'{"roots": 1}', b"[" * 5000):
        with pytest.raises(UnsafeArtifact):
            forest_file.from_files({forest_file.FILE: len(header).to_bytes(8, "little") + header}, 2)
    with pytest.raises(UnsafeArtifact, match="one file"):
        forest_file.from_files({"other.safetensors": good}, 2)
    with pytest.raises(UnsafeArtifact, match="points outside"):
        forest_file.from_files(saved("something"), 2)
    with pytest.raises(UnsafeArtifact, match="base of shape"):
        forest_file.from_files(saved(base=np.zeros(2)), 2)


def test_a_forged_forest_in_a_folder_is_refused(simple):
    forged = saved(children=np.array([[~0, 0], [~1, ~2], [~3, ~4]], dtype=np.int32))[forest_file.FILE]
    (simple / forest_file.FILE).write_bytes(forged)
    manifest = json.loads((simple / "manifest.json").read_text())
    manifest["files"][forest_file.FILE] = hashlib.sha256(forged).hexdigest()
    (simple / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UnsafeArtifact, match="points outside itself"):
        models.load(simple)


def test_scoring_imports_neither_scikit_learn_nor_torch(simple, changes, tmp_path):
    changes.drop(columns="label").to_parquet(tmp_path / "changes.parquet")
    code = (
        "import sys; from pathlib import Path; import pandas; from faultcast import models; "
        "from faultcast.models.reasons import explain; "
        f"model = models.load(Path({str(simple)!r})); table = pandas.read_parquet({str(tmp_path)!r}); "
        "explain(model, table.head(3)); print(sum(model.risk(table)), "
        "sorted({'torch', 'sklearn', 'scipy', 'skops', 'tokenizers'} & sys.modules.keys()))"
    )
    table = tmp_path / "only"
    table.mkdir()
    (tmp_path / "changes.parquet").rename(table / "changes.parquet")
    code = code.replace(repr(str(tmp_path)), repr(str(table)))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split(maxsplit=1)[1].strip() == "[]"


def test_a_model_holds_the_same_trees_after_a_round(simple):
    model = models.load(simple)
    assert isinstance(model.scorer, Forest)
    assert forest_file.to_files(model.scorer)[forest_file.FILE] == (simple / forest_file.FILE).read_bytes()
