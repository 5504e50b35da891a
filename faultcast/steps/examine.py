"""All that tells whether the last run's models hold: what `faultcast validate` finds, as one JSON document.

The run's own evaluation and verdict stand at its beginning, as they were decided; nothing is decided again here.
docs/validation.md describes the document.
"""

import json
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from faultcast import dataset as data, models
from faultcast.adapters.places import Places
from faultcast.adapters.runs import Run
from faultcast.errors import InsufficientSamples, NotFound, UsageError
from faultcast.models import Model, artifact
from faultcast.models.manifest import KINDS, Manifest
from faultcast.report.model_card import card_sections, model_card
from faultcast.report.validation_page import render_validation
from faultcast.settings import Settings
from faultcast.steps import examined, explained, rivals
from faultcast.steps.small import marked
from faultcast.steps.told import Tell, part
from faultcast.training.rows import read_training_data

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is asked: folds in time order, and seeds that the model is trained with."""

    folds: int = 5
    seeds: int = 5


def examine(run: Run, now: Settings, asked: Asked, tell: Tell) -> dict[str, Any]:
    """The document; `tell` is told of progress, with the events of `faultcast.progress`.

    Raises:
        InsufficientSamples: the history was too small to learn from.
        NotFound: what the run left is gone.
        ContractMismatch, UnsafeArtifact: from loading the models.
    """
    started = time.monotonic()
    path = run.artifact("assemble/dataset") / "dataset.parquet"
    table, info = data.read(path)
    if info.insufficient:
        raise InsufficientSamples(*(info.insufficient[name] for name in ("what", "found", "needed")))
    evaluation, verdict = (_json(run.artifact(f"validate/{name}")) for name in ("evaluation", "verdict"))
    candidates = _models(run)
    chosen = str(evaluation["chosen"])
    if chosen not in candidates:
        raise NotFound(f"{run.location}: the chosen model {chosen} is gone. Run `faultcast run {run.location}` again.")
    simple = candidates.get("simple", candidates[chosen])

    past = examined.past_of(table, info, run.artifact("label/labels"))
    with part(tell, "folds", asked.folds, "folds") as advance:
        crossed = examined.cross_validated(past, table, simple, folds=asked.folds, advance=advance)
    with part(tell, "seeds", asked.seeds, "seeds") as advance:
        seeds = examined.over_seeds(simple, read_training_data(path), table, asked.seeds, advance)
    with part(tell, "compare"):
        compared = _compared(candidates, chosen, table, now, run.location) | {"seeds": seeds}
        before = evaluation["models"][chosen].get("over_champion")
        if before and "champion" not in compared["significance"]:  # the one that this model has replaced since
            compared["significance"]["champion"] = before
    with part(tell, "explain"):
        why = explained.explained(candidates[chosen], simple, table)
    return {
        "schema": SCHEMA,
        **_about(run, asked, now),
        "dataset": _json(path.with_suffix(".json")),
        "chosen": chosen,
        "models": {name: manifest_facts(model.manifest) for name, model in candidates.items()},
        "verdict": verdict,
        "evaluation": evaluation,
        "cross_validation": crossed,
        **compared,
        "attributions": why,
        "seconds": round(time.monotonic() - started, 1),
    }


def save(document: dict[str, Any], run: Run, folder: Path) -> dict[str, str]:
    """Write validation.html, validation.json and model-card.md into a folder; returns their paths by what they are.

    Raises:
        UsageError: the folder cannot be made.
    """
    manifest = artifact.read_manifest(run.artifact("validate/chosen"))
    evaluation, verdict = document["evaluation"], document["verdict"]
    card = model_card(manifest, evaluation, verdict, repository=run.location, examination=document)
    sections = card_sections(manifest, evaluation, verdict, run.location, document)
    written = {
        "page": ("validation.html", render_validation(document, sections)),
        "document": ("validation.json", json.dumps(document, indent=1)),
        "card": ("model-card.md", card),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{folder}: found a file where a folder to write into was expected") from error
    for name, text in written.values():
        (folder / name).write_text(text, encoding="utf-8")
    return {what: str(folder.resolve() / name) for what, (name, _) in written.items()}


def manifest_facts(manifest: Manifest) -> dict[str, Any]:
    """What a manifest says of a model, without its normaliser and file list."""
    return {
        "kind": manifest.kind,
        "training_window": list(manifest.training_window),
        "label_as_of": manifest.label_as_of,
        "ripening_days": manifest.ripening_days,
        "data_fingerprint": manifest.data_fingerprint,
        "features": len(manifest.features),
        "features_fingerprint": manifest.fingerprint,
        "code_version": manifest.code_version,
        "seed": manifest.seed,
        "calibration": manifest.calibration.describe(),
        "calibration_method": manifest.calibration.method,
        "bands": {"medium": manifest.bands.medium, "high": manifest.bands.high},
        "config": manifest.config,
        "files": manifest.files,
    }


def _about(run: Run, asked: Asked, now: Settings) -> dict[str, Any]:
    places = Places(now.home.resolve(), run.location)
    return {
        "repository": run.location.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"),
        "location": run.location,
        "revision": run.revision,
        "as_of": run.as_of,
        "model_name": places.model_name,
        "generated_at": int(time.time()),
        "code_version": metadata.version("faultcast"),
        "command": f"faultcast validate {run.location} --folds {asked.folds} --seeds {asked.seeds}",
    }


def _compared(
    candidates: dict[str, Model], chosen: str, table: pd.DataFrame, now: Settings, location: str
) -> dict[str, Any]:
    """What needs no fit: paired tests, slices, time, drift, effort."""
    champion, note = rivals.champion(now, location, candidates[chosen])
    judged = candidates | champion
    return {
        "champion_note": note.removeprefix("; "),
        "significance": rivals.significance(judged, chosen, table, "test", now),
        "time": examined.over_time(judged, table),
        "slices": examined.sliced(candidates[chosen], rivals.thresholds_of(candidates, table).get(chosen), table),
        "drift": examined.drifted(candidates[chosen], table),
        "effort": rivals.efforts(judged, table),
    }


def _models(run: Run) -> dict[str, Model]:
    """The models that the run trained, by kind."""
    found = {}
    for kind in KINDS:
        if f"train {kind}/artifact" in run.artifacts:
            folder = run.artifact(f"train {kind}/artifact")
            if not marked(folder):
                found[kind] = models.load(folder)
    return found


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
