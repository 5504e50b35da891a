"""Everything about every model on one split, as the plain dictionary that evaluation.json holds.

    {"n": 212, "positives": 31, "base_rate": 0.146,
     "models":    {"simple": {...}, "hybrid": {...}},
     "baselines": {"lines_added": {...}, "relative_lines_added": {...}},
     "chosen": null}

Each entry: `auc`, `auc_interval` [low, high], `average_precision`, `brier`, `brier_base_rate`,
`ece`, `f1`, `threshold`, `recall_at` {"5", "10", "20", "30"}, `n`, `positives`, `is_probability`,
`curves` {roc, pr, calibration, recall_by_share}, `auc_over` {other: {difference, low, high}} and
`over_champion` {auc: DeLong's test, f1, brier, average_precision: {difference, low, high}}, `None` where no model is
named `champion`. A number that does not exist is `None`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultcast.errors import ContractMismatch
from faultcast.validation import curves, intervals, metrics, significance
from faultcast.validation.metrics import Labels, Risk

SHARES = (5, 10, 20, 30)  # percent of changes reviewed
BASELINE = "lines_added"
CHAMPION = "champion"
"""Name, among the models, of the one that stands: the others are tested against it."""
_NO_PROBABILITY = {"is_probability": False, "brier": None, "brier_base_rate": None, "ece": None}


def baseline_ranks(lines_added_N: ArrayLike, lines_before_N: ArrayLike) -> dict[str, Risk]:
    """The rankings that need no model. They are no probabilities: only their order means anything.

    `lines_added` is LApredict (Zeng et al. 2021); `relative_lines_added` divides by the length of
    the touched files before the change (Nagappan & Ball 2005). A missing number ranks lowest.
    """
    added_N = np.nan_to_num(np.asarray(lines_added_N, dtype=np.float64))
    before_N = np.nan_to_num(np.asarray(lines_before_N, dtype=np.float64))
    return {BASELINE: added_N, "relative_lines_added": added_N / np.maximum(before_N, 1.0)}


def choose_thresholds(
    labels_N: ArrayLike, risks: Mapping[str, ArrayLike], lines_added_N: ArrayLike
) -> dict[str, float]:
    """The F1 threshold of each model and of `lines_added`, chosen on these (validation) rows.

    A model without one (only one class here) is left out, and its F1 is then missing.
    """
    labels = np.asarray(labels_N, dtype=np.int64)
    ranked = {name: _risk(name, risk, labels) for name, risk in risks.items()}
    ranked[BASELINE] = baseline_ranks(lines_added_N, np.ones(len(labels)))[BASELINE]
    found = {name: metrics.best_threshold(labels, risk_N) for name, risk_N in ranked.items()}
    return {name: threshold for name, threshold in found.items() if threshold is not None}


def evaluate(
    labels_N: ArrayLike,
    risks: Mapping[str, ArrayLike],
    lines_added_N: ArrayLike,
    lines_before_N: ArrayLike,
    *,
    thresholds: Mapping[str, float] | None = None,
    known_rate: float | None = None,
    seed: int = 7,
) -> dict[str, Any]:
    """Judge each model and the baselines on the same rows.

    `thresholds` come from `choose_thresholds` on validation rows; without them F1 is missing, so
    that no F1 is ever tuned on the rows it is reported for. `known_rate` is the share of inducing
    changes in the training window, what a forecaster without a model would have said; without it
    these rows' own share is used, which nobody could have known.

    Raises:
        ContractMismatch: lengths differ, a label is neither 0 nor 1, or a risk is no probability.
    """
    labels = _labels(labels_N)
    models = {name: _risk(name, risk, labels) for name, risk in risks.items()}
    baselines = baseline_ranks(lines_added_N, lines_before_N)
    if (rows := len(baselines[BASELINE])) != len(labels):
        raise ContractMismatch(f"{rows} rows of lines_added for {len(labels)} labels: expected one each")
    replicates = intervals.bootstrap_aucs(labels, {**models, **baselines}, seed=seed)
    thresholds = thresholds or {}
    rate = _base_rate(labels) if known_rate is None else known_rate

    def entry(name: str, risk_N: Risk, over: list[str]) -> dict[str, Any]:
        found = _ranking(labels, risk_N, thresholds.get(name))
        found |= _probability(labels, risk_N, rate) if name in models else _NO_PROBABILITY
        found["curves"]["calibration"] = curves.calibration(labels, risk_N) if name in models else []
        found["auc_interval"] = intervals.interval(replicates[name]) if replicates else None
        found["auc_over"] = _differences(name, over, {**models, **baselines}, labels, replicates)
        found["over_champion"] = (
            _over_champion(labels, models, name, thresholds, seed) if name in models and CHAMPION in models else None
        )
        return found

    names = list(models)
    return {
        "n": len(labels),
        "positives": int(labels.sum()),
        "base_rate": _base_rate(labels),
        "models": {name: entry(name, models[name], [*names[:i], *baselines]) for i, name in enumerate(names)},
        "baselines": {name: entry(name, rank_N, []) for name, rank_N in baselines.items()},
        "chosen": None,
    }


def _ranking(labels_N: Labels, risk_N: Risk, threshold: float | None) -> dict[str, Any]:
    """What any ranking has."""
    return {
        "n": len(labels_N),
        "positives": int(labels_N.sum()),
        "auc": metrics.auc(labels_N, risk_N),
        "average_precision": metrics.average_precision(labels_N, risk_N),
        "threshold": threshold,
        "f1": None if threshold is None else metrics.f1(labels_N, risk_N, threshold),
        "recall_at": {str(share): metrics.recall_at(labels_N, risk_N, share / 100) for share in SHARES},
        "curves": {
            "roc": curves.roc(labels_N, risk_N),
            "pr": curves.precision_recall(labels_N, risk_N),
            "recall_by_share": curves.recall_by_share(labels_N, risk_N),
        },
    }


def _probability(labels_N: Labels, risk_N: Risk, rate: float | None) -> dict[str, Any]:
    """What only a probability has."""
    constant_N = None if rate is None else np.full(len(labels_N), rate)
    return {
        "is_probability": True,
        "brier": metrics.brier(labels_N, risk_N),
        "brier_base_rate": None if constant_N is None else metrics.brier(labels_N, constant_N),
        "ece": metrics.expected_calibration_error(labels_N, risk_N),
    }


def _differences(
    name: str,
    over: list[str],
    ranked: Mapping[str, Risk],
    labels_N: Labels,
    replicates: Mapping[str, NDArray[np.float64]],
) -> dict[str, intervals.Difference]:
    found: dict[str, intervals.Difference] = {}
    for other in over if replicates else []:
        mine, theirs = metrics.auc(labels_N, ranked[name]), metrics.auc(labels_N, ranked[other])
        if mine is not None and theirs is not None:
            low, high = intervals.interval(replicates[name] - replicates[other])
            found[other] = {"difference": mine - theirs, "low": low, "high": high}
    return found


def _over_champion(
    labels_N: Labels, models: Mapping[str, Risk], name: str, thresholds: Mapping[str, float], seed: int
) -> dict[str, Any] | None:
    """Paired tests of a model against the champion on the same rows."""
    if name == CHAMPION:
        return None
    both = (thresholds.get(name), thresholds.get(CHAMPION))
    mine_N, theirs_N = models[name], models[CHAMPION]
    return {
        "auc": significance.delong(labels_N, mine_N, theirs_N),
        **significance.paired_bootstrap(labels_N, mine_N, theirs_N, both, seed=seed),
    }


def _base_rate(labels_N: Labels) -> float | None:
    return float(labels_N.mean()) if len(labels_N) else None


def _labels(labels_N: ArrayLike) -> Labels:
    raw_N = np.asarray(labels_N, dtype=np.float64)
    if not np.isin(raw_N, (0.0, 1.0)).all():
        odd = raw_N[~np.isin(raw_N, (0.0, 1.0))][0]
        raise ContractMismatch(f"a label is {odd}: expected 0 or 1; leave unlabelled changes out")
    return raw_N.astype(np.int64)


def _risk(name: str, risk_N: ArrayLike, labels_N: Labels) -> Risk:
    risk = np.asarray(risk_N, dtype=np.float64)
    if risk.shape != labels_N.shape:
        raise ContractMismatch(
            f"model {name!r} gave risks of shape {risk.shape} for {len(labels_N)} labels: expected one each"
        )
    bad_N = ~((risk >= 0) & (risk <= 1))
    if bad_N.any():
        raise ContractMismatch(f"model {name!r} gave the risk {risk[bad_N][0]}: expected a probability in 0..1")
    return risk
