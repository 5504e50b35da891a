"""Scoring named commits of a repository that a run has learnt from, by the model that serves."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from faultcast import dataset as data, models
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.adapters.repositories import opened, pseudonyms, refresh
from faultcast.adapters.runs import Run
from faultcast.errors import UsageError
from faultcast.features.table import to_rows, to_table
from faultcast.history import Repository, store
from faultcast.history.git import ancestry
from faultcast.history.reader import Reader
from faultcast.models import Explainable
from faultcast.records import Commit
from faultcast.settings import Settings
from faultcast.steps.forecasts import forecasts
from faultcast.steps.parts import risks_of_parts
from faultcast.steps.stand_in import stand_in
from faultcast.steps.unseen import described

MOST = 5_000
"""Commits of one call."""


@dataclass(frozen=True, slots=True)
class Scored:
    """`changes` as in predictions.json; `merges` were left out, as what they bring was written elsewhere."""

    model: dict[str, str]
    changes: list[dict[str, Any]]
    merges: int


def score_revisions(run: Run, revision: str, now: Settings) -> Scored:
    """Score one commit (``REV``) or a range (``A..B``).

    A commit that the run has seen keeps its row; a newer one is described from the past that the run saved. One commit
    alone comes with its `parts`, see `risks_of_parts`.

    Raises:
        UnknownRevision: an end of the range names no commit.
        UsageError: more than `MOST` commits were asked for.
    """
    refresh(run.location, now)
    with opened(run.location, now) as repository:
        ids = _ids(repository, revision)
        if len(ids) > MOST:
            raise UsageError(
                f"{revision}: found {len(ids):,} commits, expected at most {MOST:,}. Give a shorter range."
            )
        found, model, table = _score(run, repository, ids, now)
        if len(ids) == 1 and found.changes:
            whole = repository.commit(ids[0], pseudonyms(now))
            found.changes[0]["parts"] = risks_of_parts(model, repository, whole, to_rows(table)[0])
    return found


def score_commits(run: Run, ids: list[str], now: Settings) -> Scored:
    """Score commits by their ids, parents before children, as `score_revisions` does, but without parts.

    Commits that the run has not seen are described one after the other: give all of them, not only the newest.
    """
    with opened(run.location, now) as repository:
        return _score(run, repository, ids, now)[0]


def _score(run: Run, repository: Repository, ids: list[str], now: Settings) -> tuple[Scored, Explainable, pa.Table]:
    """What is told of the commits, who told it, and the rows it was told from."""
    seen = _seen(run, ids)
    known = set(seen["commit"].to_pylist())
    commits = _read(repository, [name for name in ids if name not in known], run, now)
    rows = described(repository, run.artifact("describe/past"), commits) if commits else []
    table = pa.concat_tables([seen, to_table(rows, run.repo_id)])
    model, version = _model(run, now)
    changes = forecasts(model, _frame(table)) if len(table) else []
    merges = sum(commit.is_merge for commit in commits)
    return Scored({"name": model.name, "version": version, "basis": model.basis}, changes, merges), model, table


def _read(repository: Repository, fresh: list[str], run: Run, now: Settings) -> list[Commit]:
    """Read commits as those that arrived after all that the run has seen."""
    if not fresh:
        return []
    reader = Reader(repository.objects, pseudonyms(now), fresh[-1])
    return reader.read(fresh, store.count(run.artifact("mine/history")))


def _ids(repository: Repository, revision: str) -> list[str]:
    if ".." not in revision:
        return [repository.tip(revision)]
    first, _, last = revision.partition("..")
    return ancestry(repository.objects, repository.tip(last.lstrip(".") or "HEAD"), repository.tip(first or "HEAD"))


def _seen(run: Run, ids: list[str]) -> pa.Table:
    table = pq.read_table(run.artifact("describe/features"))
    return table.filter(pc.is_in(table["commit"], value_set=pa.array(ids, pa.string())))


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(types_mapper=data.nullable_types)
    return frame


def _model(run: Run, now: Settings) -> tuple[Explainable, str]:
    standing = Registry.of(now).champion(Places(now.home, run.location).model_name)
    if standing is not None:
        return models.load(standing.folder), standing.version
    table, info = data.read(run.artifact("assemble/dataset") / "dataset.parquet")
    return stand_in(table, info, now), ""
