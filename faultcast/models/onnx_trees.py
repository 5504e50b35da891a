"""Kinds `simple` and `incremental` as one ONNX graph: all trees of all members in one operator, all in float64.

    features_NF -> Cast -> TreeEnsemble --+--> Add -> Squeeze -> logits_N
                        -> MatMul --------+

A blend is a weighted sum of sums over trees, so its members' leaves, each times its slope, stand in a single
ensemble. Thresholds are float32 that were widened, as the inputs are: a change takes the very branch that
it takes in `forest`. Leaves are added in float64; only the order of the sum differs (about 1e-15).
A forest that stands alone says a share of votes, whose logit is then taken.

Shapes: N changes, F input columns, M inner nodes, L leaves.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact
from faultcast.models.blend import Blend, Member
from faultcast.models.forest import SHARE, Forest
from faultcast.models.linear import Linear
from faultcast.models.onnx_graph import ML, Attribute, Graph, Node, Port, check_same

_EDGE = 1e-3
"""As `calibration.logit`: shares are kept this far from certainty."""
_MOST_NODES = 1 << 24
_ENSEMBLE = {"n_targets": 1, "aggregate_function": 1, "post_transform": 0}
"""One number a change, the sum of its leaves, as it is."""
_NODE_LISTS = (
    "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_trueleafs", "nodes_falseleafs",
    "nodes_missing_value_tracks_true",
)  # fmt: skip
_DOUBLE = np.dtype(np.float64)


def graph_of(scorer: Blend | Member, num_columns: int) -> Graph:
    """The graph of a scorer that reads no text."""
    members = scorer.members if isinstance(scorer, Blend) else (scorer,)
    slopes = scorer.slopes if isinstance(scorer, Blend) else (1.0,)
    intercept = scorer.intercept if isinstance(scorer, Blend) else 0.0
    forests: list[tuple[Forest, float]] = []
    weights_F: NDArray[np.float64] | None = None
    for member, slope in zip(members, slopes, strict=True):
        if isinstance(member, Linear):
            weights_F, intercept = slope * member.weights_F, intercept + slope * member.bias
            continue
        factor = slope / len(member.roots_R) if member.link == SHARE else slope
        # A tree of one leaf asks nothing: it is part of the intercept.
        intercept += factor * (member.base + float(member.leaves_L[~member.roots_R[member.roots_R < 0]].sum()))
        if len(member.threshold_M):
            forests.append((member, factor))
    is_share = isinstance(scorer, Forest) and scorer.link == SHARE
    return _graph(_ensemble(forests) if forests else None, weights_F, intercept, num_columns, is_share=is_share)


def check(name: str, found: Graph, num_columns: int) -> None:
    """Refuse a graph that `graph_of` does not make, or trees that point outside themselves.

    Raises:
        UnsafeArtifact: names what is wrong.
    """
    ensemble = next((node.attributes for node in found.nodes if node.op == "TreeEnsemble"), None)
    weights_F1 = found.tensors.get("weights")
    weights_F = None if weights_F1 is None else np.zeros(num_columns)
    is_share = any(node.op == "Log" for node in found.nodes)
    check_same(name, found, _graph(ensemble, weights_F, 0.0, num_columns, is_share=is_share))
    numbers = [value for value in found.tensors.values() if value.dtype == _DOUBLE]
    if not all(np.isfinite(value).all() for value in numbers):
        raise UnsafeArtifact(f"{name} holds numbers that are none; it was not written by training")
    if ensemble is not None and not _is_sound(ensemble, num_columns):
        raise UnsafeArtifact(f"{name} holds a tree that points outside itself; it was not written by training")


def _graph(
    ensemble: Mapping[str, Attribute] | None,
    weights_F: NDArray[np.float64] | None,
    intercept: float,
    num_columns: int,
    *,
    is_share: bool,
) -> Graph:
    nodes = [Node("Cast", ("features",), ("exact",), {"to": 11})]
    tensors: dict[str, NDArray[Any]] = {"intercept": np.array([[intercept]]), "last_axis": np.array([1])}
    sums: list[str] = ["intercept"]
    if weights_F is not None:
        tensors["weights"] = weights_F.reshape(-1, 1)
        nodes.append(Node("MatMul", ("exact", "weights"), ("linear",)))
        sums.append("linear")
    if ensemble is not None:
        nodes.append(Node("TreeEnsemble", ("exact",), ("trees",), ensemble, ML))
        sums.append("trees")
    if len(sums) == 1:  # nothing was learnt from: every change scores alike, and still a score each
        tensors["weights"] = np.zeros((num_columns, 1))
        nodes.append(Node("MatMul", ("exact", "weights"), ("linear",)))
        sums.append("linear")
    for i, term in enumerate(sums[1:]):
        nodes.append(Node("Add", (sums[0] if i == 0 else f"sum{i - 1}", term), (f"sum{i}",)))
    nodes.append(Node("Squeeze", (nodes[-1].outputs[0], "last_axis"), ("share" if is_share else "logits",)))
    if is_share:
        tensors |= {"low": np.array(_EDGE), "high": np.array(1.0 - _EDGE), "one": np.array(1.0)}
        nodes += [
            Node("Clip", ("share", "low", "high"), ("inside",)),
            Node("Sub", ("one", "inside"), ("against",)),
            Node("Div", ("inside", "against"), ("odds",)),
            Node("Log", ("odds",), ("logits",)),
        ]
    return Graph(
        tuple(nodes),
        tensors,
        {"features": Port(np.dtype(np.float32), ("N", num_columns))},
        {"logits": Port(_DOUBLE, ("N",))},
    )


def _ensemble(forests: list[tuple[Forest, float]]) -> dict[str, Attribute]:
    """All trees with an inner node, as the attributes of one TreeEnsemble."""
    nodes, leaves = 0, 0
    lists: dict[str, list[NDArray[np.int64]]] = {name: [] for name in (*_NODE_LISTS, "tree_roots")}
    for forest, _ in forests:
        is_leaf = forest.children_M2 < 0
        ids = np.where(is_leaf, ~forest.children_M2 + leaves, forest.children_M2 + nodes).astype(np.int64)
        lists["nodes_featureids"].append(forest.feature_M.astype(np.int64))
        lists["nodes_truenodeids"].append(ids[:, 0])
        lists["nodes_falsenodeids"].append(ids[:, 1])
        lists["nodes_trueleafs"].append(is_leaf[:, 0].astype(np.int64))
        lists["nodes_falseleafs"].append(is_leaf[:, 1].astype(np.int64))
        lists["nodes_missing_value_tracks_true"].append(forest.missing_left_M.astype(np.int64))
        lists["tree_roots"].append(forest.roots_R[forest.roots_R >= 0].astype(np.int64) + nodes)
        nodes, leaves = nodes + len(forest.threshold_M), leaves + len(forest.leaves_L)
    joined: dict[str, Attribute] = {name: tuple(np.concatenate(parts).tolist()) for name, parts in lists.items()}
    return {
        **_ENSEMBLE,
        **joined,
        "leaf_targetids": (0,) * leaves,
        "leaf_weights": np.concatenate([factor * forest.leaves_L for forest, factor in forests]),
        "nodes_modes": np.zeros(nodes, dtype=np.uint8),  # BRANCH_LEQ: true where not above the threshold
        "nodes_splits": np.concatenate([forest.threshold_M for forest, _ in forests]).astype(np.float64),
    }


def _is_sound(ensemble: Mapping[str, Attribute], num_columns: int) -> bool:
    """Each node and leaf but the roots is the child of at most one node, which stands before it: no cycle."""
    expected = {*_ENSEMBLE, *_NODE_LISTS, "tree_roots", "leaf_targetids", "leaf_weights", "nodes_modes", "nodes_splits"}
    if set(ensemble) != expected or any(ensemble[name] != value for name, value in _ENSEMBLE.items()):
        return False
    weights_L, modes_M, splits_M = (ensemble[name] for name in ("leaf_weights", "nodes_modes", "nodes_splits"))
    if not all(isinstance(one, np.ndarray) and one.ndim == 1 for one in (weights_L, modes_M, splits_M)):
        return False
    if not all(isinstance(ensemble[name], tuple) for name in (*_NODE_LISTS, "tree_roots", "leaf_targetids")):
        return False
    listed = {name: np.array(ensemble[name], dtype=np.int64) for name in (*_NODE_LISTS, "tree_roots", "leaf_targetids")}
    inner, leaves = len(np.asarray(splits_M)), len(np.asarray(weights_L))
    return (
        0 < inner <= _MOST_NODES
        and np.asarray(modes_M).shape == (inner,)
        and all(len(listed[name]) == inner for name in _NODE_LISTS)
        and len(listed["leaf_targetids"]) == leaves
        and _are_numbers(np.asarray(weights_L), np.asarray(splits_M), np.asarray(modes_M))
        and _are_trees(listed, inner, leaves, num_columns)
    )


def _are_numbers(weights_L: NDArray[Any], splits_M: NDArray[Any], modes_M: NDArray[Any]) -> bool:
    return bool(
        weights_L.dtype == splits_M.dtype == _DOUBLE
        and np.isfinite(weights_L).all()
        and not np.isnan(splits_M).any()
        and modes_M.dtype == np.uint8
        and not modes_M.any()
    )


def _are_trees(listed: Mapping[str, NDArray[np.int64]], inner: int, leaves: int, num_columns: int) -> bool:
    flags = ("nodes_trueleafs", "nodes_falseleafs", "nodes_missing_value_tracks_true")
    bits = all(bool(np.isin(listed[name], (0, 1)).all()) for name in flags)
    features, roots = listed["nodes_featureids"], listed["tree_roots"]
    if not (bits and len(roots) and bool(((features >= 0) & (features < num_columns)).all())):
        return False
    child = np.concatenate([listed["nodes_truenodeids"], listed["nodes_falsenodeids"]])
    is_leaf = np.concatenate([listed["nodes_trueleafs"], listed["nodes_falseleafs"]]) == 1
    parent = np.tile(np.arange(inner), 2)
    if bool(((child < 0) | (child >= np.where(is_leaf, leaves, inner)) | (~is_leaf & (child <= parent))).any()):
        return False
    if bool(((roots < 0) | (roots >= inner)).any()):
        return False
    nodes_once = np.bincount(np.concatenate([child[~is_leaf], roots]), minlength=inner) == 1
    leaves_once = np.bincount(child[is_leaf], minlength=leaves) <= 1  # a tree of one leaf is in the intercept
    return bool(nodes_once.all() and leaves_once.all() and not listed["leaf_targetids"].any())
