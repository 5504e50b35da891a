"""Stage `validate`: choose on validation data, judge on later history, decide by rules."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultcast import dataset as data, models, progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.errors import ContractMismatch
from faultcast.models import Model
from faultcast.records import Outcome, RuleResult, Verdict
from faultcast.settings import Settings
from faultcast.steps.small import mark
from faultcast.validation import Bounds, as_dict, choose, choose_thresholds, decide, evaluate


def validate(
    dataset: str, simple: str, hybrid: str, repository: str, evaluation: str, verdict: str, chosen: str
) -> None:
    """Write evaluation.json (of the test split), verdict.json and a copy of the chosen artifact."""
    now = settings.load()
    with progress.stage("validate") as stage:
        table, info = data.read(Path(dataset) / "dataset.parquet")
        if info.insufficient:
            mark(Path(chosen), info.insufficient)
            _save({}, _too_few(info.insufficient), evaluation, verdict)
            stage.found("no verdict: too few samples")
            return
        folders = {"simple": Path(simple), "hybrid": Path(hybrid)}
        candidates = {name: models.load(folder) for name, folder in folders.items()}
        on_validation = _judge(candidates, table, "validation", now)
        best = choose(on_validation)
        champion, note = _champion(now, repository, candidates[best])
        on_test = _judge(candidates | champion, table, "test", now)
        judged, baseline = on_test["models"], on_test["baselines"]["lines_added"]
        decided = decide(judged[best], baseline, judged.get("champion"), _bounds(now))
        shutil.copytree(folders[best], chosen, dirs_exist_ok=True)
        _save(on_test | {"chosen": best, "validation": on_validation["models"]}, decided, evaluation, verdict)
        stage.found(
            f"{best} chosen: AUC {judged[best]['auc']:.3f} on later history, lines added alone "
            f"{baseline['auc']:.3f}{note}; verdict {decided.outcome}"
        )


def _judge(asked: dict[str, Model], table: pd.DataFrame, split: str, now: Settings) -> dict[str, Any]:
    """Evaluate on one split; thresholds come from validation data, the base rate from training data."""
    rows, known = table[table["split"] == split], table[table["split"] == "validation"]
    thresholds = choose_thresholds(
        known["label"].to_numpy(np.int64), _risks(asked, known), known["lines_added"].to_numpy(np.float64)
    )
    return evaluate(
        rows["label"].to_numpy(np.int64),
        _risks(asked, rows),
        rows["lines_added"].to_numpy(np.float64),
        rows["lines_before"].to_numpy(np.float64, na_value=0.0),
        thresholds=thresholds,
        known_rate=float(table.loc[table["split"] == "train", "label"].mean()),
        seed=now.seed,
    )


def _risks(asked: dict[str, Model], rows: pd.DataFrame) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    return {name: model.risk(rows) for name, model in asked.items()}


def _champion(now: Settings, repository: str, candidate: Model) -> tuple[dict[str, Model], str]:
    """The standing champion to compare with, if there is another one that can still be asked."""
    standing = Registry(now.home, now.mlflow_tracking_uri).champion(Places(now.home, repository).model_name)
    if standing is None:
        return {}, ""
    try:
        champion = models.load(standing.folder)
    except ContractMismatch:
        return {}, "; the champion was trained on other features and cannot be compared"
    if champion.manifest.files == candidate.manifest.files:
        return {}, "; it is the champion already"
    return {"champion": champion}, ""


def _bounds(now: Settings) -> Bounds:
    return Bounds(
        min_samples=now.min_samples_for_decision,
        min_f1_improvement_pct=now.min_f1_improvement_pct,
        max_brier_degradation=now.max_brier_degradation,
    )


def _too_few(insufficient: dict[str, Any]) -> Verdict:
    found, needed, message = (insufficient[name] for name in ("found", "needed", "message"))
    return Verdict(Outcome.INCONCLUSIVE, (RuleResult("enough samples", Outcome.INCONCLUSIVE, found, needed, message),))


def _save(found: dict[str, Any], decided: Verdict, evaluation: str, verdict: str) -> None:
    Path(evaluation).write_text(json.dumps(found), encoding="utf-8")
    Path(verdict).write_text(json.dumps(as_dict(decided), indent=2), encoding="utf-8")
