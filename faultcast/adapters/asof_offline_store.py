"""A Feast offline store that returns what it is given: every entity row, in order, with nulls.

Feast's default store drops rows whose features are missing or expired and reorders the rest; its
DuckDB store is quadratic on keys with many rows. This one reads parquet, local or in an object
store, and leaves the join to `asof_join`, whose docstring says which row wins.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from feast.data_source import DataSource
from feast.feature_view import DUMMY_ENTITY_ID, FeatureView
from feast.infra.offline_stores.file_source import FileSource
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob, RetrievalMetadata
from feast.infra.offline_stores.offline_utils import infer_event_timestamp_from_entity_df
from feast.infra.registry.base_registry import BaseRegistry
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.repo_config import FeastConfigBaseModel, RepoConfig
from pyarrow import fs

from faultcast.adapters.asof_join import between, micros, winners
from faultcast.errors import ContractMismatch, UsageError


class AsofOfflineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """`offline_store:` of a feature_store.yaml."""

    type: Literal["faultcast.adapters.asof_offline_store.AsofOfflineStore"] = (
        "faultcast.adapters.asof_offline_store.AsofOfflineStore"
    )
    data: str = ""
    """Folder or URL that relative source paths start from; empty: the feature repository's folder."""


class ArrowRetrievalJob(RetrievalJob):  # type: ignore[misc]
    """A retrieval that runs when it is asked for its table."""

    def __init__(
        self,
        read: Callable[[], pa.Table],
        *,
        full_feature_names: bool = False,
        on_demand: list[OnDemandFeatureView] | None = None,
        metadata: RetrievalMetadata | None = None,
    ) -> None:
        self._read = read
        self._full_feature_names = full_feature_names
        self._on_demand = on_demand or []
        self._metadata = metadata

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:  # noqa: ARG002
        return self._read()

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:  # noqa: ARG002
        return pd.DataFrame(self._read().to_pandas())

    @property
    def full_feature_names(self) -> bool:
        return self._full_feature_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        return self._on_demand

    @property
    def metadata(self) -> RetrievalMetadata | None:
        return self._metadata


class AsofOfflineStore(OfflineStore):  # type: ignore[misc]
    """Parquet files, local or in an object store, joined as of an instant."""

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        *,
        filter_by_created_timestamp: bool = False,
        **_range: Any,
    ) -> RetrievalJob:
        """Join features to entity rows as of each row's timestamp.

        Returns:
            A job whose table has the entity columns, then the features; rows as in `entity_df`.

        Raises:
            UsageError: `entity_df` is no data frame, or already has a column named like a feature.
            ContractMismatch: (when the job runs) a source or `entity_df` lacks a column.
        """
        if not isinstance(entity_df, pd.DataFrame):
            raise UsageError(f"entity_df is {type(entity_df).__name__}: expected a pandas DataFrame of entity rows")
        instants = infer_event_timestamp_from_entity_df(dict(entity_df.dtypes.items()))
        entities = pa.Table.from_pandas(entity_df, preserve_index=False).replace_schema_metadata()

        def read() -> pa.Table:
            result = entities
            for view in feature_views:
                names = _requested(view, feature_refs, full_feature_names=full_feature_names)
                joined = _join(config, view, entities, instants, names, by_created=filter_by_created_timestamp)
                for name in joined.column_names:
                    if name in result.column_names:
                        raise UsageError(f"column {name!r} is there twice: rename it, or ask for full_feature_names")
                    result = result.append_column(name, joined[name])
            return result

        return ArrowRetrievalJob(
            read,
            full_feature_names=full_feature_names,
            on_demand=OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry),
            metadata=RetrievalMetadata(
                features=feature_refs,
                keys=[name for name in entities.column_names if name != instants],
                min_event_timestamp=entity_df[instants].min(),
                max_event_timestamp=entity_df[instants].max(),
            ),
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """Each key's winning row of the closed range [start_date, end_date]; columns as in the source."""

        def read() -> pa.Table:
            keys = [key for key in join_key_columns if key != DUMMY_ENTITY_ID]
            columns = [*join_key_columns, *feature_name_columns, timestamp_field, created_timestamp_column]
            table = between(_read(config, data_source, columns), timestamp_field, start_date, end_date)
            known = _timeline(table, keys, timestamp_field, created_timestamp_column)
            last = pa.repeat(pc.max(known["event"]), len(table))
            asked = known.select([f"k{i}" for i in range(len(keys))]).append_column("at", last)
            rows = winners(known, asked, asked.column_names[:-1])
            return table.take(rows.drop_null().unique().sort())

        return ArrowRetrievalJob(read)

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Every row of the closed range [start_date, end_date]; columns as in the source."""
        columns = [*join_key_columns, *feature_name_columns, timestamp_field, created_timestamp_column]
        return ArrowRetrievalJob(
            lambda: between(_read(config, data_source, columns), timestamp_field, start_date, end_date)
        )

    @staticmethod
    def offline_write_batch(
        config: RepoConfig,
        feature_view: FeatureView,
        table: pa.Table,
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Append rows to a local source; readers see the old file or the new one, never half of it."""
        path = Path(_location(config, feature_view.batch_source))
        old = pq.read_table(path)
        renamed = {new: source for source, new in feature_view.batch_source.field_mapping.items()}
        added = table.rename_columns([renamed.get(name, name) for name in table.column_names])
        if missing := set(old.column_names) - set(added.column_names):
            raise ContractMismatch(f"rows for {path} lack {sorted(missing)}: write whole rows of the source")
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        pq.write_table(pa.concat_tables([old, added.select(old.column_names).cast(old.schema)]), temporary)
        temporary.replace(path)
        if progress:
            progress(len(added))


# --- one feature view ---------------------------------------------------------------------


def _requested(view: FeatureView, refs: list[str], *, full_feature_names: bool) -> dict[str, str]:
    """{feature: column of the result} for the features that `refs` ask of this view."""
    prefix = f"{view.projection.name_to_use()}:"
    shown = f"{view.projection.name_alias or view.name}__" if full_feature_names else ""
    names = [ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix)]
    return {name: f"{shown}{name}" for name in names}


def _join(
    config: RepoConfig,
    view: FeatureView,
    entities: pa.Table,
    instants: str,
    names: dict[str, str],
    *,
    by_created: bool,
) -> pa.Table:
    """The features of one view, one row an entity row; columns named as `names` says."""
    source = view.batch_source
    raw = {new: old for old, new in source.field_mapping.items()}
    keys = [column.name for column in view.entity_columns if column.name != DUMMY_ENTITY_ID]
    timestamp, created = (raw.get(name, name) for name in (source.timestamp_field, source.created_timestamp_column))
    columns = {name: raw.get(name, name) for name in [*keys, *names]}
    table = _read(config, source, [*columns.values(), timestamp, created])
    asked = [view.projection.join_key_map.get(key, key) for key in keys]
    if missing := sorted({*asked, instants} - set(entities.column_names)):
        raise ContractMismatch(f"entity rows lack {missing}, which {view.name} is joined by")
    known = _timeline(table, [columns[key] for key in keys], timestamp, created)
    at = pa.table({**_keys(entities, asked), "at": micros(entities[instants])})
    rows = winners(known, at, at.column_names[:-1], ttl=view.ttl, by_known=by_created and bool(created))
    return _taken(table.select([columns[name] for name in names]).rename_columns(list(names.values())), rows)


def _taken(table: pa.Table, rows: pa.Array) -> pa.Table:
    """The rows of those numbers; all null where a number is null.

    Arrow takes by numbers without nulls four times faster, so nulls are put in afterwards.
    """
    if not rows.null_count or not len(table):
        return table.take(rows)
    first, there = rows.fill_null(0), rows.is_valid()
    return pa.table({name: pc.if_else(there, table[name].take(first), None) for name in table.column_names})


def _keys(table: pa.Table, keys: list[str]) -> dict[str, pa.ChunkedArray]:
    return {f"k{i}": table[key] for i, key in enumerate(keys)}


def _timeline(table: pa.Table, keys: list[str], timestamp: str, created: str | None) -> pa.Table:
    """Keys and instants of a source, as `asof_join.winners` wants them."""
    known = micros(table[created]) if created else pa.nulls(len(table), pa.int64())
    return pa.table({**_keys(table, keys), "event": micros(table[timestamp]), "known": known})


# --- sources ------------------------------------------------------------------------------


def _location(config: RepoConfig, source: DataSource) -> str:
    base = config.offline_store.data
    if not base or Path(source.path).is_absolute() or "://" in source.path:
        return str(FileSource.get_uri_for_file_path(repo_path=config.repo_path, uri=source.path))
    return f"{base.rstrip('/')}/{source.path}"


def _read(config: RepoConfig, source: DataSource, columns: list[str | None]) -> pa.Table:
    """The named columns of a parquet source, in file order.

    Raises:
        UsageError: the source is no parquet file.
        ContractMismatch: a column is missing.
    """
    if not isinstance(source, FileSource):
        raise UsageError(f"data source {source.name} is a {type(source).__name__}: expected a FileSource of parquet")
    wanted = list(dict.fromkeys(column for column in columns if column and column != DUMMY_ENTITY_ID))
    filesystem, path = _filesystem(_location(config, source), source.s3_endpoint_override)
    with pq.ParquetFile(path, filesystem=filesystem, pre_buffer=True) as file:
        if missing := sorted(set(wanted) - set(file.schema_arrow.names)):
            raise ContractMismatch(f"{path} lacks {missing}: write it again with the current feature catalogue")
        return file.read(columns=wanted)


def _filesystem(location: str, s3_endpoint: str) -> tuple[fs.FileSystem, str]:
    """Feast's own way would not see AWS_ENDPOINT_URL."""
    if "://" not in location:
        return fs.LocalFileSystem(), location
    if s3_endpoint:
        return FileSource.create_filesystem_and_path(location, s3_endpoint)  # type: ignore[no-any-return]
    return fs.FileSystem.from_uri(location)  # type: ignore[no-any-return]
