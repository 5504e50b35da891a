"""Stage `score`: the newest changes -> their risks with reasons, by the champion, else by what stands in for it."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from faultcast import dataset as data, models, progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.dataset import DatasetInfo
from faultcast.models import Explainable
from faultcast.settings import Settings
from faultcast.steps.forecasts import forecasts
from faultcast.steps.small import marked
from faultcast.steps.stand_in import stand_in

_FEWEST = 30
"""Changes that are ranked even where fewer fall into the window."""


def score(repository: str, dataset: str, registration: str, chosen: str, predictions: str) -> None:
    """Write predictions.json: the changes of the last `window_days`, riskiest first."""
    now = settings.load()
    with progress.stage("score") as stage:
        table, info = data.read(Path(dataset) / "dataset.parquet")
        registered = json.loads(Path(registration).read_text(encoding="utf-8"))
        model = _serving(now, repository, registered, Path(chosen), table, info)
        recent = _newest(table, info.as_of - now.window_days * 86_400)
        found: dict[str, Any] = {
            "model": {"name": model.name, "version": registered["version"], "basis": model.basis},
            "changes": forecasts(model, recent),
        }
        Path(predictions).write_text(json.dumps(found), encoding="utf-8")
        high = sum(change["band"] == "high" for change in found["changes"])
        stage.found(f"{len(recent):,} recent changes scored, {high:,} of them high")


def _newest(table: pd.DataFrame, since: int) -> pd.DataFrame:
    in_window = table["event_timestamp"] >= pd.Timestamp(since, unit="s", tz="UTC")
    return table[in_window] if in_window.sum() >= _FEWEST else table.tail(_FEWEST)


def _serving(
    now: Settings, repository: str, registered: dict[str, Any], chosen: Path, table: pd.DataFrame, info: DatasetInfo
) -> Explainable:
    """The champion: the artifact at hand if it was registered just now, else the registry's, else what stands in."""
    if registered["registered"] and not marked(chosen):
        return models.load(chosen)
    if registered["version"]:
        standing = Registry.of(now).champion(Places(now.home, repository).model_name)
        if standing is not None:
            return models.load(standing.folder)
    return stand_in(table, info, now)
