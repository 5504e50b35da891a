"""One story, told by both twins for real: files and SQLite; object storage, PostgreSQL and Redis."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pandas as pd
import psycopg
import pytest
import redis
from feature_servers import PASSWORD, postgres_server, redis_server
from feature_tables import commit, day, write_features, write_labels
from moto.server import ThreadedMotoServer

from faultcast.adapters import feature_store
from faultcast.adapters.feature_places import CLUSTER, place_of
from faultcast.errors import NotFound, Unavailable, UsageError

BUCKET = "features"


@dataclass(frozen=True)
class Servers:
    registry: str
    online: str
    s3: str

    def redis(self) -> "redis.Redis[bytes]":
        host, _, rest = self.online.partition(":")
        return redis.Redis(host, int(rest.split(",")[0]), password=PASSWORD)

    def written_online(self) -> int:
        """Commands that changed Redis so far."""
        found = self.redis().info("commandstats")
        return sum(stats["calls"] for name, stats in found.items() if name.removeprefix("cmdstat_") in {"hset", "del"})

    def registry_rows(self) -> list[tuple[object, ...]]:
        with psycopg.connect(self.registry.replace("+psycopg", "")) as connection:
            return connection.execute(
                "SELECT feature_view_name, last_updated_timestamp, feature_view_proto FROM feature_views ORDER BY 1"
            ).fetchall()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with contextlib.ExitStack() as stack:
        online, registry = stack.enter_context(redis_server()), stack.enter_context(postgres_server())
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        host, port = moto.get_host_and_port()
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
            "FEAST_REGISTRY_URL": registry, "FEAST_REDIS": online, "FEAST_DATA": f"s3://{BUCKET}/faultcast",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield Servers(registry, online, f"http://{host}:{port}")


@dataclass(frozen=True)
class Twin:
    folder: Path
    shared: str

    def materialize(self, features: Path, labels: Path, **options: int) -> feature_store.MaterializeResult:
        return feature_store.materialize(self.folder, features, labels, shared=self.shared, **options)

    def ask(self, *rows: tuple[int, int]) -> pd.DataFrame:
        entities = pd.DataFrame({
            "repository": "shop",
            "commit": [commit(number) for number, _ in rows],
            "event_timestamp": pd.Series([day(at) for _, at in rows], dtype="datetime64[us, UTC]"),
        })  # fmt: skip
        return feature_store.point_in_time(self.folder, entities, shared=self.shared)

    def online(self, *numbers: int) -> pd.DataFrame:
        keys = [("shop", commit(number)) for number in numbers]
        return feature_store.online(self.folder, keys, shared=self.shared)


@pytest.fixture(params=["", CLUSTER], ids=["embedded", "cluster"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """A repository of its own for each test: the shared twin keeps them apart by the folder's name."""
    if request.param:
        servers = request.getfixturevalue("servers")
        servers.redis().flushall()
    folder = tmp_path / f"shop-{tmp_path.name}" / "feast"
    return Twin(folder, request.param)


def test_both_twins_answer_the_same(tmp_path: Path, servers: Servers) -> None:
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2, 3: 3}, {2: None})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0), (2, 31, 0), (1, 50, 1)])
    asked = [(1, 60), (1, 29), (1, 49), (1, 50), (2, 60), (3, 60), (1, 60), (9, 60)]
    told = []
    for name, shared in (("embedded", ""), ("cluster", CLUSTER)):
        twin = Twin(tmp_path / name / "feast", shared)
        assert twin.materialize(features, labels) == feature_store.MaterializeResult(3, 3, 3, day(1), day(3))
        told.append((twin.ask(*asked), twin.online(2, 9, 1)))

    (rows, online), (shared_rows, shared_online) = told
    pd.testing.assert_frame_equal(rows, shared_rows)
    pd.testing.assert_frame_equal(online, shared_online)
    assert rows["label"].tolist() == [1, pd.NA, 0, 1, 0, pd.NA, 1, pd.NA]
    assert online["lines_added"].tolist() == [pd.NA, pd.NA, 1]
    assert online["subject"].tolist() == ["change 2", None, "change 1"]


def test_only_what_changed_is_written_even_at_the_same_instant(twin: Twin, tmp_path: Path) -> None:
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    twin.materialize(write_features(tmp_path / "1.parquet", {1: 1, 5: 5, 9: 9}), labels)

    # a merge brings commit 2, older than what is there; 5 is described anew, its instant stays
    later = write_features(tmp_path / "2.parquet", {1: 1, 2: 2, 5: 5, 9: 9}, {5: 55})
    done = twin.materialize(later, labels)

    assert done == feature_store.MaterializeResult(4, 1, 2, day(2), day(5))
    assert twin.online(1, 2, 5, 9)["lines_added"].tolist() == [1, 2, 55, 9]


def test_a_late_label_rewrites_no_feature(twin: Twin, tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    twin.materialize(features, write_labels(tmp_path / "1.parquet", [(1, 30, 0)]))

    done = twin.materialize(features, write_labels(tmp_path / "2.parquet", [(1, 30, 0), (1, 50, 1)]))

    assert (done.labels, done.online_written, done.start) == (2, 0, None)
    assert twin.ask((1, 49), (1, 50))["label"].tolist() == [0, 1]


def test_a_crash_while_writing_is_repaired(twin: Twin, tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    twin.materialize(features, labels)
    place_of(twin.folder, twin.shared).remove("online.parquet")  # absent while the online store is written

    assert twin.materialize(features, labels).online_written == 2
    assert twin.materialize(features, labels).online_written == 0


def test_an_online_store_that_lost_its_rows_is_filled_again(tmp_path: Path, servers: Servers) -> None:
    twin = Twin(tmp_path / "lost" / "feast", CLUSTER)
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    twin.materialize(features, labels)
    servers.redis().flushall()

    assert twin.online(2)["lines_added"].tolist() == [pd.NA]
    assert twin.materialize(features, labels).online_written == 2
    assert twin.online(2)["lines_added"].tolist() == [2]


def test_the_same_again_writes_nothing_embedded(tmp_path: Path) -> None:
    twin = Twin(tmp_path / "again" / "feast", "")
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    twin.materialize(features, labels)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in twin.folder.iterdir()}

    assert twin.materialize(features, labels) == feature_store.MaterializeResult(2, 1, 0, None, None)

    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in twin.folder.iterdir()} == before


def test_the_same_again_writes_nothing_on_the_cluster(tmp_path: Path, servers: Servers) -> None:
    twin = Twin(tmp_path / "again" / "feast", CLUSTER)
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    twin.materialize(features, labels)

    def state() -> tuple[object, ...]:
        objects = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
        files = sorted((found["Key"], found["LastModified"]) for found in objects if found["Size"])
        return files, servers.written_online(), servers.registry_rows()

    before = state()
    assert twin.materialize(features, labels) == feature_store.MaterializeResult(2, 1, 0, None, None)

    assert state() == before
    assert [key for key, _ in before[0] if "/again/" in key] == [
        f"faultcast/again/{name}.parquet" for name in ("features", "labels", "online")
    ]  # fmt: skip


def test_repositories_share_the_systems_and_nothing_else(tmp_path: Path, servers: Servers) -> None:
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    one, two = (Twin(tmp_path / name / "feast", CLUSTER) for name in ("one", "two"))
    one.materialize(write_features(tmp_path / "1.parquet", {1: 1}), labels)
    two.materialize(write_features(tmp_path / "2.parquet", {2: 2}), labels)

    assert one.ask((1, 60), (2, 60))["lines_added"].tolist() == [1, pd.NA]
    assert two.ask((1, 60), (2, 60))["lines_added"].tolist() == [pd.NA, 2]


def test_what_is_missing_is_told_without_the_password(
    tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = write_features(tmp_path / "features.parquet", {1: 1})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    with pytest.raises(NotFound, match="run the stage `materialize` first"):
        Twin(tmp_path / "none" / "feast", CLUSTER).online(1)
    with pytest.raises(UsageError, match=r"expected a feature_store.yaml, or 'cluster'"):
        Twin(tmp_path / "none" / "feast", "clutser").online(1)

    monkeypatch.setenv("FEAST_REDIS", f"127.0.0.1:9,password={PASSWORD}")
    with pytest.raises(Unavailable, match="ConnectionError") as caught:
        Twin(tmp_path / "down" / "feast", CLUSTER).materialize(features, labels)
    assert PASSWORD not in str(caught.value)

    monkeypatch.delenv("FEAST_REDIS")
    with pytest.raises(UsageError, match="takes FEAST_REDIS from the environment"):
        Twin(tmp_path / "unset" / "feast", CLUSTER).materialize(features, labels)
