"""Feast: feature rows kept for training (as of an instant) and for serving (by key).

Each repository has its own folder, which is a Feast repository of the embedded kind:

    feature_store.yaml   a copy of feature_repo/feature_store.yaml; `feast` commands work in here
    features.parquet     what `materialize` was given: the offline store of features and texts
    labels.parquet       likewise of labels
    registry.db          Feast's registry
    online.db            SQLite online store: features and texts of the newest changes, never labels
    online.parquet       digests of the rows that the online store holds

Feast sends no usage data since 0.4x and is not told to. Importing it takes about 3 CPU-seconds, so
only this module and the offline store do it; import this module late.
"""

import contextlib
import functools
import io
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError

from faultcast.errors import ContractMismatch, NotFound, out_of_space
from faultcast.features.catalogue import NAMES, fingerprint
from faultcast.features.table import INSTANT, TYPES


@contextlib.contextmanager
def _torch_hidden() -> Iterator[None]:
    """Spare Feast the import of torch (1 to 3 CPU-s), which it only needs for its `to_tensor`."""
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


with _torch_hidden():
    from feast import FeatureStore

    from feature_repo import definitions

ONLINE_CHANGES = 5_000
"""Changes, newest first, kept online: each takes about 0.7 CPU-ms to write and 30 kB of disk."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = {"repository": pa.string(), "commit": pa.string(), "event_timestamp": INSTANT, "created": INSTANT}
_TEXTS = ("text", "author", "subject")
_VALUES = TYPES | dict.fromkeys(_TEXTS, pa.string())
_LABELS = {"label": pa.int64(), "confidence": pa.float64(), "fix": pa.string(), "rule": pa.string()}
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True, slots=True)
class MaterializeResult:
    """What `materialize` did: rows offline, rows written online, and the range that was back-filled."""

    features: int
    labels: int
    online_written: int
    start: datetime | None
    end: datetime | None


def materialize(
    folder: Path, features: Path, labels: Path, *, online_changes: int = ONLINE_CHANGES
) -> MaterializeResult:
    """Put feature and label rows into the feature store of one repository.

    Offline, the files replace the ones before, whole or not at all. Online, the closed range of
    instants that spans all new and changed rows among the newest `online_changes` is back-filled; a
    second call with the same files writes nothing, and one after a crash repairs what was left.
    (Feast's own incremental mode would start at now - ttl and miss old commits that a merge brings.)

    Args:
        folder: the repository's Feast folder; made if absent.
        features: features.parquet, one row a change.
        labels: labels.parquet, rows in order of being known.
        online_changes: how many of the newest changes serving can look up.

    Raises:
        ContractMismatch: a file lacks a column, or a column has another type than the catalogue says.
        OutOfSpace: the disk is full.
    """
    _check(features, _KEYS | _VALUES)
    _check(labels, _KEYS | _LABELS)
    try:
        return _materialize(folder, features, labels, online_changes)
    except (OSError, sqlite3.OperationalError) as error:
        if full := out_of_space(error):
            raise full from error
        raise


def _materialize(folder: Path, features: Path, labels: Path, online_changes: int) -> MaterializeResult:
    folder.mkdir(parents=True, exist_ok=True)
    _copy(Path(definitions.__file__).with_name("feature_store.yaml"), folder / "feature_store.yaml")
    _copy(features, folder / "features.parquet")
    _copy(labels, folder / "labels.parquet")
    store = _apply(folder)
    digests = _digests(folder / "features.parquet", online_changes)
    span = _changed(folder, digests)
    if span:
        # Gone while the store is being written: after a crash nothing is taken for granted.
        (folder / "online.parquet").unlink(missing_ok=True)
        with contextlib.redirect_stdout(io.StringIO()):  # Feast prints; stdout belongs to our data
            store.materialize(span.start, span.end, [view.name for view in _online_views()])
        _replace(folder / "online.parquet", lambda path: pq.write_table(digests, path))
    return MaterializeResult(
        features=pq.read_metadata(folder / "features.parquet").num_rows,
        labels=pq.read_metadata(folder / "labels.parquet").num_rows,
        online_written=span.rows if span else 0,
        start=span.start if span else None,
        end=span.end if span else None,
    )


def point_in_time(folder: Path, entities: pd.DataFrame) -> pd.DataFrame:
    """What was known about changes at given instants.

    Args:
        folder: the repository's Feast folder.
        entities: `repository`, `commit`, `event_timestamp` (the instant to look from); any number of
            rows per change, in any order. Other columns pass through.

    Returns:
        The rows of `entities`, same order and index, with the catalogue's columns, `text`, `author`,
        `subject`, `label` and `confidence`. Integers come as Int64 and truth values as boolean
        (pandas' nullable types), so that missing stays missing; floats have NaN, strings None. A
        label that was not known yet at the instant is missing.

    Raises:
        NotFound: nothing was materialized in `folder`.
        ContractMismatch: `entities` or the stored rows lack a column.
    """
    store = _open(folder)
    job = store.get_historical_features(entities, _references(definitions.training), filter_by_created_timestamp=True)
    table = job.to_arrow().to_pandas(types_mapper=_NULLABLE.get)
    added = [*NAMES, *_TEXTS, "label", "confidence"]
    return pd.DataFrame(pd.concat([entities, table[added].set_index(entities.index)], axis=1))


def online(folder: Path, keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """The stored features of changes, for serving.

    Args:
        folder: the repository's Feast folder.
        keys: (repository, commit) of each change.

    Returns:
        One row a key, in order: `repository`, `commit`, the catalogue's columns, `text`, `author`,
        `subject`; types as in `point_in_time`. All values are missing for a change that is unknown
        or older than the ones kept online.

    Raises:
        NotFound: nothing was materialized in `folder`.
    """
    store = _open(folder)
    types = {name: _KEYS[name] for name in ("repository", "commit")} | _VALUES
    found: dict[str, list[Any]] = {name: [] for name in types}
    if keys:
        rows = [{"repository": repository, "commit": commit} for repository, commit in keys]
        found = store.get_online_features(features=_references(definitions.serving), entity_rows=rows).to_dict()
    table = pa.table({name: pa.array(found[name], type=kind) for name, kind in types.items()})
    return pd.DataFrame(table.to_pandas(types_mapper=_NULLABLE.get))


# --- Feast ----------------------------------------------------------------------------------


def _online_views() -> list[Any]:
    return [definitions.change_features, definitions.change_text]


@functools.cache
def _references(service: Any) -> list[str]:
    """A service's features by name: asking by name is served from Feast's cache, 20 times faster online."""
    return [f"{view.name}:{field.name}" for view in service.feature_view_projections for field in view.features]


def _apply(folder: Path) -> FeatureStore:
    """Bring the registry up to date with the definitions; one that a crash cut short is made anew."""
    objects = [
        definitions.repository,
        definitions.commit,
        *_online_views(),
        definitions.change_labels,
        definitions.training,
        definitions.serving,
    ]
    try:
        store = FeatureStore(repo_path=str(folder))
        store.apply(objects)
    except DecodeError:
        (folder / "registry.db").unlink()
        store = FeatureStore(repo_path=str(folder))
        store.apply(objects)
    return store


def _open(folder: Path) -> FeatureStore:
    registry = folder / "registry.db"
    if not registry.is_file():
        raise NotFound(f"no feature store in {folder}: run the stage `materialize` first")
    return _opened(folder.resolve(), registry.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _opened(folder: Path, version: int) -> FeatureStore:  # noqa: ARG001 - a changed registry is opened anew
    return FeatureStore(repo_path=str(folder))


# --- what is new ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    rows: int


def _digests(features: Path, newest: int) -> pa.Table:
    """repository, commit, instant (microseconds) and digest of the newest rows."""
    columns = ", ".join(f'"{name}"' for name in [*_KEYS, *_VALUES])
    query = f"""
        SELECT repository, "commit", epoch_us(event_timestamp) AS instant, hash(change, $contract) AS digest
        FROM (SELECT {columns} FROM read_parquet($path)) AS change ORDER BY instant DESC LIMIT $newest
    """  # noqa: S608 - column names of the catalogue, nothing from outside
    with duckdb.connect(config={"threads": 2}) as connection:
        found = connection.sql(query, params={"contract": fingerprint(), "path": str(features), "newest": newest})
        return found.to_arrow_table()


def _changed(folder: Path, digests: pa.Table) -> _Span | None:
    """The instants that span all rows which the online store lacks; None where it lacks none."""
    before = folder / "online.parquet"
    known = pq.read_table(before) if before.is_file() and (folder / "online.db").is_file() else digests.slice(0, 0)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("wanted", digests)
        connection.register("known", known)
        missing = connection.sql('FROM wanted ANTI JOIN known USING (repository, "commit", digest)').to_arrow_table()
    if not len(missing):
        return None
    ends = pc.min_max(missing["instant"])
    since = digests.filter(pc.greater_equal(digests["instant"], ends["min"]))
    rows = pc.sum(pc.less_equal(since["instant"], ends["max"]))
    start, end = (_EPOCH + timedelta(microseconds=ends[which].as_py()) for which in ("min", "max"))
    return _Span(start, end, rows.as_py())


# --- files ------------------------------------------------------------------------------------


def _check(path: Path, expected: dict[str, pa.DataType]) -> None:
    schema = pq.read_schema(path)
    found = {field.name: field.type for field in schema}
    wrong = [f"{name} is {found.get(name, 'absent')}, not {kind}" for name, kind in expected.items()
             if found.get(name) != kind]  # fmt: skip
    if wrong:
        raise ContractMismatch(f"{path}: {'; '.join(wrong)}. Run the stage that writes it again")


def _copy(source: Path, target: Path) -> None:
    """A copy, not a link: the source may be written again in place."""
    if source.resolve() != target.resolve():
        _replace(target, lambda path: shutil.copyfile(source, path))


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        write(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
