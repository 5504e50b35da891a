"""Stage `materialize`: features and labels -> the feature store, offline and online."""

import json
from pathlib import Path

from faultcast import progress, settings
from faultcast.adapters import feature_store, label_tables
from faultcast.adapters.places import Places


def materialize(repository: str, features: str, labels: str, store: str) -> None:
    """Bring the feature store up to date; `store` becomes a small file that says where it is."""
    places = Places(settings.load().home.resolve(), repository)
    with progress.stage("materialize") as stage:
        done = feature_store.materialize(places.feature_store, Path(features), Path(labels))
        pointer = {
            "folder": str(places.feature_store),
            "repository": places.repo_id,
            "ripening_days": label_tables.ripening_days(Path(labels)),
        }
        Path(store).write_text(json.dumps(pointer), encoding="utf-8")
        stage.found(f"{done.features:,} changes and {done.labels:,} labels stored, {done.online_written:,} put online")
