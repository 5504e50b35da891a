"""Just in time: one commit scored from the state that a run saved, without mining the history again.

`keep` writes the state. The repository's objects stay where they are, and only commits that the state has not seen
are read.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from faultcast import dataset as data, models
from faultcast.adapters import state_files
from faultcast.adapters.repositories import opened, pseudonyms, refresh
from faultcast.adapters.state_files import State
from faultcast.errors import NotFound, UnknownRevision, UsageError
from faultcast.features.table import to_rows, to_table
from faultcast.history import Pseudonyms, Repository
from faultcast.history.git import ancestry, run as run_git
from faultcast.history.reader import Reader
from faultcast.models import Explainable
from faultcast.models.baseline import Baseline
from faultcast.models.signature import public_keys
from faultcast.settings import Settings
from faultcast.steps.forecasts import forecasts
from faultcast.steps.keep import NEWEST, order, place_of
from faultcast.steps.parts import risks_of_parts
from faultcast.steps.unseen import described

MOST = 5_000
"""Commits that a state may lie behind."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One commit. `row` has the columns of `features.table.SCHEMA`, none or one row; `change` as in predictions.json.

    `differs` says why a full run that ends at the commit may describe it otherwise; empty: it gives the same bytes.
    """

    model: dict[str, str]
    change: dict[str, Any] | None  # None: a merge, whose changes were written elsewhere
    row: pa.Table
    behind: int  # commits that the state had not seen
    differs: tuple[str, ...]


def score_commit(repository: str, revision: str, history: str, now: Settings) -> Scored:
    """Score one commit of a repository from a state.

    Args:
        repository: path or URL of a clone that holds the commit and the one at which the state ends.
        revision: names the commit.
        history: the state's location, a folder or ``s3://bucket/prefix``.
        now: where this machine's state folder is, and its key.

    Raises:
        NotFound: there is no state, or the commit lies further back than the state's rows.
        UnknownRevision: the commit, or the one at which the state ends, is not in the repository.
        UsageError: the state was made with another identity key, or is more than `MOST` commits behind.
        UnsafeArtifact: the state's files are not what it says.
    """
    state, folder = state_files.read(*place_of(history, now))
    identify = pseudonyms(now).forgetting(state.forgotten)
    if identify.fingerprint() != state.identity:
        raise UsageError(
            f"{history}: its pseudonyms were made with another key than this machine's. Set FAULTCAST_IDENTITY_KEY to "
            "the content of identity.key in the state folder of the machine that saved it."
        )
    refresh(repository, now)
    with opened(repository, now) as source, ThreadPoolExecutor(1) as beside:
        commit = source.tip(revision)
        ids = _unseen(source, commit, state)
        whole = beside.submit(ancestry, source.objects, commit)  # takes git about as long as the rest takes us
        row = _described(source, ids, state, folder / "past", identify) if ids else _known(folder, commit)
        model = _model(state, folder, now)
        change = _change(model, source, row, identify) if len(row) else None
        differs = _differences(source, commit, state, len(ids), whole.result())
    told = {"name": model.name, "version": state.model.get("version", ""), "basis": model.basis}
    return Scored(told, change, row, len(ids), differs)


def _change(model: Explainable, source: Repository, row: pa.Table, identify: Pseudonyms) -> dict[str, Any]:
    """One entry as `faultcast score` gives it, with the parts of the change."""
    (change,) = forecasts(model, row.to_pandas(types_mapper=data.nullable_types))
    whole = source.commit(change["commit"], identify)
    return change | {"parts": risks_of_parts(model, source, whole, to_rows(row)[0])}


def _unseen(source: Repository, commit: str, state: State) -> list[str]:
    """Commits that lead to this one and that the state has not seen, in order of arrival; none: it has seen it."""
    try:
        source.tip(state.revision)
    except UnknownRevision as error:
        raise UnknownRevision(
            f"The state ends at {state.revision[:10]} of {state.repo_id}, which is not in this repository. Fetch it, "
            "or give the state of this repository."
        ) from error
    ids = ancestry(source.objects, commit, without=state.revision)
    if len(ids) > MOST:
        raise UsageError(
            f"The state is {len(ids):,} commits behind, expected at most {MOST:,}. Save a newer one: `faultcast run "
            "REPO --save-history STATE`."
        )
    return ids


def _differences(source: Repository, commit: str, state: State, behind: int, whole: Sequence[str]) -> tuple[str, ...]:
    """Why a full run that ends at the commit, and reads the `whole` history, would have folded another one before."""
    found = []
    if behind and (len(whole) != state.commits + behind or order(whole[: state.commits]) != state.order):
        found.append(
            f"it does not build on {state.revision[:10]} alone: described as if it arrived after all that is known"
        )
    names = [f"{one}:.mailmap" for one in (state.revision, commit)]
    mailmaps = run_git(source.objects, ["cat-file", "--batch-check=%(objectname)"], names).decode().splitlines()
    before, after = (line.removeprefix(name) for line, name in zip(mailmaps, names, strict=True))
    if behind and before != after:
        found.append(".mailmap changed since the state was saved: earlier authors keep the names they had")
    return tuple(found)


def _described(source: Repository, ids: list[str], state: State, past: Path, identify: Pseudonyms) -> pa.Table:
    reader = Reader(source.objects, identify, ids[-1])
    commits = reader.read(ids, state.commits)
    rows = described(source, past, commits)
    return to_table([row for row in rows if row.commit == ids[-1]], state.repo_id)


def _known(folder: Path, commit: str) -> pa.Table:
    """The row that the run gave a commit that it has seen."""
    table = pq.read_table(folder / "rows.parquet")
    row = table.filter(pc.equal(table["commit"], commit))
    if not len(row):
        raise NotFound(
            f"{commit[:10]} is a merge or older than the newest {NEWEST:,} changes, whose rows the state holds. "
            "Where the run was made, `faultcast score` knows it."
        )
    return row.combine_chunks()


def _model(state: State, folder: Path, now: Settings) -> Explainable:
    if not state.model:
        return Baseline(state.typical_lines)
    return models.load(folder / "model", public_keys(now.trusted_keys))
