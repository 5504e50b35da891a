"""Rows read from the embedded online store are the rows that Feast answers, value by value."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feature_tables import commit, write_features, write_labels

from faultcast.adapters import feature_store, stored_changes
from faultcast.errors import NotFound, Unavailable
from faultcast.features.catalogue import CATALOGUE, NAMES

EDGES = {"int64": [0, 1, -1, 2**31, -(2**53)], "float64": [0.0, -0.0, 1e-300, 0.1, 1e300], "bool": [True, False] * 3}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five commits with values at the edges of each type; of the fifth all that may be missing is."""
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("shop") / "feast"
    path = write_features(inputs / "features.parquet", {number: number for number in range(1, 6)})
    table = pq.read_table(path)
    for feature in CATALOGUE:
        values = [*EDGES[feature.dtype][:4], None]
        place = table.schema.get_field_index(feature.name)
        table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
    place = table.schema.get_field_index("text")
    table = table.set_column(
        place,
        table.schema.field(place),
        pa.array(["", "fix äöü 🐛\n\n+x", "a" * 5_000, None, "only text"], pa.string()),
    )
    pq.write_table(table, path)
    feature_store.materialize(folder, path, write_labels(inputs / "labels.parquet", [(1, 30, 0)]))
    return folder


def test_every_value_is_the_one_that_feast_answers(shop: Path) -> None:
    keys = [("shop", commit(number)) for number in (4, 1, 9, 2, 3)]
    theirs = feature_store.online(shop, keys)
    for ours, (_, row) in zip(stored_changes.lookup(shop)(keys), theirs.iterrows(), strict=True):
        if ours is None:
            assert row[list(NAMES)].isna().all()
            continue
        text = row["text"]
        assert ours.text == (text if isinstance(text, str) else "")
        for feature in CATALOGUE:
            value, expected = ours.values[feature.name], row[feature.name]
            assert (type(value).__name__, repr(value)) == (
                feature.dtype.removesuffix("64"), repr({"int64": int, "float64": float, "bool": bool}[feature.dtype](expected))
            )  # fmt: skip


def test_a_change_without_values_and_one_of_another_repository_are_unknown(shop: Path) -> None:
    assert stored_changes.lookup(shop)([("shop", commit(5)), ("elsewhere", commit(1)), ("shop", "")]) == [None] * 3


def test_no_folder_no_store_and_no_database_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no feature store at"):
        stored_changes.lookup(tmp_path / "nowhere")
    look = stored_changes.lookup(tmp_path)
    with pytest.raises(NotFound, match="run the stage `materialize` first"):
        look([("shop", commit(1))])
    (tmp_path / "online.db").write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable, match="cannot be read"):
        look([("shop", commit(1))])
    (tmp_path / "online.db").unlink()
    sqlite3.connect(tmp_path / "online.db").close()
    (tmp_path / "online.db").touch()
    with pytest.raises(Unavailable, match="cannot be read"):
        look([("shop", commit(1))])


def test_reading_imports_neither_feast_nor_pandas(shop: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from faultcast.adapters.stored_changes import lookup; "
        f"(found,) = lookup(Path({str(shop)!r}))([('shop', {commit(2)!r})]); "
        "print(found.values['files'], {'feast', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["1", "set()"]
