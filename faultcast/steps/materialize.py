"""Stage `materialize`: features and labels -> the feature store, offline and online."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast import progress, settings
from faultcast.adapters import feature_store, label_tables
from faultcast.adapters.places import Places
from faultcast.features import NAMES
from faultcast.features.validation import check

_ROWS_AT_ONCE = 50_000


def materialize(repository: str, features: str, labels: str, store: str) -> None:
    """Bring the feature store up to date; `store` becomes a small file that says where it is.

    Nothing enters the store that the catalogue does not allow.
    """
    now = settings.load()
    places = Places(now.home.resolve(), repository)
    with progress.stage("materialize") as stage:
        _check(Path(features))
        done = feature_store.materialize(places.feature_store, Path(features), Path(labels), shared=now.feature_store)
        pointer = {
            "folder": str(places.feature_store),
            "repository": places.repo_id,
            "ripening_days": label_tables.ripening_days(Path(labels)),
        }
        Path(store).write_text(json.dumps(pointer), encoding="utf-8")
        stage.found(f"{done.features:,} changes and {done.labels:,} labels stored, {done.online_written:,} put online")


def _check(features: Path) -> None:
    with pq.ParquetFile(features) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=["commit", *NAMES]):
            check(pa.Table.from_batches([batch]))
