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
from faultcast.features import Row
from faultcast.features.table import to_table
from faultcast.history import Repository
from faultcast.history.git import ancestry
from faultcast.models import Explainable
from faultcast.models.baseline import fit_baseline
from faultcast.settings import Settings
from faultcast.steps.forecasts import forecasts
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

    A commit that the run has seen keeps its row; a newer one is described from the past that the run saved.

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
        seen = _seen(run, ids)
        fresh = [name for name in ids if name not in set(seen["commit"])]
        commits = [repository.commit(name, pseudonyms(now)) for name in fresh]
        rows = described(repository, run.artifact("describe/past"), commits) if commits else []
    table = pd.concat([seen, _frame(rows, run)], ignore_index=True)
    model, version = _model(run, now)
    return Scored(
        {"name": model.name, "version": version, "basis": model.basis},
        forecasts(model, table) if len(table) else [],
        sum(commit.is_merge for commit in commits),
    )


def _ids(repository: Repository, revision: str) -> list[str]:
    if ".." not in revision:
        return [repository.tip(revision)]
    first, _, last = revision.partition("..")
    return ancestry(repository.objects, repository.tip(last.lstrip(".") or "HEAD"), repository.tip(first or "HEAD"))


def _seen(run: Run, ids: list[str]) -> pd.DataFrame:
    table = pq.read_table(run.artifact("describe/features"))
    known: pd.DataFrame = table.filter(pc.is_in(table["commit"], value_set=pa.array(ids, pa.string()))).to_pandas(
        types_mapper=data.nullable_types
    )
    return known


def _frame(rows: list[Row], run: Run) -> pd.DataFrame:
    frame: pd.DataFrame = to_table(rows, run.repo_id).to_pandas(types_mapper=data.nullable_types)
    return frame


def _model(run: Run, now: Settings) -> tuple[Explainable, str]:
    standing = Registry(now.home, now.mlflow_tracking_uri).champion(Places(now.home, run.location).model_name)
    if standing is not None:
        return models.load(standing.folder), standing.version
    table, _ = data.read(run.artifact("assemble/dataset") / "dataset.parquet")
    return fit_baseline(table), ""
