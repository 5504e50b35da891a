"""What each process of `store.py` does: ask one offline store through Feast's own API, and tell what that took.

    python benchmarks/store_child.py STORE FOLDER ENTITIES ANSWER

Ten rows are asked for first, so that imports and connections are paid before the clock of the join starts. The join is
then asked for up to seven times, for at most five seconds, and the median counts: one call of a tenth of a second says
more about the allocator and the neighbours than about the store.
"""

import contextlib
import json
import resource
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

TTL = timedelta(days=30)
FLOATS, INTEGERS, FLAGS = 15, 10, 5
FEATURES = [
    *(f"float_{i}" for i in range(FLOATS)),
    *(f"integer_{i}" for i in range(INTEGERS)),
    *(f"flag_{i}" for i in range(FLAGS)),
]
CALLS, MOST_SECONDS = 7, 5.0
MOST_BYTES = 12 << 30
STORES = {
    "ours": "faultcast.adapters.asof_offline_store.AsofOfflineStore",
    "Feast's duckdb": "duckdb",
    "Feast's dask": "dask",
}


def used() -> tuple[float, float]:
    """CPU-seconds (user and system) and the peak of memory in MB, so far."""
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_maxrss / 1024


def opened(store: str, folder: Path) -> object:
    """A feature store whose definitions are all alike but for the offline store."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType  # noqa: PLC0415
    from feast.types import Bool, Float64, Int64  # noqa: PLC0415

    config = RepoConfig(
        project="bench", provider="local", repo_path=folder, registry=str(folder / f"{store}.db"),
        offline_store={"type": STORES[store]}, entity_key_serialization_version=3,
    )  # fmt: skip
    kinds = {"float": Float64, "integer": Int64, "flag": Bool}
    key = Entity(name="key", value_type=ValueType.INT64)
    fields = [Field(name="key", dtype=Int64), *(Field(name=one, dtype=kinds[one.split("_")[0]]) for one in FEATURES)]
    path = str(folder / "source.parquet")
    source = FileSource(name="source", path=path, timestamp_field="event", created_timestamp_column="created")
    view = FeatureView(name="facts", entities=[key], ttl=TTL, schema=fields, source=source)
    found = FeatureStore(repo_path=str(folder), config=config)
    found.apply([key, view])
    return found


def main(store: str, folder: Path, entities: Path, answer: Path) -> None:
    """Ask, write the answer, print the figures as JSON."""
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))  # ends this process, not the machine
    asked = pd.read_parquet(entities)
    with contextlib.redirect_stdout(sys.stderr):
        feast, names = opened(store, folder), [f"facts:{name}" for name in FEATURES]
        feast.get_historical_features(asked.head(10), names).to_arrow()
        resident, took = used()[1], []
        until = time.monotonic() + MOST_SECONDS
        while not took or (len(took) < CALLS and time.monotonic() < until):
            before = used()[0]
            table = feast.get_historical_features(asked, names).to_arrow()
            took.append(used()[0] - before)
    after, peak = used()
    figures = {
        "join": statistics.median(took),
        "calls": len(took),
        "whole": after,
        "peak": peak,
        "before": resident,
        "rows": len(table),
    }
    pq.write_table(pa.table(table), answer)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
