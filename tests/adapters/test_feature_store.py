"""One repository's features through a real Feast: kept, kept again, read as of an instant, read by key."""

import resource
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feature_tables import commit, day, write_features, write_labels

from faultcast.adapters import feature_store
from faultcast.errors import ContractMismatch, NotFound, OutOfSpace
from faultcast.features.catalogue import CATALOGUE, NAMES


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commit 1 ripened clean on day 30 and was found inducing on day 50; 2 is clean; 3 has no label."""
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("shop") / "feast"
    features = write_features(inputs / "features.parquet", {1: 1, 2: 2, 3: 3}, {2: None})
    labels = write_labels(inputs / "labels.parquet", [(1, 30, 0), (2, 31, 0), (1, 50, 1)])
    result = feature_store.materialize(folder, features, labels)
    assert result == feature_store.MaterializeResult(3, 3, 3, day(1), day(3))
    return folder


def ask(folder: Path, rows: list[tuple[int, int]]) -> pd.DataFrame:
    entities = pd.DataFrame({
        "repository": "shop",
        "commit": [commit(number) for number, _ in rows],
        "event_timestamp": pd.Series([day(at) for _, at in rows], dtype="datetime64[us, UTC]"),
    })  # fmt: skip
    return feature_store.point_in_time(folder, entities)


def test_a_label_is_what_was_known_on_the_day(shop: Path) -> None:
    found = ask(shop, [(1, 60), (1, 29), (1, 49), (1, 50), (2, 60), (3, 60), (1, 60), (9, 60)])

    assert found["commit"].tolist() == [commit(number) for number in (1, 1, 1, 1, 2, 3, 1, 9)]
    assert found["label"].tolist() == [1, pd.NA, 0, 1, 0, pd.NA, 1, pd.NA]
    assert found["confidence"].tolist()[:1] == [0.75]
    assert list(found.columns) == [
        "repository", "commit", "event_timestamp", *NAMES, "text", "author", "subject", "label", "confidence"
    ]  # fmt: skip


def test_missing_is_not_zero_and_types_do_not_depend_on_the_data(shop: Path) -> None:
    found = ask(shop, [(1, 60), (2, 60)])

    assert found["lines_added"].tolist() == [1, pd.NA]
    assert {str(found[feature.name].dtype) for feature in CATALOGUE} == {"Int64", "float64", "boolean"}
    assert found["text"].tolist()[0] == "change 1\n+ zażółć"
    assert found[list(NAMES)].to_numpy(dtype="float64", na_value=float("nan")).shape == (2, len(NAMES))


def test_the_callers_index_and_columns_stay(shop: Path) -> None:
    entities = pd.DataFrame(
        {"repository": ["shop"], "commit": [commit(3)], "event_timestamp": [pd.Timestamp(day(60))], "split": ["train"]},
        index=[42],
    )

    found = feature_store.point_in_time(shop, entities)

    assert found.index.tolist() == [42]
    assert found["split"].tolist() == ["train"]
    assert found["lines_added"].tolist() == [3]


def test_serving_reads_by_key(shop: Path) -> None:
    found = feature_store.online(shop, [("shop", commit(2)), ("shop", commit(9)), ("shop", commit(1))])

    assert found["commit"].tolist() == [commit(2), commit(9), commit(1)]
    assert found["lines_added"].tolist() == [pd.NA, pd.NA, 1]
    assert found["is_fix"].tolist() == [True, pd.NA, False]
    assert found["subject"].tolist() == ["change 2", None, "change 1"]
    assert found[[*NAMES, "text", "author", "subject"]].iloc[1].isna().all()
    assert "label" not in found
    assert feature_store.online(shop, []).empty


def test_the_same_again_writes_nothing(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = feature_store.materialize(shop, shop / "features.parquet", shop / "labels.parquet")

    assert result == feature_store.MaterializeResult(3, 3, 0, None, None)
    assert capfd.readouterr().out == ""


def test_online_follows_what_is_new_and_what_changed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "feast"
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    feature_store.materialize(folder, write_features(tmp_path / "1.parquet", {1: 1, 5: 5, 9: 9}), labels)

    # a merge brings commit 2, older than what is there; 5 is described anew
    later = write_features(tmp_path / "2.parquet", {1: 1, 2: 2, 5: 5, 9: 9}, {5: 55})
    result = feature_store.materialize(folder, later, labels)

    assert result == feature_store.MaterializeResult(4, 1, 2, day(2), day(5))
    found = feature_store.online(folder, [("shop", commit(number)) for number in (1, 2, 5, 9)])
    assert found["lines_added"].tolist() == [1, 2, 55, 9]
    assert capfd.readouterr().out == ""


def test_only_the_newest_changes_are_kept_online(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", {number: number for number in range(1, 8)})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])

    result = feature_store.materialize(tmp_path / "feast", features, labels, online_changes=3)

    assert (result.features, result.online_written, result.start) == (7, 3, day(5))
    found = feature_store.online(tmp_path / "feast", [("shop", commit(4)), ("shop", commit(5))])
    assert found["lines_added"].tolist() == [pd.NA, 5]


def test_a_crash_leaves_what_the_next_run_repairs(tmp_path: Path) -> None:
    folder = tmp_path / "feast"
    features = write_features(tmp_path / "features.parquet", {1: 1, 2: 2})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    feature_store.materialize(folder, features, labels)
    registry = folder / "registry.db"
    registry.write_bytes(registry.read_bytes()[:-100])  # killed while writing the registry
    (folder / "online.parquet").unlink()  # killed while writing online

    result = feature_store.materialize(folder, features, labels)

    assert result.online_written == 2
    assert feature_store.online(folder, [("shop", commit(2))])["lines_added"].tolist() == [2]


def test_files_that_do_not_fit_the_catalogue_are_refused_before_anything_changes(shop: Path, tmp_path: Path) -> None:
    good = pq.read_table(shop / "features.parquet")
    bad = tmp_path / "features.parquet"
    pq.write_table(good.drop_columns("entropy").set_column(2, "event_timestamp", good["event_timestamp"].cast(
        pa.timestamp("ns", "UTC"))), bad)  # fmt: skip

    with pytest.raises(ContractMismatch, match=r"event_timestamp is timestamp\[ns, tz=UTC\].*entropy is absent"):
        feature_store.materialize(shop, bad, shop / "labels.parquet")

    assert pq.read_metadata(shop / "features.parquet").num_columns == good.num_columns


def test_a_full_disk_is_named_and_the_next_run_goes_on(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", {number: number for number in range(1, 80)})
    labels = write_labels(tmp_path / "labels.parquet", [(1, 30, 0)])
    folder = tmp_path / "feast"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OutOfSpace, match="run again: finished stages are kept"):
            feature_store.materialize(folder, features, labels)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert feature_store.materialize(folder, features, labels).online_written == 79


def test_nothing_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="run the stage `materialize` first"):
        feature_store.online(tmp_path, [("shop", commit(1))])
