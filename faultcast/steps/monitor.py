"""``faultcast monitor``: one look at what was predicted lately; its document and its page stay below the state folder.

It runs in a process of its own, also for a server: the tests bring SciPy and pandas, which a server has no room for,
and a look must not hold up a request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultcast.adapters import label_tables, monitoring_results, prediction_log, runs
from faultcast.adapters.places import Places, state_folder
from faultcast.adapters.prediction_log import PredictionLog
from faultcast.adapters.served_models import ServedModels
from faultcast.errors import NotFound, Unavailable
from faultcast.feedback import corrections
from faultcast.models import artifact
from faultcast.models.folder import REFERENCE
from faultcast.monitoring.evaluation import REACH_DAYS, Model, evaluate
from faultcast.monitoring.settled import Settled
from faultcast.records import Label
from faultcast.report.drift_page import render_drift
from faultcast.settings import Settings
from faultcast.validation.reference import thaw

RIPENING_DAYS = 90.0
"""Taken where no run says how long changes of this repository ripen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at: a repository, perhaps a model that lies in a folder, at an instant (unix seconds)."""

    location: str
    as_of: float
    model: Path | None = None


def monitor(asked: Asked, now: Settings) -> dict[str, Any]:
    """Look once, and keep what was found; ``file`` and ``report`` say where.

    Raises:
        Unavailable: the prediction log does not answer.
        UnsafeArtifact, ContractMismatch: the model is not what it should be.
        OutOfSpace: the disk is full.
    """
    home = state_folder(now.home)
    places = Places(home, asked.location)
    log = prediction_log.opened_to_read(now)
    hours = now.monitoring_lookback_hours
    reach_hours = max(hours, REACH_DAYS * 24)
    try:
        outcomes, ripening_days = _outcomes(log, places, asked.as_of, now)
        document = evaluate(
            log.window(asked.as_of - hours * 3600, asked.as_of),
            log.window(asked.as_of - reach_hours * 3600, asked.as_of),
            _model(asked, places, now),
            outcomes,
            min_samples=now.min_samples_for_decision,
            ripening_days=ripening_days,
            seed=now.seed,
        )
    finally:
        log.close()
    document |= {"repository": places.repo_id if asked.location else ""}
    file, report = monitoring_results.save(home, document, render_drift(document), asked.as_of)
    return document | {"file": str(file), "report": str(report)}


def _model(asked: Asked, places: Places, now: Settings) -> Model:
    """The champion, or the model in a folder, with its reference; a nameless one where there is none to be found."""
    if asked.model is not None:
        return Model(asked.model.name, "", _reference(asked.model))
    try:
        served = ServedModels(now, places.model_name, places.folder / "served.json").find("champion")
    except (NotFound, Unavailable):  # a look at predictions needs no model
        return Model()
    return Model(served.name, served.version, _reference(served.folder))


def _reference(folder: Path) -> Any:
    """None for a model that carries none, such as one trained before models did."""
    _, files = artifact.read_files(folder)
    return thaw(files[REFERENCE]) if REFERENCE in files else None


def _outcomes(log: PredictionLog, places: Places, as_of: float, now: Settings) -> tuple[list[Settled], float]:
    """Predictions whose label is known, by the last run or by people, and the ripening time."""
    decided = corrections(log.store.votes_by_commit(places.repo_id, as_of), as_of, now.feedback_quorum)
    labels: Iterable[Label] = decided
    ripening_days = now.ripening_days or RIPENING_DAYS
    try:
        table = runs.last(places.home, places.location).artifact("label/labels")
    except NotFound:
        pass
    else:
        labels = [*label_tables.read_labels(table), *decided]
        ripening_days = label_tables.ripening_days(table)
    return log.outcomes(places.repo_id, labels, as_of), ripening_days
