"""Kind `simple`: a random forest over the features (Breiman 2001).

The smallest leaf decides how much a forest smooths, and the best one differs by project, so it is
chosen on an inner split by time: fitted on the first three quarters of the training rows, compared by
average precision on the last quarter. Then all training rows are fitted with more trees.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score

from faultcast.models.forest import of_classifier
from faultcast.models.forest_file import to_files
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser
from faultcast.training.finish import Learnt, finish
from faultcast.training.rows import Report, TrainingData, silent

TREES = 300
LEAVES = (2, 5, 10, 20, 40)
_TRIAL_TREES = 80
_DEFAULT_LEAF = 5
_FEWEST_TO_COMPARE = 8


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    trees: int = TREES
    leaf: int = 0  # smallest leaf; 0: chosen by time


def train_simple(
    data: TrainingData, output: Path, seed: int, *, options: Options | None = None, report: Report = silent
) -> Manifest:
    """Fit, calibrate and write the artifact to `output`."""
    normaliser = fit_normaliser(data.train.values_NC)
    features_NF = normaliser.apply(data.train.values_NC)
    options = options or Options()
    leaf = options.leaf or choose_leaf(features_NF, data.train.labels_N, data.train.weights_N, seed, report)
    report({"event": "fit", "model": "simple", "trees": options.trees, "min_samples_leaf": leaf})
    scorer = of_classifier(
        fit_forest(features_NF, data.train.labels_N, data.train.weights_N, seed=seed, leaf=leaf, trees=options.trees)
    )
    validation_NF = normaliser.apply(data.validation.values_NC)
    logits_N = scorer.logits(validation_NF, scorer.read(data.validation.texts))
    learnt = Learnt("simple", to_files(scorer), {"trees": options.trees, "min_samples_leaf": leaf}, normaliser)
    manifest = finish(output, data, learnt, logits_N, seed)
    report({"event": "done", "model": "simple", **manifest.metrics})
    return manifest


def choose_leaf(
    features_NF: NDArray[np.float32],
    labels_N: NDArray[np.float64],
    weights_N: NDArray[np.float64],
    seed: int,
    report: Report = silent,
) -> int:
    """The leaf size that forecasts the last quarter of the rows best; a middling one when too few are inducing."""
    cut = len(labels_N) * 3 // 4
    inducing = labels_N[:cut].sum(), labels_N[cut:].sum()
    if min(inducing) < _FEWEST_TO_COMPARE or labels_N[cut:].all() or labels_N[:cut].all():
        return _DEFAULT_LEAF
    found: dict[int, float] = {}
    for leaf in LEAVES:
        forest = fit_forest(
            features_NF[:cut], labels_N[:cut], weights_N[:cut], seed=seed, leaf=leaf, trees=_TRIAL_TREES
        )
        share_N = forest.predict_proba(features_NF[cut:])[:, 1]
        found[leaf] = float(average_precision_score(labels_N[cut:], share_N))
        report({"event": "trial", "model": "simple", "min_samples_leaf": leaf, "average_precision": found[leaf]})
    return max(found, key=lambda leaf: (round(found[leaf], 6), leaf))


def fit_forest(
    features_NF: NDArray[np.float32],
    labels_N: NDArray[np.float64],
    weights_N: NDArray[np.float64],
    *,
    seed: int,
    leaf: int,
    trees: int,
) -> RandomForestClassifier:
    """Both classes weigh the same in total; within a class rows weigh by their label's confidence."""
    forest = RandomForestClassifier(
        n_estimators=trees,
        min_samples_leaf=leaf,
        max_features="sqrt",
        class_weight="balanced",
        random_state=seed,
        n_jobs=2,
    )
    return forest.fit(features_NF, labels_N.astype(np.int64), sample_weight=weights_N)
