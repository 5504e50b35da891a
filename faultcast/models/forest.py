"""Kind `simple`: a random forest, stored by skops.

skops warns that a tree's arrays are indices that scikit-learn follows unchecked: a forged file could
make it read outside its memory. So tree is the one type trusted beyond skops' defaults, and every
index of every tree is checked before it is used.
"""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
import skops.io
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from skops.io.exceptions import UntrustedTypesFoundException

from faultcast.errors import UnsafeArtifact
from faultcast.models.calibration import logit

FILE = "forest.skops"
_TREE = "sklearn.tree._tree.Tree"
_MAX_EXPANDED = 1 << 30
_NO_NODE = -1


@dataclass(frozen=True, slots=True)
class Forest:
    """Scores by the share of trees' leaves; reads no text."""

    classifier: RandomForestClassifier

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logit of the mean leaf share (float64 array_N)."""
        del text_ND
        return logit(np.asarray(self.classifier.predict_proba(features_NF)[:, 1], dtype=np.float64))


def to_files(classifier: RandomForestClassifier) -> dict[str, bytes]:
    """The artifact's files."""
    return {FILE: skops.io.dumps(classifier, compression=zipfile.ZIP_DEFLATED)}


def from_files(files: dict[str, bytes], num_columns: int) -> Forest:
    """A forest from its files, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: it holds a type that can run code, or trees that point outside themselves.
    """
    if set(files) != {FILE}:
        raise UnsafeArtifact(f"A simple model has the one file {FILE}, found {', '.join(sorted(files)) or 'none'}")
    content = files[FILE]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            expanded = sum(entry.file_size for entry in archive.infolist())
        if expanded > _MAX_EXPANDED:
            raise UnsafeArtifact(f"{FILE} expands to {expanded} bytes, at most {_MAX_EXPANDED} are read")
        classifier = skops.io.loads(content, trusted=[_TREE])
    except UntrustedTypesFoundException as error:
        first_line = str(error).split("\n", 1)[0]
        raise UnsafeArtifact(f"{FILE} refused: {first_line} Only random forests are loaded") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnsafeArtifact(f"{FILE} cannot be read ({error!r}); fetch or train the model again") from error
    if not isinstance(classifier, RandomForestClassifier):
        raise UnsafeArtifact(f"{FILE} holds a {type(classifier).__name__}, expected a RandomForestClassifier")
    _check_trees(classifier, num_columns)
    # One thread: sums in a fixed order give the same risk twice, and one change is answered sooner.
    classifier.n_jobs = 1
    return Forest(classifier)


def _check_trees(classifier: RandomForestClassifier, num_columns: int) -> None:
    """Children lie behind their parent and inside the tree; features inside the input."""
    if getattr(classifier, "n_features_in_", None) != num_columns or list(classifier.classes_) != [0, 1]:
        raise UnsafeArtifact(f"{FILE} was trained on other inputs than its manifest says; train the model again")
    for estimator in classifier.estimators_:
        tree = estimator.tree_
        nodes = np.arange(tree.node_count)
        left, right, feature = tree.children_left, tree.children_right, tree.feature
        is_leaf = left == _NO_NODE
        inner = ~is_leaf
        sound = (
            tree.node_count > 0
            and tree.n_features == num_columns
            and tree.value.shape == (tree.node_count, 1, 2)
            and np.array_equal(is_leaf, right == _NO_NODE)
            and np.all((left > nodes)[inner] & (left < tree.node_count)[inner])
            and np.all((right > nodes)[inner] & (right < tree.node_count)[inner])
            and np.all((feature >= 0)[inner] & (feature < num_columns)[inner])
        )
        if not sound:
            raise UnsafeArtifact(f"{FILE} holds a tree that points outside itself; it was not written by training")
