"""Exact Shapley values of a forest (path-dependent TreeSHAP; Lundberg et al. 2018), in NumPy.

A tree is a sum over its leaves, and a leaf counts where every split on its path holds. For the features S
that are known, a leaf's weight is a product over the features on its path: ``o`` (0 or 1: does this change
pass that feature's splits?) if known, else ``z``, the share of reference rows that do. The Shapley value of
feature i in such a product is an integral of a polynomial (Owen 1972), so that a Gauss-Legendre rule with
half as many points as a path has features gives it exactly::

    integral over t in 0..1 of (o_i - z_i) * product over the other j of (z_j + t * (o_j - z_j))

Every product is carried down the trees and summed up again, all trees a level at a time; a feature's second
split on a path takes back the first one's factor. The cost is nodes times points, whatever the depth.

Shapes: N changes, F input columns, L leaves and E edges (node to child) of all trees together; the
edges of a level stand together, siblings side by side, left first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.models.forest import SHARE, Forest

_LEAST_COVER = 1e-3
"""A leaf that no reference row reached weighs so many rows: no share is 0, so every ratio exists."""
_AT_ONCE = 1 << 17
"""Edges times changes at once: their arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The edges of one depth: `start` is the number of the first; `inner` tells which lead to an inner node."""

    start: int
    stop: int
    inner: NDArray[np.int64]  # numbers of the edges of this level that the next level goes on from


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """A forest and what its reference rows say, ready to be asked. Made by `paths_of`."""

    forest: Forest
    levels: tuple[Level, ...]
    node_E: NDArray[np.int64]  # noqa: N815  the inner node that an edge leaves
    before_E: NDArray[np.int64]  # noqa: N815  the last edge above with the same feature; E where there is none
    share_E: NDArray[np.float64]  # noqa: N815  z: reference rows that pass this feature's splits so far
    leaf_E: NDArray[np.float64]  # noqa: N815  value of the leaf that an edge leads to; 0 for an inner node
    base: float  # what the forest adds up to when nothing is known
    points: int  # of the quadrature


def covers(forest: Forest, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
    """How many of these rows fall into each leaf (float64 array_L)."""
    return np.bincount(forest.leaf_of(features_NF).ravel(), minlength=len(forest.leaves_L)).astype(np.float64)


def paths_of(forest: Forest, cover_L: NDArray[np.float64]) -> Paths:
    """Prepare a forest; `cover_L` says how many (or how heavy) reference rows each leaf has."""
    levels, child_E, node_E = _levels(forest)
    known_L = np.where(cover_L > 0, cover_L, _LEAST_COVER)
    ratio_E = _ratios(levels, child_E, known_L)
    before_E, share_E, reach_E, most = _features_above(forest, levels, node_E, ratio_E)
    is_leaf = child_E < 0
    leaf_E = np.where(is_leaf, forest.leaves_L[~np.minimum(child_E, -1)], 0.0)
    stumps = forest.leaves_L[~forest.roots_R[forest.roots_R < 0]].sum()
    base = forest.base + float(stumps + (leaf_E * reach_E).sum()) / _parts(forest)
    return Paths(forest, levels, node_E, before_E, share_E, leaf_E, base, max(1, -(-most // 2)))


def tree_shares(paths: Paths, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shapley values (float64 array_NF); with `paths.base` they add up to what the forest adds up to.

    That is the mean of the leaves for the link `share`, the logit for the link `logit`.
    """
    found_NF = np.zeros(features_NF.shape)
    if not paths.levels:
        return found_NF
    feature_E = paths.forest.feature_M[paths.node_E]
    order_E = np.argsort(feature_E, kind="stable")
    starts = np.flatnonzero(np.diff(feature_E[order_E], prepend=-1))
    at_once = max(1, _AT_ONCE // len(feature_E))
    for first in range(0, len(features_NF), at_once):
        rows = slice(first, first + at_once)
        gain_EN = _gains(paths, np.asarray(features_NF[rows], dtype=np.float32))
        found_NF[rows, feature_E[order_E[starts]]] = np.add.reduceat(gain_EN[order_E], starts, axis=0).T
    return found_NF / _parts(paths.forest)


def _parts(forest: Forest) -> int:
    """What the sum over all trees is divided by."""
    return len(forest.roots_R) if forest.link == SHARE else 1


def _gains(paths: Paths, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
    """What each edge adds to its feature (array_EN)."""
    passes_EN = _passes(paths, features_NF)
    share_E1 = np.append(paths.share_E, 1.0)[:, None]
    gain_EN = np.zeros((len(paths.node_E), len(features_NF)))
    points, weights = np.polynomial.legendre.leggauss(paths.points)
    for t, weight in zip((points + 1) / 2, weights / 2, strict=True):
        factor_EN = np.where(passes_EN, share_E1 + t * (1 - share_E1), share_E1 * (1 - t))
        # (o - z) / (z + t * (o - z)); where o is 0 it is the same whatever z
        slope_EN = np.where(passes_EN, (1 - share_E1) / (share_E1 + t * (1 - share_E1)), -1 / (1 - t))
        slope_EN[-1] = 0.0
        below_EN = _sums_below(paths, factor_EN)
        gain_EN += weight * below_EN * (slope_EN[:-1] - slope_EN[paths.before_E])
    return gain_EN


def _passes(paths: Paths, features_NF: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether a change passes all splits on the edge's feature down to it (array_EN, one row more: nothing asked)."""
    forest, edges = paths.forest, len(paths.node_E)
    node_H = paths.node_E[::2]  # a node has two edges, side by side
    value_HN = features_NF.T[forest.feature_M[node_H]]
    left_HN = value_HN <= forest.threshold_M[node_H, None]
    left_HN |= np.isnan(value_HN) & forest.missing_left_M[node_H, None]
    passes_EN = np.ones((edges + 1, len(features_NF)), dtype=np.bool_)
    passes_EN[0:edges:2], passes_EN[1:edges:2] = left_HN, ~left_HN
    for level in paths.levels:
        passes_EN[level.start : level.stop] &= passes_EN[paths.before_E[level.start : level.stop]]
    return passes_EN


def _sums_below(paths: Paths, factor_EN: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leaves below each edge, each times the product of the factors on its path (array_EN)."""
    product_EN = factor_EN[:-1] / factor_EN[paths.before_E]
    for above, level in zip(paths.levels, paths.levels[1:], strict=False):
        product_EN[level.start : level.stop] *= np.repeat(product_EN[above.inner], 2, axis=0)
    product_EN *= paths.leaf_E[:, None]
    for above, level in zip(paths.levels[-2::-1], paths.levels[:0:-1], strict=True):
        product_EN[above.inner] = (
            product_EN[level.start : level.stop : 2] + product_EN[level.start + 1 : level.stop : 2]
        )
    return product_EN


def _levels(forest: Forest) -> tuple[tuple[Level, ...], NDArray[np.int64], NDArray[np.int64]]:
    """The levels; where each edge leads (an inner node, or ``~leaf``); the node it leaves."""
    levels: list[Level] = []
    children: list[NDArray[np.int64]] = []
    nodes: list[NDArray[np.int64]] = []
    node = forest.roots_R[forest.roots_R >= 0].astype(np.int64)
    start = 0
    while len(node):
        child = forest.children_M2[node].astype(np.int64).ravel()
        inner = np.flatnonzero(child >= 0)
        levels.append(Level(start, start + len(child), start + inner))
        children.append(child)
        nodes.append(np.repeat(node, 2))
        start, node = start + len(child), child[inner]
    empty = np.empty(0, dtype=np.int64)
    return tuple(levels), np.concatenate([empty, *children]), np.concatenate([empty, *nodes])


def _ratios(levels: tuple[Level, ...], child_E: NDArray[np.int64], cover_L: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the reference rows at an edge's node, the share that takes the edge (array_E)."""
    cover_E = np.where(child_E < 0, cover_L[~np.minimum(child_E, -1)], 0.0)
    for above, level in zip(levels[-2::-1], levels[:0:-1], strict=True):
        cover_E[above.inner] = cover_E[level.start : level.stop].reshape(-1, 2).sum(axis=1)
    return np.asarray(cover_E / np.repeat(cover_E.reshape(-1, 2).sum(axis=1), 2))


def _features_above(
    forest: Forest, levels: tuple[Level, ...], node_E: NDArray[np.int64], ratio_E: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]:
    """For each edge the last one above with its feature, its feature's share, the rows that reach it;
    and the most features on a path."""
    edges = len(node_E)
    before_E = np.full(edges, edges)
    share_E, reach_E, features_E = np.append(ratio_E, 1.0), ratio_E.copy(), np.ones(edges, dtype=np.int64)
    roots = (levels[0].stop - levels[0].start) // 2 if levels else 0
    last_KF = np.full((roots, int(forest.feature_M.max(initial=0)) + 1), edges)  # K nodes of the level
    for depth, level in enumerate(levels):
        own = np.arange(level.start, level.stop)
        feature = forest.feature_M[node_E[own]]
        last_KF = np.repeat(last_KF, 2, axis=0)
        before_E[own] = last_KF[np.arange(len(own)), feature]
        last_KF[np.arange(len(own)), feature] = own
        share_E[own] *= share_E[before_E[own]]
        if depth:
            above = np.repeat(levels[depth - 1].inner, 2)
            reach_E[own] *= reach_E[above]
            features_E[own] = features_E[above] + (before_E[own] == edges)
        last_KF = last_KF[level.inner - level.start]
    return before_E, share_E[:-1], reach_E, int(features_E.max(initial=1))
