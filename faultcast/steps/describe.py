"""Stage `describe`: history -> one feature row a change, and the past as it is now."""

from pathlib import Path

import pyarrow.parquet as pq

from faultcast import progress, settings
from faultcast.adapters.places import repo_id
from faultcast.adapters.repositories import opened
from faultcast.features import Past, Row, describe as describe_change
from faultcast.features.measured import Key, Measured, measure_all, wanted
from faultcast.features.table import SCHEMA, to_table
from faultcast.history import store
from faultcast.records import Measures

_ROWS_AT_ONCE = 1000


def describe(repository: str, history: str, features: str, past: str) -> None:
    """Describe every change that is not a merge from what was known before it."""
    now = settings.load()
    commits = store.HistoryFile(Path(history))
    with progress.stage("describe", unit="files") as stage, opened(repository, now) as source:
        versions = wanted(commits)
        measured: dict[Key, Measures | None] = {}
        for batch in measure_all(source, versions, now.num_workers):
            measured.update(batch)
            stage.advance(len(batch), total=len(versions))
        measure = Measured(measured)
        known = Past()
        rows: list[Row] = []
        count = 0
        with pq.ParquetWriter(features, SCHEMA, compression="zstd") as writer:
            for commit in commits:
                if not commit.is_merge:
                    rows.append(describe_change(commit, known, measure))
                known.observe(commit)
                if len(rows) >= _ROWS_AT_ONCE:
                    count += len(rows)
                    writer.write_table(to_table(rows, repo_id(repository)))
                    rows = []
            writer.write_table(to_table(rows, repo_id(repository)))
        known.save(Path(past))
        stage.found(f"{count + len(rows):,} changes described, {len(measured):,} versions of files measured")
