"""Stage `describe`: history -> one feature row a change, and the past as it is now."""

from pathlib import Path

import pyarrow.parquet as pq

from faultcast import progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import opened
from faultcast.adapters.touched_cache import touched_cache
from faultcast.features import Past, Row, describe as describe_change
from faultcast.features.measured import touched_history
from faultcast.features.table import SCHEMA, to_table
from faultcast.history import store

_ROWS_AT_ONCE = 1000


def describe(repository: str, history: str, features: str, past: str) -> None:
    """Describe every change that is not a merge from what was known before it; only files not read before are read."""
    now = settings.load()
    commits = store.HistoryFile(Path(history))
    total = len(commits)
    places = Places(now.home.resolve(), repository)
    with (
        progress.stage("describe", unit="commits") as stage,
        opened(repository, now) as source,
        touched_cache(places.touched) as kept,
        pq.ParquetWriter(features, SCHEMA, compression="zstd") as writer,
    ):
        known = Past()
        rows: list[Row] = []
        described = files = 0
        for commit, touched in touched_history(source, commits, now.num_workers, kept):
            if not commit.is_merge:
                rows.append(describe_change(commit, known, touched))
                files += len(touched)
            known.observe(commit, touched)
            if len(rows) >= _ROWS_AT_ONCE:
                described += len(rows)
                writer.write_table(to_table(rows, places.repo_id))
                rows = []
            stage.advance(1, total=total)
        writer.write_table(to_table(rows, places.repo_id))
        known.save(Path(past))
        stage.found(f"{described + len(rows):,} changes described, {files:,} touched source files measured")
