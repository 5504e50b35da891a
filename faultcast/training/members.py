"""What kind `simple` can be made of: each member's fit, ending in what serves without scikit-learn.

Shapes: N changes, F input columns.

* forest: a random forest (Breiman 2001).
* extra: extremely randomised trees (Geurts et al. 2006); smoother, and hurt less by columns that drift.
* boosted: gradient boosting on histograms (Friedman 2001; Ke et al. 2017), many small steps of small trees. Two
  runs, each on other columns by chance, and their mean; rows weigh by their age in the second alone.
* linear: logistic regression, drawn towards one on lines added alone: that column is hardly penalised. Lines added
  alone is hard to beat (Zeng et al. 2021); with few faults the rest may count only for what it surely adds.

In every fit both classes weigh the same in total, so inducing changes count however rare they are; within a class
rows weigh by their label's confidence and, where `recency` says so, by their age.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from faultcast.models.blend import BOOSTED, EXTRA, FOREST, Member
from faultcast.models.forest import Forest, mean_of, of_boosted, of_classifier
from faultcast.models.linear import Linear

_STEP, _STEPS, _PENALTY = 0.04, 200, 20.0
_SHARE_OF_COLUMNS = 0.4
_FEWEST_IN_LEAF = 40
_ANCHORED = 10.0
"""How many times larger the anchor's column is made for the regression: its penalty is a hundredth of the others'."""
_JOBS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows in time order to learn from or to judge; `weights_N` is the label's confidence.

    `anchor` is the column that tells how many lines were added, -1 where none does.
    """

    features_NF: NDArray[np.float32]  # noqa: N815
    labels_N: NDArray[np.float64]  # noqa: N815
    weights_N: NDArray[np.float64]  # noqa: N815
    committed_at_N: NDArray[np.int64]  # noqa: N815
    anchor: int = -1

    def part(self, rows_n: NDArray[np.int64]) -> "Sample":
        """Some of the rows."""
        return Sample(
            self.features_NF[rows_n],
            self.labels_N[rows_n],
            self.weights_N[rows_n],
            self.committed_at_N[rows_n],
            self.anchor,
        )

    def __len__(self) -> int:
        return len(self.labels_N)


@dataclass(frozen=True, slots=True)
class Setting:
    """How one member is fitted.

    `size` is the smallest leaf of a forest and of extra trees, the most leaves of a boosted tree, and the
    L2 penalty of the regression. `recency`: how often the weight of a row halves from the newest to the oldest
    row; 0 weighs all alike (of boosted trees only the second run follows it).
    """

    member: str
    size: int
    recency: float = 0.0


def fit_member(setting: Setting, sample: Sample, *, seed: int, trees: int) -> Member:
    """A fitted member; `trees` is how many a forest and extra trees have.

    The same setting, sample and seed give the same bits.
    """
    weights_N = sample.weights_N * decay(sample.committed_at_N, setting.recency)
    if setting.member == FOREST:
        return of_classifier(
            fit_forest(
                sample.features_NF, sample.labels_N, weights_N, seed=seed, leaf=setting.size, trees=trees
            )
        )  # fmt: skip
    labels_N = sample.labels_N.astype(np.int64)
    if setting.member == EXTRA:
        extra = ExtraTreesClassifier(
            trees, min_samples_leaf=setting.size, max_features=0.5, class_weight="balanced", random_state=seed,
            n_jobs=_JOBS,
        )  # fmt: skip
        return of_classifier(extra.fit(sample.features_NF, labels_N, sample_weight=weights_N))
    if setting.member == BOOSTED:
        alike_N, aged_N = sample.weights_N, weights_N
        return mean_of([_boosted(setting, sample, alike_N, 2 * seed), _boosted(setting, sample, aged_N, 2 * seed + 1)])
    return _anchored(setting, sample, weights_N)


def _anchored(setting: Setting, sample: Sample, weights_N: NDArray[np.float64]) -> Linear:
    scale_F = np.ones(sample.features_NF.shape[1])
    if sample.anchor >= 0:
        scale_F[sample.anchor] = _ANCHORED
    linear = LogisticRegression(C=1 / setting.size, class_weight="balanced", max_iter=2_000)
    linear.fit(sample.features_NF * scale_F, sample.labels_N.astype(np.int64), sample_weight=weights_N)
    return Linear(linear.coef_[0] * scale_F, float(linear.intercept_[0]))


def _boosted(setting: Setting, sample: Sample, weights_N: NDArray[np.float64], seed: int) -> Forest:
    boosted = HistGradientBoostingClassifier(
        learning_rate=_STEP, max_iter=_STEPS, max_leaf_nodes=setting.size, l2_regularization=_PENALTY,
        max_features=_SHARE_OF_COLUMNS, min_samples_leaf=min(_FEWEST_IN_LEAF, max(1, len(sample) // 20)),
        class_weight="balanced", early_stopping=False, random_state=seed % 2**32,
    )  # fmt: skip
    # One thread: on rows of this number threads wait for each other longer than they work.
    with threadpool_limits(1, user_api="openmp"):
        return of_boosted(boosted.fit(sample.features_NF, sample.labels_N.astype(np.int64), sample_weight=weights_N))


def fit_forest(
    features_NF: NDArray[np.float32],
    labels_N: NDArray[np.float64],
    weights_N: NDArray[np.float64],
    *,
    seed: int,
    leaf: int,
    trees: int,
) -> RandomForestClassifier:
    """Both classes weigh the same in total; within a class rows weigh by `weights_N`."""
    forest = RandomForestClassifier(
        n_estimators=trees,
        min_samples_leaf=leaf,
        max_features="sqrt",
        class_weight="balanced",
        random_state=seed,
        n_jobs=_JOBS,
    )
    return forest.fit(features_NF, labels_N.astype(np.int64), sample_weight=weights_N)


def decay(committed_at_N: NDArray[np.int64], recency: float) -> NDArray[np.float64]:
    """Weights (float64 array_N) that halve `recency` times from the newest row to the oldest; their mean is 1.

    >>> decay(np.array([0, 50, 100]), 2.0).round(3).tolist()
    [0.429, 0.857, 1.714]
    """
    age_N = (committed_at_N[-1] - committed_at_N).astype(np.float64)
    weights_N = 0.5 ** (recency * age_N / max(float(age_N.max()), 1.0))
    return np.asarray(weights_N / weights_N.mean())
