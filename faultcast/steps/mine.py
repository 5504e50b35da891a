"""Stage `mine`: a repository's whole history -> history.parquet."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from faultcast import progress, settings
from faultcast.adapters.repositories import opened, pseudonyms
from faultcast.history import Skipped, mine as mine_history, store


def mine(repository: str, revision: str, history: str) -> None:
    """Read every commit up to `revision` (a full id)."""
    now = settings.load()
    skipped: list[Skipped] = []
    with progress.stage("mine", unit="commits") as stage, opened(repository, now) as source:
        total, batches = mine_history(source, revision, pseudonyms(now), now.num_workers)

        def counted() -> Iterator[pa.RecordBatch]:
            for batch, left_out in batches:
                skipped.extend(left_out)
                stage.advance(batch.num_rows, total=total)
                yield batch

        store.write(counted(), Path(history))
        stage.found(f"{total:,} commits")
        for commit in skipped[:5]:
            stage.found(f"the {commit.what} of {commit.commit[:10]} was skipped: {commit.reason}")
        if len(skipped) > 5:
            stage.found(f"of {len(skipped) - 5:,} more commits something was skipped")
