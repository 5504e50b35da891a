"""A blend is the weighted sum of its members, before and after it was a file, and no file can make it another thing."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from faultcast import models
from faultcast.errors import UnsafeArtifact
from faultcast.models import artifact, blend, forest, forest_file
from faultcast.models.blend import BOOSTED, EXTRA, FOREST, LINEAR, Blend
from faultcast.models.linear import Linear
from faultcast.models.normaliser import values_of

NO_TEXT = np.empty((0, 0), dtype=np.float32)


def sample(rng, rows=200, columns=4, missing=0.0):
    """Numbers with ties and extremes; the first column decides most of the labels."""
    features_NF = np.round(rng.normal(size=(rows, columns)) * 4).astype(np.float32) / 4
    features_NF[rng.random(features_NF.shape) < 0.01] = np.float32(3e38)
    features_NF[rng.random(features_NF.shape) < missing] = np.nan
    labels_N = (np.nan_to_num(features_NF[:, 0]) + rng.normal(size=rows) > 0).astype(int)
    labels_N[:2] = 0, 1
    return features_NF, labels_N


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Boosting on so few rows: threads would wait for each other longer than they work."""
    with threadpool_limits(1, user_api="openmp"):
        yield


@given(
    seed=st.integers(0, 10**6), rows=st.integers(30, 300), trees=st.integers(1, 20), leaves=st.sampled_from([2, 7, 31]),
    missing=st.sampled_from([0.0, 0.3]), weighted=st.booleans(),
)  # fmt: skip
@settings(max_examples=15, deadline=None, derandomize=True)
def test_boosted_trees_have_the_very_bits_of_scikit_learn(seed, rows, trees, leaves, missing, weighted):
    rng = np.random.default_rng(seed)
    features_NF, labels_N = sample(rng, rows, missing=missing)
    boosted = HistGradientBoostingClassifier(
        learning_rate=0.3, max_iter=trees, max_leaf_nodes=leaves, min_samples_leaf=3, random_state=seed
    ).fit(features_NF, labels_N, sample_weight=rng.random(rows) + 0.1 if weighted else None)
    asked = np.concatenate([features_NF, sample(rng, 300, missing=0.3)[0]])
    ours = forest_file.from_files(forest_file.to_files(forest.of_boosted(boosted)), 4)
    for threshold in ours.threshold_M[np.isfinite(ours.threshold_M)][:20]:
        around = [np.nextafter(threshold, np.float32(s)) for s in (-np.inf, np.inf)]
        asked = np.concatenate([asked, *(np.full((1, 4), x, dtype=np.float32) for x in (threshold, *around))])
    assert ours.link == "logit"
    assert np.array_equal(ours.logits(asked, NO_TEXT), boosted.decision_function(asked))


def test_the_mean_of_boosted_trees_is_the_mean_of_their_logits():
    rng = np.random.default_rng(9)
    features_NF, labels_N = sample(rng, 300, missing=0.1)
    runs = [
        HistGradientBoostingClassifier(max_iter=n, max_leaf_nodes=5, random_state=n).fit(features_NF, labels_N)
        for n in (1, 4, 9)
    ]
    nothing = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=999).fit(features_NF, labels_N)
    runs.append(nothing)
    mean = forest.mean_of([forest.of_boosted(run) for run in runs])
    mean = forest_file.from_files(forest_file.to_files(mean), 4)
    asked, _ = sample(rng, 300, missing=0.2)
    expected = np.mean([run.decision_function(asked) for run in runs], axis=0)
    assert mean.margin(asked) == pytest.approx(expected, abs=1e-12)


def test_boosting_that_found_nothing_to_split_is_its_base():
    features_NF, labels_N = np.zeros((40, 2), dtype=np.float32), np.arange(40) % 4 == 0
    boosted = HistGradientBoostingClassifier(max_iter=3).fit(features_NF, labels_N)
    ours = forest.of_boosted(boosted)
    assert len(ours.threshold_M) == 0
    assert np.array_equal(ours.margin(features_NF), boosted.decision_function(features_NF))


def test_extra_trees_have_the_very_bits_of_scikit_learn():
    rng = np.random.default_rng(4)
    features_NF, labels_N = sample(rng, missing=0.1)
    extra = ExtraTreesClassifier(20, min_samples_leaf=3, random_state=1).fit(features_NF, labels_N)
    asked, _ = sample(rng, 500, missing=0.1)
    assert np.array_equal(forest.of_classifier(extra).margin(asked), extra.predict_proba(asked)[:, 1])


def test_what_our_trees_cannot_say_is_refused():
    features_NF, labels_N = sample(np.random.default_rng(1), 300)
    by_kind = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0])
    by_kind.fit(np.abs(np.nan_to_num(features_NF)) % 3, labels_N)
    with pytest.raises(ValueError, match="by categories"):
        forest.of_boosted(by_kind)
    three = HistGradientBoostingClassifier(max_iter=2).fit(features_NF, np.arange(300) % 3)
    with pytest.raises(ValueError, match=r"expected \[0, 1\]"):
        forest.of_boosted(three)


@pytest.fixture(scope="module")
def four():
    """A member of each name, fitted to 200 rows."""
    features_NF, labels_N = sample(np.random.default_rng(2))
    return {
        FOREST: forest.of_classifier(RandomForestClassifier(9, random_state=1).fit(features_NF, labels_N)),
        EXTRA: forest.of_classifier(ExtraTreesClassifier(9, random_state=1).fit(features_NF, labels_N)),
        BOOSTED: forest.of_boosted(HistGradientBoostingClassifier(max_iter=5).fit(features_NF, labels_N)),
        LINEAR: Linear(np.array([0.1, -0.2, 0.3, 1e-17]), -0.4),
    }


def scales(members, features_NF):
    margins = {name: blend.margin(member, features_NF) for name, member in members.items()}
    return {name: (float(found.mean()), float(found.std())) for name, found in margins.items()}


def test_a_blend_is_the_sum_of_its_standardised_members(four):
    features_NF = np.clip(sample(np.random.default_rng(3))[0], -9, 9)
    weights = {FOREST: 0.25, EXTRA: 0.25, BOOSTED: 0.4, LINEAR: 0.1}
    scale = scales(four, features_NF)
    made = blend.of_standardised(four, weights, scale)
    expected = sum(
        weights[name] * (blend.margin(four[name], features_NF) - scale[name][0]) / scale[name][1] for name in four
    )
    assert made.logits(features_NF, NO_TEXT) == pytest.approx(expected, abs=1e-12)
    assert made.logits(features_NF, NO_TEXT).mean() == pytest.approx(0, abs=1e-12)
    # Exactly additive: its score is its intercept and, for each member, the slope times what that member says.
    parts = [slope * blend.margin(member, features_NF) for slope, member in zip(made.slopes, made.members, strict=True)]
    assert made.logits(features_NF, NO_TEXT) == pytest.approx(made.intercept + sum(parts), abs=1e-12)


def test_a_member_that_never_varied_cannot_break_a_blend(four):
    scale = {FOREST: (0.5, 0.0), LINEAR: (0.0, 1.0)}
    two = {name: four[name] for name in scale}
    made = blend.of_standardised(two, dict.fromkeys(two, 0.5), scale)
    assert np.isfinite(made.logits(np.zeros((3, 4), dtype=np.float32), NO_TEXT)).all()


@pytest.mark.parametrize("names", [(FOREST, EXTRA, BOOSTED, LINEAR), (EXTRA, LINEAR), (BOOSTED,), (LINEAR,)])
def test_the_same_bits_after_writing_and_loading(four, names, simple, changes, tmp_path):
    """Through a folder, with digests; and whatever the order in which members were given."""
    members = {name: four[name] for name in reversed(names)}
    made = blend.of_standardised(members, dict.fromkeys(names, 1 / len(names)), dict.fromkeys(names, (0.1, 0.7)))
    files, config = blend.to_files(made, alone=names[0])
    written = models.load(simple).manifest
    columns = written.normaliser.columns[:4]
    narrow = type(written.normaliser)(columns, written.normaliser.typical)
    artifact.write(
        tmp_path / "blend", type(written)(**fields_of(written) | {"config": config, "normaliser": narrow}), files
    )
    loaded = models.load(tmp_path / "blend")
    features_NF = narrow.apply(values_of(changes))
    assert np.array_equal(loaded.scorer.logits(features_NF, NO_TEXT), made.logits(features_NF, NO_TEXT))
    assert isinstance(loaded.scorer, Blend) == (len(names) > 1)
    assert set(loaded.manifest.files) == {blend.FILES[name] for name in names}
    one_by_one = np.concatenate([loaded.scorer.logits(row[None], NO_TEXT) for row in features_NF[:5]])
    assert one_by_one == pytest.approx(made.logits(features_NF, NO_TEXT)[:5], abs=1e-12)


def fields_of(manifest):
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}


@pytest.mark.parametrize(
    ("slopes", "intercept", "said"),
    [
        ({FOREST: 1.0}, 0.0, "manifest's slopes"),  # fewer than there are files
        ({FOREST: 1.0, LINEAR: 1.0, BOOSTED: 1.0}, 0.0, "manifest's slopes"),  # more
        ({FOREST: 1.0, BOOSTED: 1.0}, 0.0, "manifest's slopes"),  # another
        ([1.0, 1.0], 0.0, "manifest's slopes"),
        (None, 0.0, "manifest's slopes"),
        ({FOREST: 1.0, LINEAR: -1.0}, 0.0, "positive slopes"),
        ({FOREST: 1.0, LINEAR: 0.0}, 0.0, "positive slopes"),
        ({FOREST: 1.0, LINEAR: float("nan")}, 0.0, "positive slopes"),
        ({FOREST: float("inf"), LINEAR: 1.0}, 0.0, "positive slopes"),
        ({FOREST: 1.0, LINEAR: "1"}, 0.0, "positive slopes"),
        ({FOREST: 1.0, LINEAR: True}, 0.0, "positive slopes"),
        ({FOREST: 1.0, LINEAR: 1.0}, float("nan"), "positive slopes"),
        ({FOREST: 1.0, LINEAR: 1.0}, None, "positive slopes"),
    ],
)
def test_slopes_that_do_not_fit_the_files_are_refused(four, slopes, intercept, said):
    files = blend.to_files(four[FOREST])[0] | blend.to_files(four[LINEAR], alone=LINEAR)[0]
    with pytest.raises(UnsafeArtifact, match=said):
        blend.from_files(files, {"slopes": slopes, "intercept": intercept}, 4)


def test_files_that_are_no_members_are_refused(four):
    whole, config = blend.to_files(blend.of_standardised(four, dict.fromkeys(four, 1.0), dict.fromkeys(four, (0, 1))))
    assert isinstance(blend.from_files(whole, config, 4), Blend)
    for name in four:
        missing = {file: content for file, content in whole.items() if file != blend.FILES[name]}
        with pytest.raises(UnsafeArtifact, match="manifest's slopes"):
            blend.from_files(missing, config, 4)
    for files in ({}, whole | {"more.safetensors": b""}, {"fifth.safetensors": whole[forest_file.FILE]}):
        with pytest.raises(UnsafeArtifact, match="a file a member"):
            blend.from_files(files, config, 4)
    with pytest.raises(UnsafeArtifact, match="manifest's slopes"):
        blend.from_files({forest_file.FILE: whole[forest_file.FILE]}, config, 4)
    swapped = whole | {blend.FILES[BOOSTED]: whole[blend.FILES[EXTRA]]}
    with pytest.raises(UnsafeArtifact, match=r"boosted.safetensors has the link 'share', expected 'logit'"):
        blend.from_files(swapped, config, 4)
    with pytest.raises(UnsafeArtifact, match="has the link 'logit'"):
        blend.from_files(whole | {blend.FILES[FOREST]: whole[blend.FILES[BOOSTED]]}, config, 4)
    with pytest.raises(UnsafeArtifact, match="points outside itself"):
        blend.from_files(whole, config, 3)  # a model of fewer columns than its trees ask


def test_a_forged_member_in_a_folder_is_refused(simple, four):
    """Whoever can write the folder can write digests too."""
    (simple / "boosted.safetensors").write_bytes(forest_file.to_files(four[BOOSTED])[forest_file.FILE])
    manifest = json.loads((simple / "manifest.json").read_text())
    manifest["files"]["boosted.safetensors"] = hashlib.sha256((simple / "boosted.safetensors").read_bytes()).hexdigest()
    (simple / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UnsafeArtifact, match="manifest's slopes are None"):
        models.load(simple)
