"""Stage `mine`: a repository's whole history -> history.parquet. A second run reads only what is new."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from faultcast import progress, settings
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import opened, pseudonyms
from faultcast.errors import NotFound
from faultcast.history import Pseudonyms, Repository, Skipped, mine as mine_history, store
from faultcast.history.kept import Kept
from faultcast.history.mining import authors_version
from faultcast.settings import Settings


def mine(repository: str, revision: str, history: str) -> None:
    """Read every commit up to `revision` (a full id)."""
    now = settings.load()
    identify = pseudonyms(now)
    place = Places(now.home.resolve(), repository).commits
    with progress.stage("mine", unit="commits") as stage, opened(repository, now) as source:
        kept = _kept(place, stage)
        try:
            skipped, known = _write(source, revision, identify, now, kept, Path(history), stage)
        except NotFound as error:
            if kept is None:
                raise
            stage.found(f"{error}; everything is read anew")
            skipped, known = _write(source, revision, identify, now, None, Path(history), stage)
        total = store.count(Path(history))
        stage.found(f"{total:,} commits" + (f", {total - known:,} of them new" if known else ""))
        for commit in skipped[:5]:
            stage.found(f"the {commit.what} of {commit.commit[:10]} was skipped: {commit.reason}")
        if len(skipped) > 5:
            stage.found(f"of {len(skipped) - 5:,} more commits something was skipped")
        if known < total or kept is None or kept.authors != authors_version(source, revision, identify):
            _keep(Path(history), place, stage)


def _kept(place: Path, stage: progress.Stage) -> Kept | None:
    """What the last run has kept, if it is of use."""
    try:
        return Kept(place) if place.exists() else None
    except NotFound as error:
        stage.found(f"{error}; everything is read anew")
        return None


def _write(
    source: Repository,
    revision: str,
    identify: Pseudonyms,
    now: Settings,
    kept: Kept | None,
    history: Path,
    stage: progress.Stage,
) -> tuple[list[Skipped], int]:
    """Write the history; return what was skipped, and how many commits were taken over."""
    skipped: list[Skipped] = []
    facts = {"authors": authors_version(source, revision, identify), "skipped": "[]"}
    total, batches = mine_history(source, revision, identify, now.num_workers, kept)
    known = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal known
        for batch, left_out in batches:
            skipped.extend(left_out)
            known += sum(one in kept.places for one in batch["id"].to_pylist()) if kept else 0
            stage.advance(batch.num_rows, total=total)
            yield batch
        facts["skipped"] = json.dumps(sorted({one.commit for one in skipped}))

    store.write(counted(), history, facts)
    return skipped, known


def _keep(history: Path, place: Path, stage: progress.Stage) -> None:
    """Keep the history for the next run, whole or not at all; two runs may do so at once."""
    own = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        own.unlink(missing_ok=True)
        try:
            os.link(history, own)
        except OSError:  # another disk, or one without links
            shutil.copyfile(history, own)
        own.replace(place)
        own.unlink(missing_ok=True)  # two names of one file are not replaced
    except OSError as error:
        stage.found(f"the commits were not kept for the next run: {error.strerror}")
