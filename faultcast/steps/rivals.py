"""What a model is compared with: the other kinds, the standing champion, lines added alone. On the same rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultcast import models
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.errors import ContractMismatch
from faultcast.models import Model
from faultcast.settings import Settings
from faultcast.validation import Bounds, choose_thresholds, evaluate
from faultcast.validation.effort import effort_aware, effort_of
from faultcast.validation.evaluate import BASELINE, baseline_ranks
from faultcast.validation.significance import delong, paired_bootstrap

Risks = dict[str, NDArray[np.float64]]


def risks_of(asked: Mapping[str, Model], rows: pd.DataFrame) -> Risks:
    """Each model's risks of the rows."""
    return {name: model.risk(rows) for name, model in asked.items()}


def labels_of(rows: pd.DataFrame) -> NDArray[np.int64]:
    """1 inducing, 0 clean."""
    return rows["label"].to_numpy(np.int64)


def thresholds_of(asked: Mapping[str, Model], table: pd.DataFrame) -> dict[str, float]:
    """Each model's F1 threshold, chosen on validation rows."""
    known = table[table["split"] == "validation"]
    return choose_thresholds(labels_of(known), risks_of(asked, known), known["lines_added"].to_numpy(np.float64))


def judge(asked: Mapping[str, Model], table: pd.DataFrame, split: str, now: Settings) -> dict[str, Any]:
    """Evaluate on one split; thresholds come from validation data, the base rate from training data."""
    rows = table[table["split"] == split]
    return evaluate(
        labels_of(rows),
        risks_of(asked, rows),
        rows["lines_added"].to_numpy(np.float64),
        rows["lines_before"].to_numpy(np.float64, na_value=0.0),
        thresholds=thresholds_of(asked, table),
        known_rate=float(table.loc[table["split"] == "train", "label"].mean()),
        seed=now.seed,
    )


def significance(
    asked: Mapping[str, Model], chosen: str, table: pd.DataFrame, split: str, now: Settings
) -> dict[str, Any]:
    """Paired tests of the chosen model against each other one and lines added alone.

    Returns:
        {rival: {"auc": `significance.AucTest`, "brier", "f1", "average_precision": `Difference`}}, each the chosen
        one minus its rival and `None` where it does not exist; lines added alone is no probability, so for it
        there is no Brier score.
    """
    rows = table[table["split"] == split]
    labels_N, lines_N = labels_of(rows), rows["lines_added"].to_numpy(np.float64)
    risks, thresholds = risks_of(asked, rows), thresholds_of(asked, table)
    ranks = risks | {BASELINE: baseline_ranks(lines_N, np.ones(len(lines_N)))[BASELINE]}
    found: dict[str, Any] = {}
    for rival in ranks:
        if rival != chosen:
            pair = (thresholds.get(chosen), thresholds.get(rival))
            tests = paired_bootstrap(labels_N, risks[chosen], ranks[rival], pair, seed=now.seed)
            found[rival] = {"auc": delong(labels_N, risks[chosen], ranks[rival]), **tests}
            if rival == BASELINE:
                found[rival]["brier"] = None
    return found


def efforts(asked: Mapping[str, Model], table: pd.DataFrame) -> dict[str, Any]:
    """Effort-aware figures of each model and of lines added alone, beside their floor, on the test rows."""
    rows = table[table["split"] == "test"]
    lines_N = effort_of(rows["lines_added"], rows["lines_deleted"])
    ranks = risks_of(asked, rows)
    ranks[BASELINE] = baseline_ranks(rows["lines_added"].to_numpy(np.float64, na_value=0.0), np.ones(len(rows)))[
        BASELINE
    ]
    return {name: effort_aware(labels_of(rows), rank_N, lines_N) for name, rank_N in ranks.items()}


def champion(now: Settings, repository: str, candidate: Model) -> tuple[dict[str, Model], str]:
    """The standing champion to compare with, if there is another one that can still be asked; and why not."""
    standing = Registry.of(now).champion(Places(now.home, repository).model_name)
    if standing is None:
        return {}, ""
    try:
        found = models.load(standing.folder)
    except ContractMismatch:
        return {}, "; the champion was trained on other features and cannot be compared"
    if found.manifest.files == candidate.manifest.files:
        return {}, "; it is the champion already"
    return {"champion": found}, ""


def bounds(now: Settings) -> Bounds:
    """The gates, as they are set."""
    return Bounds(
        min_samples=now.min_samples_for_decision,
        min_f1_improvement_pct=now.min_f1_improvement_pct,
        max_brier_degradation=now.max_brier_degradation,
    )
