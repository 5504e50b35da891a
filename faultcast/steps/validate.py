"""Stage `validate`: choose on validation data, judge on later history, decide by rules.

Quick, since every run waits for it. What takes longer (cross-validation, seeds, drift, slices) is `examine`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from faultcast import dataset as data, models, progress, settings
from faultcast.records import Outcome, RuleResult, Verdict
from faultcast.steps import rivals
from faultcast.steps.small import mark
from faultcast.validation import as_dict, choose, decide


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
        on_validation = rivals.judge(candidates, table, "validation", now)
        best = choose(on_validation)
        champion, note = rivals.champion(now, repository, candidates[best])
        on_test = rivals.judge(candidates | champion, table, "test", now)
        judged, baseline = on_test["models"], on_test["baselines"]["lines_added"]
        decided = decide(judged[best], baseline, judged.get("champion"), rivals.bounds(now))
        shutil.copytree(folders[best], chosen, dirs_exist_ok=True)
        on_test |= {
            "chosen": best,
            "validation": on_validation["models"],
            "effort": rivals.efforts(candidates | champion, table),
            "calibration": {name: model.calibration.describe() for name, model in (candidates | champion).items()},
        }
        _save(on_test, decided, evaluation, verdict)
        stage.found(
            f"{best} chosen: AUC {judged[best]['auc']:.3f} on later history, lines added alone "
            f"{baseline['auc']:.3f}{note}; verdict {decided.outcome}"
        )


def _too_few(insufficient: dict[str, Any]) -> Verdict:
    found, needed, message = (insufficient[name] for name in ("found", "needed", "message"))
    return Verdict(Outcome.INCONCLUSIVE, (RuleResult("enough samples", Outcome.INCONCLUSIVE, found, needed, message),))


def _save(found: dict[str, Any], decided: Verdict, evaluation: str, verdict: str) -> None:
    Path(evaluation).write_text(json.dumps(found), encoding="utf-8")
    Path(verdict).write_text(json.dumps(as_dict(decided), indent=2), encoding="utf-8")
