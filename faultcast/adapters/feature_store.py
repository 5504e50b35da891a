"""Feast: feature rows kept for training (as of an instant) and for serving (by key).

Where all of it lies, and in which of two twins: `feature_places`. Import this module late: it imports Feast.
"""

import contextlib
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from faultcast.adapters.feature_places import Place, definitions, place_of
from faultcast.errors import ContractMismatch
from faultcast.features.catalogue import NAMES, fingerprint
from faultcast.features.table import INSTANT, TYPES

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
    folder: Path, features: Path, labels: Path, *, online_changes: int = ONLINE_CHANGES, shared: str = ""
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
        shared: the setting `feature_store` (see `feature_places.place_of`).

    Raises:
        ContractMismatch: a file lacks a column, or a column has another type than the catalogue says.
        OutOfSpace: the disk is full.
        Unavailable: the shared store does not answer.
        UsageError: the setting names no store.
    """
    _check(features, _KEYS | _VALUES)
    _check(labels, _KEYS | _LABELS)
    place = place_of(folder, shared)
    with place.told():
        return _materialize(place, features, labels, online_changes)


def _materialize(place: Place, features: Path, labels: Path, online_changes: int) -> MaterializeResult:
    place.folder.mkdir(parents=True, exist_ok=True)
    place.put(features, "features.parquet")
    place.put(labels, "labels.parquet")
    store = place.prepared()
    digests = _digests(place, online_changes)
    span = _changed(digests, _known(place, store, digests))
    if span:
        # Gone while the store is being written: after a crash nothing is taken for granted.
        place.remove("online.parquet")
        with contextlib.redirect_stdout(io.StringIO()):  # Feast prints; stdout belongs to our data
            store.materialize(span.start, span.end, [view.name for view in _online_views()])
        place.keep(digests, "online.parquet")
    return MaterializeResult(
        features=place.rows("features.parquet"),
        labels=place.rows("labels.parquet"),
        online_written=span.rows if span else 0,
        start=span.start if span else None,
        end=span.end if span else None,
    )


def point_in_time(folder: Path, entities: pd.DataFrame, *, shared: str = "") -> pd.DataFrame:
    """What was known about changes at given instants.

    Args:
        folder: the repository's Feast folder.
        entities: `repository`, `commit`, `event_timestamp` (the instant to look from); any number of
            rows per change, in any order. Other columns pass through.
        shared: as for `materialize`.

    Returns:
        The rows of `entities`, same order and index, with the catalogue's columns, `text`, `author`,
        `subject`, `label` and `confidence`. Integers come as Int64 and truth values as boolean
        (pandas' nullable types), so that missing stays missing; floats have NaN, strings None. A
        label that was not known yet at the instant is missing.

    Raises:
        NotFound: nothing was materialized in `folder`.
        ContractMismatch: `entities` or the stored rows lack a column.
        Unavailable: the shared store does not answer.
    """
    place = place_of(folder, shared)
    with place.told():
        asked = _references(definitions.training)
        job = place.opened().get_historical_features(entities, asked, filter_by_created_timestamp=True)
        table = job.to_arrow().to_pandas(types_mapper=_NULLABLE.get)
    added = [*NAMES, *_TEXTS, "label", "confidence"]
    return pd.DataFrame(pd.concat([entities, table[added].set_index(entities.index)], axis=1))


def online(folder: Path, keys: Sequence[tuple[str, str]], *, shared: str = "") -> pd.DataFrame:
    """The stored features of changes, for serving.

    Args:
        folder: the repository's Feast folder.
        keys: (repository, commit) of each change.
        shared: as for `materialize`.

    Returns:
        One row a key, in order: `repository`, `commit`, the catalogue's columns, `text`, `author`,
        `subject`; types as in `point_in_time`. All values are missing for a change that is unknown
        or older than the ones kept online.

    Raises:
        NotFound: nothing was materialized in `folder`.
        Unavailable: the shared store does not answer.
    """
    place = place_of(folder, shared)
    types = {name: _KEYS[name] for name in ("repository", "commit")} | _VALUES
    found: dict[str, list[Any]] = {name: [] for name in types}
    with place.told():
        store = place.opened()
        if keys:
            found = _looked_up(store, _references(definitions.serving), keys)
    table = pa.table({name: pa.array(found[name], type=kind) for name, kind in types.items()})
    return pd.DataFrame(table.to_pandas(types_mapper=_NULLABLE.get))


# --- Feast ----------------------------------------------------------------------------------


def _online_views() -> list[Any]:
    return [definitions.change_features, definitions.change_text]


@functools.cache
def _references(service: Any) -> list[str]:
    """A service's features by name: asking by name is served from Feast's cache, 20 times faster online."""
    return [f"{view.name}:{field.name}" for view in service.feature_view_projections for field in view.features]


def _looked_up(store: Any, features: list[str], keys: Sequence[tuple[str, str]]) -> dict[str, list[Any]]:
    rows = [{"repository": repository, "commit": commit} for repository, commit in keys]
    return dict(store.get_online_features(features=features, entity_rows=rows).to_dict())


# --- what is new ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    rows: int


def _digests(place: Place, newest: int) -> pa.Table:
    """repository, commit, instant (microseconds) and digest of the newest rows."""
    columns = ", ".join(f'"{name}"' for name in [*_KEYS, *_VALUES])
    query = f"""
        SELECT repository, "commit", epoch_us(event_timestamp) AS instant, hash(change, $contract) AS digest
        FROM (SELECT {columns} FROM features) AS change ORDER BY instant DESC LIMIT $newest
    """  # noqa: S608 - column names of the catalogue, nothing from outside
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("features", place.scan("features.parquet"))
        return connection.sql(query, params={"contract": fingerprint(), "newest": newest}).to_arrow_table()


def _known(place: Place, store: Any, digests: pa.Table) -> pa.Table:
    """Digests of the rows that are online; none where the online store lost what was written down."""
    lost = not place.exists("online.parquet") or not (place.shared or (place.folder / "online.db").is_file())
    known = digests.slice(0, 0) if lost else place.read("online.parquet")
    if len(known):
        newest = known.slice(0, 1).to_pylist()[0]
        found = _looked_up(store, ["change_text:author"], [(newest["repository"], newest["commit"])])
        known = known if found["author"] != [None] else known.slice(0, 0)
    return known


def _changed(digests: pa.Table, known: pa.Table) -> _Span | None:
    """The instants that span all rows which the online store lacks; None where it lacks none."""
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


def _check(path: Path, expected: dict[str, pa.DataType]) -> None:
    schema = pq.read_schema(path)
    found = {field.name: field.type for field in schema}
    wrong = [f"{name} is {found.get(name, 'absent')}, not {kind}" for name, kind in expected.items()
             if found.get(name) != kind]  # fmt: skip
    if wrong:
        raise ContractMismatch(f"{path}: {'; '.join(wrong)}. Run the stage that writes it again")
