"""The offline store inside a real Feast: what it must not do is what Feast's default store does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faultcast.adapters import asof_offline_store, feature_store  # noqa: F401 - imports Feast without torch
from faultcast.errors import ContractMismatch, UsageError

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType  # isort: skip
from feast.types import Bool, Int64, String  # isort: skip


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


ROWS = pa.table(
    {
        "person": ["ana", "ana", "ana", "bob"],
        "n": pa.array([1, None, 3, 4], pa.int64()),
        "flag": pa.array([True, None, False, True]),
        "label": pa.array(["old", "tie, known later", "newest", "bob's"]),
        "at": pa.array([day(1), day(5), day(9), day(1)], pa.timestamp("us", "UTC")),
        "known": pa.array([day(1), day(7), day(9), day(20)], pa.timestamp("us", "UTC")),
    }
).append_column("unused", pa.array([0, 0, 0, 0]))
ROWS = pa.concat_tables([ROWS, ROWS.slice(1, 1).set_column(3, "label", pa.array(["tie, known earlier"]))
                         .set_column(5, "known", pa.array([day(6)], pa.timestamp("us", "UTC")))])  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    folder = tmp_path_factory.mktemp("people")
    (folder / "data").mkdir()
    pq.write_table(ROWS, folder / "data" / "people.parquet")
    config = {
        "project": "people",
        "registry": str(folder / "registry.db"),
        "provider": "local",
        "repo_path": folder,
        "online_store": {"type": "sqlite", "path": "online.db"},
        "offline_store": {
            "type": "faultcast.adapters.asof_offline_store.AsofOfflineStore",
            "data": str(folder / "data"),
        },
        "entity_key_serialization_version": 3,
    }
    store = FeatureStore(config=RepoConfig(**config))
    person = Entity(name="person", value_type=ValueType.STRING)
    fields = [Field(name="person", dtype=String), Field(name="n", dtype=Int64), Field(name="flag", dtype=Bool)]

    def view(name: str, *, ttl: int = 0, entities: list[Entity] | None = None) -> FeatureView:
        source = FileSource(
            name=f"{name}_source",
            path="people.parquet",
            timestamp_field="at",
            created_timestamp_column="known",
            field_mapping={"label": "word"},
        )
        schema = [*fields, Field(name="word", dtype=String)] if entities else [Field(name="word", dtype=String)]
        return FeatureView(name=name, entities=entities or [], ttl=timedelta(days=ttl), schema=schema, source=source)

    store.apply([person, view("facts", entities=[person]), view("fresh", ttl=3, entities=[person]), view("global")])
    return store


def ask(store: FeatureStore, rows: list[tuple[str | None, datetime]], features: list[str], **options: bool) -> pa.Table:
    entities = pd.DataFrame(rows, columns=["person", "event_timestamp"])
    return store.get_historical_features(entities, features, **options).to_arrow()


def test_every_row_comes_back_in_order_with_missing_values_missing(store: FeatureStore) -> None:
    rows = [("ana", day(9)), ("zoe", day(9)), ("ana", day(5)), ("ana", day(9)), (None, day(9)), ("bob", day(1))]

    found = ask(store, rows, ["facts:n", "facts:flag"])

    assert found["person"].to_pylist() == [person for person, _ in rows]
    assert found["n"].to_pylist() == [3, None, None, 3, None, 4]
    assert found["n"].type == pa.int64()
    assert found["flag"].to_pylist() == [False, None, None, False, None, True]


def test_ties_go_to_what_was_known_last(store: FeatureStore) -> None:
    assert ask(store, [("ana", day(5))], ["facts:word"])["word"].to_pylist() == ["tie, known later"]


def test_what_was_not_known_yet_is_invisible(store: FeatureStore) -> None:
    rows = [("ana", day(5)), ("ana", day(6)), ("ana", day(7)), ("bob", day(19)), ("bob", day(20))]

    found = ask(store, rows, ["facts:word"], filter_by_created_timestamp=True)

    assert found["word"].to_pylist() == ["old", "tie, known earlier", "tie, known later", None, "bob's"]


def test_expired_features_are_nulls_not_missing_rows(store: FeatureStore) -> None:
    found = ask(store, [("ana", day(8)), ("ana", day(12)), ("ana", day(13))], ["fresh:word"])

    assert found["word"].to_pylist() == ["tie, known later", "newest", None]


def test_full_names_keep_views_apart(store: FeatureStore) -> None:
    found = ask(store, [("ana", day(13))], ["facts:word", "fresh:word"], full_feature_names=True)

    assert found.column_names == ["person", "event_timestamp", "facts__word", "fresh__word"]
    assert found["facts__word"].to_pylist() == ["newest"]


def test_an_entity_may_be_called_otherwise(store: FeatureStore) -> None:
    view = store.get_feature_view("facts").with_name("reviewer_facts").with_join_key_map({"person": "reviewer"})
    service_rows = pd.DataFrame({"reviewer": ["bob"], "person": ["ana"], "event_timestamp": [day(9)]})
    from feast import FeatureService

    service = FeatureService(name="both", features=[store.get_feature_view("fresh")[["n"]], view[["n", "word"]]])
    store.apply([service])
    found = store.get_historical_features(service_rows, service, full_feature_names=True).to_arrow()

    assert found["fresh__n"].to_pylist() == [3]
    assert found["reviewer_facts__n"].to_pylist() == [4]


def test_a_view_without_entity_and_an_empty_question(store: FeatureStore) -> None:
    assert ask(store, [("ana", day(2))], ["global:word"])["word"].to_pylist() == ["bob's"]
    assert ask(store, [], ["facts:n"]).num_rows == 0


def test_online_gets_the_latest_row_of_the_range(store: FeatureStore) -> None:
    store.materialize(day(1), day(8), ["facts"])
    rows = [{"person": "ana"}, {"person": "bob"}, {"person": "zoe"}]

    found = store.get_online_features(["facts:n", "facts:flag", "facts:word"], rows).to_dict()

    assert found["n"] == [None, 4, None]
    assert found["flag"] == [None, True, None]
    assert found["word"] == ["tie, known later", "bob's", None]


def test_pull_latest_is_one_row_a_key(store: FeatureStore) -> None:
    source = store.get_feature_view("facts").batch_source
    job = asof_offline_store.AsofOfflineStore.pull_latest_from_table_or_query(
        store.config, source, ["person"], ["n"], "at", "known", day(1), day(30)
    )

    assert sorted(job.to_df()["n"]) == [3, 4]


def test_misuse_is_named(store: FeatureStore) -> None:
    with pytest.raises(UsageError, match="expected a pandas DataFrame"):
        store.get_historical_features("SELECT 1", ["facts:n"])
    taken = pd.DataFrame({"person": ["ana"], "n": [1], "event_timestamp": [day(9)]})
    with pytest.raises(UsageError, match="column 'n' is there twice"):
        store.get_historical_features(taken, ["facts:n"]).to_arrow()
    with pytest.raises(ContractMismatch, match=r"entity rows lack \['person'\]"):
        store.get_historical_features(taken.drop(columns=["person", "n"]), ["facts:n"]).to_arrow()


def test_rows_can_be_appended(store: FeatureStore) -> None:
    path = Path(store.config.offline_store.data) / "people.parquet"
    before = pq.read_table(path)
    new = before.slice(0, 1).set_column(0, "person", pa.array(["eve"])).rename_columns({"label": "word"})
    view = store.get_feature_view("facts")

    asof_offline_store.AsofOfflineStore.offline_write_batch(store.config, view, new, None)

    assert pq.read_table(path).num_rows == before.num_rows + 1
    assert ask(store, [("eve", day(3))], ["facts:word"])["word"].to_pylist() == ["old"]
    with pytest.raises(ContractMismatch, match=r"lack \['known'\]"):
        asof_offline_store.AsofOfflineStore.offline_write_batch(store.config, view, new.drop_columns("known"), None)
    assert not list(path.parent.glob(".*"))
