"""A forest's file, such as `forest.safetensors`: plain arrays, every index checked before it is followed."""

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from faultcast.errors import UnsafeArtifact
from faultcast.models.forest import LOGIT, SHARE, Forest
from faultcast.models.tensors import read_header

FILE = "forest.safetensors"
_MOST_TREES = 10_000
_DTYPES = {"roots": "I32", "feature": "I32", "threshold": "F32", "children": "I32", "missing_left": "BOOL",
           "leaves": "F64", "base": "F64"}  # fmt: skip


def to_files(forest: Forest, name: str = FILE) -> dict[str, bytes]:
    """The artifact's file."""
    arrays = {
        "roots": forest.roots_R,
        "feature": forest.feature_M,
        "threshold": forest.threshold_M,
        "children": forest.children_M2,
        "missing_left": forest.missing_left_M,
        "leaves": forest.leaves_L,
        "base": np.array([forest.base]),
    }
    return {name: safetensors.numpy.save(arrays, metadata={"link": forest.link})}


def from_files(files: dict[str, bytes], num_columns: int, name: str = FILE) -> Forest:
    """A forest from its file `name`, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: other arrays than a forest's, or trees that point outside themselves.
    """
    if set(files) != {name}:
        raise UnsafeArtifact(f"A forest has the one file {name}, found {', '.join(sorted(files)) or 'none'}")
    header = read_header(name, files[name])
    about = header.pop("__metadata__", {})
    found = {key: entry.get("dtype") if isinstance(entry, dict) else None for key, entry in header.items()}
    if found != _DTYPES:
        raise UnsafeArtifact(f"{name} holds {found}, expected {_DTYPES}; train the model again")
    try:
        arrays = safetensors.numpy.load(files[name])
    except (SafetensorError, ValueError) as error:
        raise UnsafeArtifact(f"{name} cannot be read ({error}); fetch or train the model again") from error
    if arrays["base"].shape != (1,):
        raise UnsafeArtifact(f"{name} has a base of shape {arrays['base'].shape}, expected (1,)")
    forest = Forest(
        arrays["roots"], arrays["feature"], arrays["threshold"], arrays["children"], arrays["missing_left"],
        arrays["leaves"], float(arrays["base"][0]), about.get("link", "") if isinstance(about, dict) else "",
    )  # fmt: skip
    if not (_has_shapes(forest) and _is_forest(forest, num_columns) and _has_values(forest)):
        raise UnsafeArtifact(f"{name} holds a tree that points outside itself; it was not written by training")
    return forest


def _has_shapes(forest: Forest) -> bool:
    inner, trees = len(forest.threshold_M), len(forest.roots_R)
    return (
        forest.roots_R.ndim == forest.threshold_M.ndim == forest.leaves_L.ndim == 1
        and 0 < trees <= _MOST_TREES
        and forest.feature_M.shape == forest.missing_left_M.shape == (inner,)
        and forest.children_M2.shape == (inner, 2)
        and len(forest.leaves_L) == inner + trees
    )


def _is_forest(forest: Forest, num_columns: int) -> bool:
    """Every node but the roots is the child of exactly one, which stands before it: no cycle, nothing shared."""
    inner, leaves = len(forest.threshold_M), len(forest.leaves_L)
    named = np.concatenate([forest.roots_R, forest.children_M2.ravel()]).astype(np.int64)
    if np.any((named >= inner) | (~named >= leaves)):
        return False
    behind = (forest.children_M2 < 0) | (forest.children_M2 > np.arange(inner)[:, None])
    once = np.bincount(named + leaves, minlength=leaves + inner) == 1
    inside = (forest.feature_M >= 0) & (forest.feature_M < num_columns)
    return bool(behind.all() and once.all() and inside.all())


def _has_values(forest: Forest) -> bool:
    sound = bool(not np.isnan(forest.threshold_M).any() and np.isfinite(forest.leaves_L).all())
    if forest.link == SHARE:
        return sound and forest.base == 0.0 and bool(np.all((forest.leaves_L >= 0) & (forest.leaves_L <= 1)))
    return sound and forest.link == LOGIT and bool(np.isfinite(forest.base))
