"""What a run says of the model that scored its changes: thresholds, age, figures beside lines added alone."""

import json
from pathlib import Path
from typing import Any

from faultcast.adapters.runs import Run
from faultcast.errors import NotFound

_FIGURES = ("n", "positives", "auc", "auc_interval", "average_precision", "brier", "ece")


def standing(run: Run, model: dict[str, Any]) -> dict[str, Any]:
    """Everything that is known; fields are None where it is not.

    Args:
        run: the run.
        model: name, version and basis as predictions.json has them.
    """
    verdict = _read(run, "validate/verdict")
    passed = verdict.get("outcome") == "PASS" and model.get("basis") == "model"
    evaluation = _read(run, "validate/evaluation") if model.get("basis") == "model" else {}
    # A run whose model did not pass was scored by the champion that stays, which was judged beside it.
    name = str(evaluation.get("chosen")) if passed else "champion"
    manifest = _read(run, "validate/chosen", "manifest.json") if passed else {}
    window = manifest.get("training_window") or (None, None)
    return {
        "name": str(model.get("name", "")),
        "version": str(model.get("version", "")),
        "basis": str(model.get("basis", "")),
        "kind": manifest.get("kind"),
        "bands": manifest.get("bands"),
        "trained_from": window[0],
        "trained_until": window[1],
        "figures": _figures(evaluation.get("models", {}).get(name)),
        "lines_added": _figures(evaluation.get("baselines", {}).get("lines_added")),
        "verdict": verdict.get("outcome"),
    }


def _figures(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    if not entry:
        return None
    return {name: entry.get(name) for name in _FIGURES} | {"recall_at_20": entry.get("recall_at", {}).get("20")}


def _read(run: Run, artifact: str, inside: str = "") -> dict[str, Any]:
    try:
        place: Path = run.artifact(artifact)
        found = json.loads((place / inside if inside else place).read_bytes())
    except (NotFound, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
