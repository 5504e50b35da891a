"""Shapley values: by the definition (every order of learning the features), beside `shap`, and adding up."""

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
import shap
from hypothesis import given, settings, strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from faultcast import models
from faultcast.models import forest
from faultcast.models.attributions import LOG_ODDS, SCORE, VOTES, attribute
from faultcast.models.blend import Blend
from faultcast.models.forest import LOGIT, Forest
from faultcast.models.linear import Linear
from faultcast.models.normaliser import values_of
from faultcast.models.tree_shares import covers, paths_of, tree_shares

COLUMNS = 5


def fitted(seed, rows=150, leaf=2, depth=None):
    rng = np.random.default_rng(seed)
    features_NF = np.round(rng.normal(size=(rows, COLUMNS)), 1).astype(np.float32)
    features_NF[rng.random(features_NF.shape) < 0.1] = np.nan
    labels_N = (np.nan_to_num(features_NF[:, 0] * features_NF[:, 1]) + rng.normal(size=rows) > 0).astype(int)
    classifier = RandomForestClassifier(
        6, min_samples_leaf=leaf, max_depth=depth, class_weight="balanced", random_state=seed
    ).fit(features_NF, labels_N)
    return classifier, features_NF


def given_covers(classifier):
    """The weights that scikit-learn kept of its leaves, in our order."""
    trees = [one.tree_ for one in classifier.estimators_]
    return np.concatenate([tree.weighted_n_node_samples[tree.children_left < 0] for tree in trees])


def expectation(forest_, cover_L, row_F, known):
    """The forest when only the features `known` are: other splits send a change both ways, by the covers."""

    def weight(node):
        return cover_L[~node] if node < 0 else sum(weight(child) for child in forest_.children_M2[node])

    def value(node):
        if node < 0:
            return forest_.leaves_L[~node]
        left, right = forest_.children_M2[node]
        x = row_F[forest_.feature_M[node]]
        if forest_.feature_M[node] in known:
            goes_left = forest_.missing_left_M[node] if np.isnan(x) else x <= forest_.threshold_M[node]
            return value(left if goes_left else right)
        return (weight(left) * value(left) + weight(right) * value(right)) / weight(node)

    return sum(value(root) for root in forest_.roots_R) / len(forest_.roots_R)


def by_definition(forest_, cover_L, row_F):
    found = np.zeros(COLUMNS)
    for feature in range(COLUMNS):
        others = [other for other in range(COLUMNS) if other != feature]
        for size in range(COLUMNS):
            for known in combinations(others, size):
                gain = expectation(forest_, cover_L, row_F, {*known, feature}) - expectation(
                    forest_, cover_L, row_F, set(known)
                )
                found[feature] += gain / COLUMNS / comb(COLUMNS - 1, size)
    return found


@pytest.mark.parametrize("depth", [1, 3, None])
def test_they_are_what_shapley_defined(depth):
    """Deep trees ask the same feature several times on a path."""
    classifier, features_NF = fitted(3, rows=60, depth=depth)
    ours, cover_L = forest.of_classifier(classifier), given_covers(classifier)
    paths = paths_of(ours, cover_L)
    expected_NF = [by_definition(ours, cover_L, row_F) for row_F in features_NF[:4]]
    assert tree_shares(paths, features_NF[:4]) == pytest.approx(np.array(expected_NF), abs=1e-12)
    assert paths.base == pytest.approx(expectation(ours, cover_L, features_NF[0], set()), abs=1e-12)


def test_a_forest_agrees_with_shap():
    classifier, features_NF = fitted(5, rows=400)
    features_NF = np.nan_to_num(features_NF)  # shap asks no missing value of a forest
    classifier.fit(features_NF, features_NF[:, 0] + features_NF[:, 1] > 0)
    classifier.classes_ = np.array([0, 1])
    paths = paths_of(forest.of_classifier(classifier), given_covers(classifier))
    explainer = shap.TreeExplainer(classifier, feature_perturbation="tree_path_dependent")
    assert np.abs(tree_shares(paths, features_NF) - explainer.shap_values(features_NF)[..., 1]).max() < 1e-6
    assert paths.base == pytest.approx(explainer.expected_value[1], abs=1e-6)


@given(seed=st.integers(0, 10**6), rows=st.integers(8, 120), leaf=st.integers(1, 20), boosted=st.booleans())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_they_add_up_whatever_the_trees_and_the_reference(seed, rows, leaf, boosted):
    """Also with reference rows that leave most leaves empty, with stumps, and on the scale of log-odds."""
    classifier, features_NF = fitted(seed, rows, leaf)
    ours = forest.of_classifier(classifier)
    if boosted:
        ours = replace(ours, link=LOGIT, base=-1.5, leaves_L=ours.leaves_L * 4 - 2)
    paths = paths_of(ours, covers(ours, features_NF[:3]))
    asked_NF = np.random.default_rng(seed).normal(size=(20, COLUMNS)).astype(np.float32)
    margin_N = ours.total(asked_NF) / (1 if boosted else len(ours.roots_R))
    assert np.abs(tree_shares(paths, asked_NF).sum(axis=1) + paths.base - margin_N).max() < 1e-9


def test_the_base_is_the_mean_over_the_reference_rows():
    classifier, features_NF = fitted(8)
    ours = forest.of_classifier(classifier)
    paths = paths_of(ours, covers(ours, features_NF))
    assert paths.base == pytest.approx(float(ours.total(features_NF).mean()) / 6, abs=1e-12)


def test_trees_without_a_split_attribute_nothing():
    none = np.empty(0)
    bare = Forest(
        np.array([-1, -2], np.int32), none.astype(np.int32), none.astype(np.float32), np.empty((0, 2), np.int32),
        none.astype(bool), np.array([0.2, 0.4]),
    )  # fmt: skip
    paths = paths_of(bare, np.ones(2))
    assert paths.base == pytest.approx(0.3)
    assert not tree_shares(paths, np.zeros((3, 2), np.float32)).any()


def test_a_models_attributions_are_told_by_feature(changes, simple):
    """Two input columns of one feature, its value and that it is missing, are one attribution."""
    model, values_NC = models.load(simple), values_of(changes)
    found = attribute(model, values_NC[:30], values_NC)
    assert found is not None
    assert (found.features, found.unit) == (model.uses, VOTES)
    assert np.abs(found.effects_NU.sum(axis=1) + found.base - found.margin_N).max() < 1e-9
    assert next(iter(found.importance())) == "lines_added"


def test_a_regression_in_closed_form(changes, simple):
    model, values_NC = models.load(simple), values_of(changes)
    columns = len(model.normaliser.columns)
    linear = Linear(np.random.default_rng(1).normal(size=columns), bias=-0.7)
    found = attribute(replace(model, scorer=linear), values_NC[:30], values_NC)
    assert found is not None
    assert found.unit == LOG_ODDS
    assert np.abs(found.effects_NU.sum(axis=1) + found.base - found.margin_N).max() < 1e-9
    features_NF = model.normaliser.apply(values_NC).astype(np.float64)
    usual = shap.maskers.Independent(features_NF, max_samples=len(features_NF))
    theirs = shap.LinearExplainer((linear.weights_F, linear.bias), usual)
    assert found.effects_NU == pytest.approx(theirs.shap_values(features_NF[:30]), abs=1e-9)


def test_a_blend_is_the_weighted_sum_of_its_members(changes, simple):
    model, values_NC = models.load(simple), values_of(changes)
    linear = Linear(np.random.default_rng(1).normal(size=len(model.normaliser.columns)), bias=-0.7)
    boosted = replace(model.scorer, link=LOGIT, base=0.3)
    members = (model.scorer, boosted, linear)
    blend = Blend(("forest", "boosted", "linear"), members, (3.0, 0.5, 0.25), -1.0)
    found = attribute(replace(model, scorer=blend), values_NC[:30], values_NC)
    assert found is not None
    assert found.unit == SCORE
    assert np.abs(found.effects_NU.sum(axis=1) + found.base - found.margin_N).max() < 1e-9
    alone = [attribute(replace(model, scorer=member), values_NC[:30], values_NC) for member in members]
    expected_NU = sum(slope * one.effects_NU for slope, one in zip(blend.slopes, alone, strict=True))
    assert found.effects_NU == pytest.approx(expected_NU, abs=1e-12)


def test_what_reads_text_has_none(changes, hybrid_folder):
    values_NC = values_of(changes)
    assert attribute(models.load(hybrid_folder), values_NC[:2], values_NC) is None


def test_boosted_trees_agree_with_shap():
    rng = np.random.default_rng(2)
    features_NF = rng.normal(size=(400, COLUMNS)).astype(np.float32)
    labels_N = (features_NF[:, 0] * features_NF[:, 1] > 0).astype(int)
    boosted = HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=9, random_state=0).fit(features_NF, labels_N)
    grown = [predictor.nodes for (predictor,) in boosted._predictors]
    cover_L = np.concatenate([nodes["count"][nodes["is_leaf"] > 0] for nodes in grown]).astype(float)
    paths = paths_of(forest.of_boosted(boosted), cover_L)
    explainer = shap.TreeExplainer(boosted, feature_perturbation="tree_path_dependent")
    assert np.abs(tree_shares(paths, features_NF) - explainer.shap_values(features_NF)).max() < 1e-6
