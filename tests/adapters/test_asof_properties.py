"""The whole way through Feast against pandas' merge_asof, on tables that hypothesis makes up.

A microsecond is the unit: events, the instants of being known, the instants asked for and the ttl lie so close together
that ties, duplicates, future-only rows and both sides of the ttl's edge come up all the time.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings, strategies as st

from faultcast.adapters import feature_store  # noqa: F401 - imports Feast without torch

from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType  # isort: skip
from feast.types import Int64, String  # isort: skip

TTL = 3
START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
KEYS = st.sampled_from(["ana", "bob", None])
MICROS = st.integers(0, 9)
ROWS = st.lists(st.tuples(KEYS, MICROS, MICROS, st.one_of(st.none(), st.integers(0, 2**60))), min_size=1, max_size=10)
ASKED = st.lists(st.tuples(KEYS, KEYS, st.integers(0, 14)), min_size=1, max_size=6)


def at(micros: int) -> datetime:
    return START + timedelta(microseconds=micros)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    folder = tmp_path_factory.mktemp("properties")
    write(folder, [("ana", 0, 0, 0)])
    offline = {"type": "faultcast.adapters.asof_offline_store.AsofOfflineStore"}
    store = FeatureStore(
        repo_path=str(folder),
        config=RepoConfig(project="properties", registry=str(folder / "registry.db"), provider="local",
                          repo_path=folder, offline_store=offline, entity_key_serialization_version=3),
    )  # fmt: skip
    person = Entity(name="person", value_type=ValueType.STRING)
    source = FileSource(
        name="people", path="people.parquet", timestamp_field="at", created_timestamp_column="known",
        field_mapping={"raw_n": "n", "raw_row": "row"},
    )  # fmt: skip
    schema = [Field(name="person", dtype=String), Field(name="n", dtype=Int64), Field(name="row", dtype=Int64)]
    facts, fresh = (
        FeatureView(name=name, entities=[person], ttl=timedelta(microseconds=ttl), schema=schema, source=source)
        for name, ttl in (("facts", 0), ("fresh", TTL))
    )
    store.apply([person, facts, fresh])
    aliased = store.get_feature_view("facts").with_name("reviewer_facts").with_join_key_map({"person": "reviewer"})
    store.apply([FeatureService(name="both", features=[store.get_feature_view("fresh"), aliased])])
    return store


def write(folder: Path, rows: list[tuple[str | None, int, int, int | None]]) -> None:
    table = {
        "person": pa.array([row[0] for row in rows], pa.string()),
        "at": pa.array([at(row[1]) for row in rows], INSTANT),
        "known": pa.array([at(row[2]) for row in rows], INSTANT),
        "raw_n": pa.array([row[3] for row in rows], pa.int64()),
        "raw_row": pa.array(range(len(rows)), pa.int64()),
    }
    pq.write_table(pa.table(table), folder / "people.parquet")


def oracle(rows, key: str | None, asked: int, *, ttl: int, by_created: bool) -> int | None:
    """The row that merge_asof finds for one question, among the rows that were known by then."""
    right = pd.DataFrame(
        [(row[0], row[1], row[2], n) for n, row in enumerate(rows) if row[0] and not (by_created and row[2] > asked)],
        columns=["key", "at", "known", "row"],
    ).sort_values(["at", "known"], kind="stable")
    if not len(right) or key is None:
        return None
    left = pd.DataFrame({"key": [key], "at": [asked]})
    found = pd.merge_asof(left, right.astype({"at": "int64"}), on="at", by="key", tolerance=ttl or None)["row"][0]
    return None if pd.isna(found) else int(found)


@settings(max_examples=40, deadline=None)
@given(ROWS, ASKED, st.booleans())
@example([("ana", 2, 2, None)], [("ana", "ana", 2 + TTL), ("ana", "ana", 3 + TTL)], False)  # the edge of the ttl
@example([("ana", 5, 7, 1), ("ana", 5, 6, 2)], [("ana", None, 5), ("ana", None, 6), ("ana", None, 7)], True)  # a tie
@example([("ana", 5, 5, 2**53 + 1)] * 2, [("bob", "ana", 4), ("ana", "bob", 9), ("ana", "ana", 9)], True)
def test_every_question_is_answered_as_merge_asof_does(store: FeatureStore, rows, asked, by_created: bool) -> None:
    write(store.repo_path, rows)
    entities = pd.DataFrame({
        "person": pd.Series([one[0] for one in asked], dtype="object"),
        "reviewer": pd.Series([one[1] for one in asked], dtype="object"),
        "event_timestamp": pd.Series([at(one[2]) for one in asked], dtype="datetime64[us, UTC]"),
    })  # fmt: skip

    found = store.get_historical_features(
        entities, store.get_feature_service("both"), full_feature_names=True, filter_by_created_timestamp=by_created
    ).to_arrow()

    assert found.column_names == [
        *entities.columns, "fresh__n", "fresh__row", "reviewer_facts__n", "reviewer_facts__row"
    ]  # fmt: skip
    assert found["event_timestamp"].to_pylist() == [at(one[2]) for one in asked]
    for view, who, ttl in (("fresh", 0, TTL), ("reviewer_facts", 1, 0)):
        expected = [oracle(rows, one[who], one[2], ttl=ttl, by_created=by_created) for one in asked]
        assert found[f"{view}__row"].to_pylist() == expected
        assert found[f"{view}__n"].type == pa.int64()
        assert found[f"{view}__n"].to_pylist() == [None if row is None else rows[row][3] for row in expected]
