"""Words are found and replaced in files of every kind that a state folder holds."""

import gzip
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faultcast.adapters import traces

WORD, OTHER = "author-0123456789", "author-forgotten"


def written(path: Path, kind: str) -> Path:
    """A file of a kind that holds the word once, deep inside."""
    padding = "x" * (1 << 20)
    text = f"{padding[:-8]}{WORD}{padding}".encode()  # across two chunks
    if kind == "text":
        path.write_bytes(text)
    elif kind == "zlib":
        path.write_bytes(zlib.compress(text))
    elif kind == "gzip":
        path.write_bytes(gzip.compress(text))
    elif kind == "parquet":
        deep = [{"who": [{"name": WORD}], "n": 1}, {"who": [], "n": 2}]
        pq.write_table(pa.table({"deep": deep, "plain": ["a", None]}), path, compression="zstd")
    else:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute('CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY, body BLOB, name TEXT, n REAL)')
            database.execute('INSERT INTO "a ""b" VALUES (1, ?, ?, 1.5)', (text, "plain"))
            database.execute('INSERT INTO "a ""b" VALUES (2, NULL, ?, NULL)', ("gone " + WORD,))
            database.execute('DELETE FROM "a ""b" WHERE id = 2')
    return path


@pytest.mark.parametrize("kind", ["text", "zlib", "gzip", "parquet", "sqlite"])
def test_words_are_found_and_replaced(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path / "file", kind)
    path.chmod(0o640)
    assert traces.holds(path, ["nobody", WORD])
    assert not traces.holds(path, ["nobody"])
    assert traces.replace(path, {WORD: OTHER}) == (kind not in {"zlib", "gzip"})
    if kind not in {"zlib", "gzip"}:  # these are made again by whoever made them
        assert not traces.holds(path, [WORD])
        assert traces.holds(path, [OTHER])
        assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_lies_around_the_word_stays(tmp_path: Path) -> None:
    path = written(tmp_path / "table", "parquet")
    traces.replace(path, {WORD: OTHER})
    table = pq.read_table(path)
    assert table.to_pylist() == [
        {"deep": {"who": [{"name": OTHER}], "n": 1}, "plain": "a"}, {"deep": {"who": [], "n": 2}, "plain": None},
    ]  # fmt: skip
    path = written(tmp_path / "database", "sqlite")
    traces.replace(path, {WORD: OTHER})
    with closing(sqlite3.connect(path)) as database:
        ((body, name, n),) = database.execute('SELECT body, name, n FROM "a ""b"')
    assert (type(body), body.count(OTHER.encode()), len(body), name, n) == (bytes, 1, (2 << 20) + 8, "plain", 1.5)
    assert WORD.encode() not in path.read_bytes()


def test_a_word_goes_from_an_append_only_table_which_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "database"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("CREATE TABLE votes (comment TEXT)")
        database.execute("INSERT INTO votes VALUES (?)", (f"ask {WORD}",))
        database.execute(
            'CREATE TRIGGER "no ""update" BEFORE UPDATE ON votes BEGIN SELECT RAISE(ABORT, \'append-only\'); END'
        )
    traces.replace(path, {WORD: OTHER})
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT comment FROM votes").fetchall() == [(f"ask {OTHER}",)]
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("UPDATE votes SET comment = ''")


def test_a_damaged_compressed_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(zlib.compress(f"{WORD} and more".encode() * 1000)[:-9])
    (tmp_path / "none").write_bytes(b"\x78\x9cno such thing")
    (tmp_path / "empty").touch()
    assert traces.holds(tmp_path / "cut", [WORD])
    assert not traces.holds(tmp_path / "none", [WORD])
    assert not traces.holds(tmp_path / "empty", [WORD])
