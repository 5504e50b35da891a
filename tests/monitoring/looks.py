"""A model with its reference and predictions in a log: what one look at real files needs."""

import sys
import time
from pathlib import Path

import pandas as pd

from faultcast import models
from faultcast.adapters import prediction_log
from faultcast.features.catalogue import NAMES
from faultcast.records import LoggedPrediction
from faultcast.settings import Settings
from faultcast.training.rows import read_training_data
from faultcast.training.simple import Options, train_simple

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from synthetic_changes import make_changes, write_dataset


def teach(folder: Path) -> tuple[Path, pd.DataFrame]:
    """A model's folder, and changes that came later."""
    table = write_dataset(make_changes(1_200, seed=3), folder / "dataset.parquet")
    data, quick = read_training_data(folder / "dataset.parquet"), Options(members="linear")
    train_simple(data, folder / "model", 1, options=quick)
    return folder / "model", table[table["split"] == "test"]


def asked(now: Settings, model: Path, changes: pd.DataFrame) -> None:
    """All of them were asked for in the last hours."""
    known = models.load(model)
    log = prediction_log.opened(now)
    log.append_now([
        LoggedPrediction(
            f"p{at}", time.time() - 10 * at, "", str(row["commit"]), float(risk), known.band(float(risk)), "m", "",
            "champion", features={name: None if pd.isna(row[name]) else float(row[name]) for name in NAMES},
            latency_seconds=0.004,
        )
        for at, (risk, (_, row)) in enumerate(zip(known.risk(changes), changes.iterrows(), strict=True))
    ])  # fmt: skip
    log.close()


def farther(changes: pd.DataFrame, factor: float) -> pd.DataFrame:
    """The same changes, each number so many times as large."""
    numbers = changes[list(NAMES)].select_dtypes("number").columns
    return changes.assign(**{name: changes[name].astype(float) * factor for name in numbers})
