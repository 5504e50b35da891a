"""Stage `register`: a model that passed becomes the champion."""

import json
from pathlib import Path
from typing import Any

from faultcast import progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.records import Outcome
from faultcast.steps.small import marked


def register(repository: str, chosen: str, evaluation: str, verdict: str, registration: str) -> None:
    """Write what serves from now on: ``{"model_name", "version", "registered", "why"}``."""
    now = settings.load()
    decided = json.loads(Path(verdict).read_text(encoding="utf-8"))
    figures = json.loads(Path(evaluation).read_text(encoding="utf-8"))
    name = Places(now.home, repository).model_name
    with progress.stage("register") as stage:
        why = "; ".join(rule["text"] for rule in decided["reasons"] if rule["outcome"] != Outcome.PASS)
        registry = Registry(now.home, now.mlflow_tracking_uri)
        version = ""
        if decided["outcome"] == Outcome.PASS and not marked(Path(chosen)):
            version = _promote(registry, name, Path(chosen), figures)
        passed = bool(version)
        if not passed:
            standing = registry.champion(name)
            version = standing.version if standing else ""
        found = {"model_name": name, "version": version, "registered": passed, "why": why}
        Path(registration).write_text(json.dumps(found), encoding="utf-8")
        if passed:
            stage.found(f"{name} version {version} is the champion")
        else:
            kept = f"version {version} stays the champion" if version else "no model serves yet"
            stage.found(f"not registered ({decided['outcome']}): {why or 'no reason given'}; {kept}")


def _promote(registry: Registry, name: str, chosen: Path, figures: dict[str, Any]) -> str:
    """Register the chosen model, with its figures on later history, and make it the champion."""
    test = {key: value for key, value in figures["models"][figures["chosen"]].items() if key != "curves"}
    return registry.register(name, chosen, {"test": test}, "champion", why="passed every gate", verdict=Outcome.PASS)
