"""Kind `simple`: trees as plain arrays, evaluated in NumPy (`forest_file` keeps them).

Shapes: N changes, F input columns, R trees, M inner nodes and L leaves of all trees together.

A child >= 0 is the inner node of that number, a child < 0 the leaf ``~child``. Inputs are float32, so a
threshold is kept as the largest float32 that is not above it: ``x <= threshold`` stays exactly as it was.
With that, and with leaves added up in the order of the trees, a forest gives the very bits that
scikit-learn's `predict_proba` (or `decision_function`) gives, at a hundredth of its import.

Two links say what the leaves add up to: `share`, their mean is a probability (random forests);
`logit`, `base` and their sum are a logit (boosted trees).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faultcast.models.calibration import logit

SHARE, LOGIT = "share", "logit"
_AT_ONCE = 1 << 15
"""Walks (a change through a tree) at once: their arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Scores by the leaves that a change falls into; reads no text."""

    roots_R: NDArray[np.int32]  # noqa: N815
    feature_M: NDArray[np.int32]  # noqa: N815
    threshold_M: NDArray[np.float32]  # noqa: N815
    children_M2: NDArray[np.int32]  # noqa: N815  left (not above the threshold), right
    missing_left_M: NDArray[np.bool_]  # noqa: N815
    leaves_L: NDArray[np.float64]  # noqa: N815
    base: float = 0.0
    link: str = SHARE

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        del text_ND
        margin_N = self.margin(features_NF)
        return logit(margin_N) if self.link == SHARE else margin_N

    def margin(self, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the trees add up to (float64 array_N): the mean share, or the logit."""
        total_N = self.total(features_NF)
        return total_N / len(self.roots_R) if self.link == SHARE else total_N

    def total(self, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
        """`base` and each tree's leaf, added in the order of the trees (float64 array_N)."""
        total_N = np.full(len(features_NF), self.base)
        rows = max(1, _AT_ONCE // len(self.roots_R))
        for first in range(0, len(features_NF), rows):
            part = slice(first, first + rows)
            for leaf_N in self.leaves_L[self.leaf_of(np.ascontiguousarray(features_NF[part], dtype=np.float32))]:
                total_N[part] += leaf_N
        return total_N

    def leaf_of(self, features_NF: NDArray[np.float32]) -> NDArray[np.int32]:
        """The leaf of each change in each tree (array_RN): all walks take a step at a time."""
        rows, columns = features_NF.shape
        features = features_NF.ravel()
        children = self.children_M2.ravel()
        any_missing = bool(np.isnan(features).any())
        at = np.repeat(self.roots_R, rows)
        walking = np.flatnonzero(at >= 0)
        node = at[walking]
        row = np.tile(np.arange(rows) * columns, len(self.roots_R))[walking]
        while len(walking):
            value = features[row + self.feature_M[node]]
            goes_right = ~(value <= self.threshold_M[node])
            if any_missing:
                goes_right &= ~(np.isnan(value) & self.missing_left_M[node])
            node = children[2 * node + goes_right]
            at[walking] = node
            on = node >= 0
            walking, node, row = walking[on], node[on], row[on]
        return ~at.reshape(len(self.roots_R), rows)


def of_classifier(classifier: Any) -> Forest:
    """The forest of a fitted scikit-learn `RandomForestClassifier` or `ExtraTreesClassifier` for the classes 0 and 1.

    Raises:
        ValueError: it knows other classes.
    """
    _check_classes(classifier)
    grown = (estimator.tree_ for estimator in classifier.estimators_)
    return _forest([
        _Tree(
            tree.children_left < 0, tree.children_left, tree.children_right, tree.feature, tree.threshold,
            tree.missing_go_to_left, tree.value[:, 0, 1],
        ) for tree in grown
    ], 0.0, SHARE)  # fmt: skip


def of_boosted(classifier: Any) -> Forest:
    """The forest of a fitted scikit-learn `HistGradientBoostingClassifier` for the classes 0 and 1.

    Given the same float32 inputs its `margin` has the very bits of `decision_function`.

    Raises:
        ValueError: it knows other classes, or splits by categories.
    """
    _check_classes(classifier)
    grown = [predictor.nodes for (predictor,) in classifier._predictors]  # noqa: SLF001  kept nowhere else
    if any(nodes["is_categorical"].any() for nodes in grown):
        raise ValueError("found a split by categories, expected splits by thresholds alone")
    trees = [
        _Tree(
            nodes["is_leaf"] > 0, nodes["left"].astype(np.int64), nodes["right"].astype(np.int64),
            nodes["feature_idx"], nodes["num_threshold"], nodes["missing_go_to_left"], nodes["value"],
        ) for nodes in grown
    ]  # fmt: skip
    return _forest(trees, float(classifier._baseline_prediction.item()), LOGIT)  # noqa: SLF001


def mean_of(boosted: Sequence[Forest]) -> Forest:
    """Boosted trees whose logit is the mean of several; at least one, of the link `logit`."""
    inner = np.cumsum([0, *(len(one.threshold_M) for one in boosted)])
    leaves = np.cumsum([0, *(len(one.leaves_L) for one in boosted)])

    def moved(names: NDArray[np.int32], which: int) -> NDArray[np.int32]:
        return np.asarray(np.where(names < 0, names - leaves[which], names + inner[which]), dtype=np.int32)

    return Forest(
        roots_R=np.concatenate([moved(one.roots_R, i) for i, one in enumerate(boosted)]),
        feature_M=np.concatenate([one.feature_M for one in boosted]),
        threshold_M=np.concatenate([one.threshold_M for one in boosted]),
        children_M2=np.concatenate([moved(one.children_M2, i) for i, one in enumerate(boosted)]),
        missing_left_M=np.concatenate([one.missing_left_M for one in boosted]),
        leaves_L=np.concatenate([one.leaves_L for one in boosted]) / len(boosted),
        base=sum(one.base for one in boosted) / len(boosted),
        link=LOGIT,
    )


class _Tree(NamedTuple):
    """A tree as scikit-learn numbers its nodes, parents first; what a leaf holds of a split is never read."""

    is_leaf: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.uint8]
    value: NDArray[np.float64]


def _forest(trees: list[_Tree], base: float, link: str) -> Forest:
    names: list[NDArray[np.int32]] = []  # scikit-learn's number of a node -> ours
    inner = leaves = 0
    for tree in trees:
        leaf = tree.is_leaf
        names.append(np.where(leaf, ~(leaves + np.cumsum(leaf) - 1), inner + np.cumsum(~leaf) - 1).astype(np.int32))
        inner, leaves = inner + int((~leaf).sum()), leaves + int(leaf.sum())
    inside = [(tree, name, ~tree.is_leaf) for tree, name in zip(trees, names, strict=True)]
    children = [np.stack([name[tree.left[own]], name[tree.right[own]]], axis=1) for tree, name, own in inside]
    return Forest(
        roots_R=np.array([name[0] for name in names], dtype=np.int32),
        feature_M=np.concatenate([tree.feature[own] for tree, _, own in inside]).astype(np.int32),
        threshold_M=_not_above(np.concatenate([tree.threshold[own] for tree, _, own in inside])),
        children_M2=np.concatenate(children),
        missing_left_M=np.concatenate([tree.missing_left[own] for tree, _, own in inside]).astype(np.bool_),
        leaves_L=np.concatenate([tree.value[tree.is_leaf] for tree in trees]),
        base=base,
        link=link,
    )


def _check_classes(classifier: Any) -> None:
    if list(classifier.classes_) != [0, 1]:
        raise ValueError(f"found the classes {list(classifier.classes_)}, expected [0, 1]")


def _not_above(exact_M: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each number."""
    with np.errstate(over="ignore"):
        near_M = exact_M.astype(np.float32)
    return np.where(near_M > exact_M, np.nextafter(near_M, np.float32(-np.inf)), near_M)
