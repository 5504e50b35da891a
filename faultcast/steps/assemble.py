"""Stage `assemble`: a point-in-time join -> the data set, split by time with a gap."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faultcast import dataset as data, progress, settings
from faultcast.adapters import feature_store
from faultcast.dataset.table import unix_seconds
from faultcast.errors import InsufficientSamples


def assemble(store: str, features: str, dataset: str, as_of: int) -> None:
    """Join what was known when, and split. Too small a history is kept whole, to be ranked only."""
    pointer = json.loads(Path(store).read_text(encoding="utf-8"))
    folder, ripening_days = Path(pointer["folder"]), float(pointer["ripening_days"])
    with progress.stage("assemble") as stage:
        changes = _changes(Path(features), as_of)
        committed_at = unix_seconds(changes["event_timestamp"])
        insufficient = None
        try:
            touches_source = changes["source_files"].to_numpy() > 0
            least = settings.load().min_samples_for_decision
            plan = data.plan_split_of(touches_source, committed_at, as_of, ripening_days, least)
            table = data.assemble(_joined(folder, changes, plan.label_as_of), plan)
        except InsufficientSamples as error:
            insufficient = error
            plan = data.unsplit(committed_at, as_of, ripening_days)
            table = data.assemble(_joined(folder, changes, plan.label_as_of), plan)
        info = data.write(table, plan, Path(dataset) / "dataset.parquet", insufficient)
        if insufficient is not None:
            stage.found(f"{insufficient}: changes are ranked by lines added alone")
        else:
            counts = (f"{count['changes']:,} to {name}" for name, count in info.counts.items() if name != "recent")
            stage.found(f"{', '.join(counts)}; {info.counts['recent']['changes']:,} too young to be judged")


def _changes(features: Path, as_of: int) -> pd.DataFrame:
    """Keys of the changes up to an instant, in time order, and whether they touch source code."""
    keys: pd.DataFrame = pq.read_table(
        features, columns=["repository", "commit", "event_timestamp", "source_files"]
    ).to_pandas()
    known = keys[keys["event_timestamp"] <= pd.Timestamp(as_of, unit="s", tz="UTC")]
    return known.sort_values("event_timestamp", kind="stable").reset_index(drop=True)


def _joined(folder: Path, changes: pd.DataFrame, label_as_of: NDArray[np.int64]) -> pd.DataFrame:
    """What was known of each change at the instant that its label counts from."""
    known_at = pd.to_datetime(label_as_of, unit="s", utc=True).as_unit("us")
    entities = changes.drop(columns="source_files").assign(event_timestamp=known_at)
    joined = feature_store.point_in_time(folder, entities, shared=settings.load().feature_store)
    return joined.assign(event_timestamp=changes["event_timestamp"].to_numpy())
