"""How good predictions were, once labels have come, perhaps months later.

A fault is told when its fix lands, a clean change only after it has had time to ripen; among young changes those known
are therefore mostly faulty, and any model would look bad. So a prediction counts only when it is older than the
ripening time: by then both classes have had their chance.

N = changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultcast.monitoring.stats import instant
from faultcast.records import Label, Outcome

_REPLICATES = 1000
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Given:
    """What one model said of one commit, the first time that it was asked."""

    commit: str
    at: float  # unix seconds
    risk: float
    model_name: str
    model_version: str
    alias: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A prediction whose change's label is known by now."""

    given: Given
    is_inducing: bool
    known_at: int


def settled(given: Iterable[Given], labels: Iterable[Label], as_of: float) -> list[Settled]:
    """Join predictions with what was known at `as_of`: of several labels of a commit the one that was known last."""
    known: dict[str, Label] = {}
    for label in labels:
        before = known.get(label.commit)
        if label.known_at <= as_of and (before is None or label.known_at >= before.known_at):
            known[label.commit] = label
    return [
        Settled(one, known[one.commit].is_inducing, known[one.commit].known_at) for one in given if one.commit in known
    ]


def performance(
    outcomes: Sequence[Settled], *, as_of: float, ripening_days: float, min_samples: int, seed: int = 7
) -> list[dict[str, Any]]:
    """AUC and Brier score of each model version with 95 % intervals (stratified bootstrap), the busiest first.

    Returns:
        [{"model_name", "model_version", "alias", "outcome": PASS | INCONCLUSIVE, "text", "samples", "min_samples",
        "unripe", "inducing", "auc", "auc_interval", "brier", "brier_interval", "mean_risk", "known_rate", "first",
        "last"}]; numbers are None where they cannot be told. PASS says that there are numbers, not that they are good.
    """
    of_model: dict[tuple[str, str, str], list[Settled]] = {}
    for one in outcomes:
        of_model.setdefault((one.given.model_name, one.given.model_version, one.given.alias), []).append(one)
    found = []
    for (name, version, alias), all_of_it in sorted(of_model.items(), key=lambda item: -len(item[1])):
        ripe = [one for one in all_of_it if one.given.at <= as_of - ripening_days * _DAY]
        named = {"model_name": name, "model_version": version, "alias": alias, "unripe": len(all_of_it) - len(ripe)}
        found.append(named | _measured(ripe, min_samples, seed))
    return found


def _measured(ripe: Sequence[Settled], min_samples: int, seed: int) -> dict[str, Any]:
    # Brings scikit-learn and pandas, 130 MB that a server, which imports this for its records alone, has no room for.
    from faultcast.validation import intervals, metrics  # noqa: PLC0415

    labels_N = np.array([one.is_inducing for one in ripe], dtype=np.int64)
    risk_N = np.array([one.given.risk for one in ripe], dtype=np.float64)
    found: dict[str, Any] = {
        "outcome": Outcome.INCONCLUSIVE.value, "text": "", "samples": len(ripe), "min_samples": min_samples,
        "inducing": int(labels_N.sum()), "auc": None, "auc_interval": None, "brier": None, "brier_interval": None,
        "mean_risk": float(risk_N.mean()) if len(ripe) else None,
        "known_rate": float(labels_N.mean()) if len(ripe) else None,
        "first": instant(min(one.given.at for one in ripe)) if ripe else None,
        "last": instant(max(one.given.at for one in ripe)) if ripe else None,
    }  # fmt: skip
    if len(ripe) < min_samples:
        found["text"] = f"{len(ripe)} predictions have a ripe label, at least {min_samples} are needed"
        return found
    if not metrics.has_both_classes(labels_N):
        found["text"] = "all labels are alike"
        return found
    error_N = (risk_N - labels_N) ** 2
    briers = [draws @ error_N / len(error_N) for draws in intervals.draws(labels_N, seed=seed, replicates=_REPLICATES)]
    found |= {
        "outcome": Outcome.PASS.value,
        "auc": metrics.auc(labels_N, risk_N),
        "auc_interval": intervals.auc_interval(labels_N, risk_N, seed=seed, replicates=_REPLICATES),
        "brier": metrics.brier(labels_N, risk_N),
        "brier_interval": intervals.interval(np.concatenate(briers)),
    }
    found["text"] = f"AUC {found['auc']:.3f}, Brier {found['brier']:.3f} over {len(ripe)} predictions"
    return found
