"""Stage `describe`: history -> one feature row a change, and the past as it is now."""

from pathlib import Path

import pyarrow.parquet as pq

from faultcast import progress, settings
from faultcast.adapters.places import repo_id
from faultcast.adapters.repositories import opened
from faultcast.features import Past, Row, describe as describe_change
from faultcast.features.measured import touched_history
from faultcast.features.table import SCHEMA, to_table
from faultcast.history import store

_ROWS_AT_ONCE = 1000


def describe(repository: str, history: str, features: str, past: str) -> None:
    """Describe every change that is not a merge from what was known before it."""
    now = settings.load()
    commits = store.HistoryFile(Path(history))
    total = len(commits)
    with (
        progress.stage("describe", unit="commits") as stage,
        opened(repository, now) as source,
        pq.ParquetWriter(features, SCHEMA, compression="zstd") as writer,
    ):
        known = Past()
        rows: list[Row] = []
        described = files = 0
        for commit, touched in touched_history(source, commits, now.num_workers):
            if not commit.is_merge:
                rows.append(describe_change(commit, known, touched))
                files += len(touched)
            known.observe(commit, touched)
            if len(rows) >= _ROWS_AT_ONCE:
                described += len(rows)
                writer.write_table(to_table(rows, repo_id(repository)))
                rows = []
            stage.advance(1, total=total)
        writer.write_table(to_table(rows, repo_id(repository)))
        known.save(Path(past))
        stage.found(f"{described + len(rows):,} changes described, {files:,} touched source files measured")
