"""Commits <-> one Parquet file, written and read as a stream in batches."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.records import CombinedHunk, Commit, FileChange, Hunk, MergedFile

_INT = pa.int32()
_TEXTS = pa.list_(pa.string())
_HUNK = pa.struct(
    {"old_start": _INT, "old_lines": _INT, "new_start": _INT, "new_lines": _INT, "deleted": _TEXTS, "added": _TEXTS}
)
_FILE = pa.struct(
    {
        "path": pa.string(),
        "old_path": pa.string(),
        "status": pa.string(),
        "old_blob": pa.string(),
        "new_blob": pa.string(),
        "lines_added": _INT,
        "lines_deleted": _INT,
        "is_binary": pa.bool_(),
        "is_text_file": pa.bool_(),
        "hunks": pa.list_(_HUNK),
    }
)
_COMBINED = pa.struct(
    {
        "new_start": _INT,
        "lines": pa.list_(pa.struct({"marks": pa.string(), "text": pa.string()})),
    }
)
_MERGED = pa.struct(
    {"path": pa.string(), "parent_blobs": _TEXTS, "new_blob": pa.string(), "hunks": pa.list_(_COMBINED)}
)
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "position": _INT,
        "parents": _TEXTS,
        "author": pa.string(),
        "authored_at": pa.int64(),
        "committed_at": pa.int64(),
        "message": pa.string(),
        "files": pa.list_(_FILE),
        "merged": pa.list_(_MERGED),
    }
)
_BATCH = 500


def write(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write record batches of `SCHEMA`; the file appears whole or not at all. Returns rows written."""
    partial = path.with_name(f"{path.name}.partial")
    rows = 0
    with pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    partial.replace(path)
    return rows


def write_commits(commits: Iterable[Commit], path: Path) -> int:
    """Write commits; see `write`."""
    stream = iter(commits)
    return write((to_batch(part) for part in iter(lambda: list(islice(stream, _BATCH)), [])), path)


def to_batch(commits: Iterable[Commit]) -> pa.RecordBatch:
    """Turn commits into one record batch of `SCHEMA`."""
    return pa.RecordBatch.from_pylist([_row(commit) for commit in commits], schema=SCHEMA)


def read(path: Path) -> Iterator[Commit]:
    """Yield the commits of a file in order of arrival; one batch is in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                yield _commit(row)


class HistoryFile:
    """A file of commits that can be iterated again and again, one batch in memory at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Commit]:
        return read(self._path)

    def __len__(self) -> int:
        return count(self._path)


def count(path: Path) -> int:
    """Commits in a file, from its footer alone."""
    return int(pq.read_metadata(path).num_rows)


def _row(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.id,
        "position": commit.position,
        "parents": commit.parents,
        "author": commit.author,
        "authored_at": commit.authored_at,
        "committed_at": commit.committed_at,
        "message": commit.message,
        "files": [_plain(file) | {"hunks": [_plain(hunk) for hunk in file.hunks]} for file in commit.files],
        "merged": [_merged_row(file) for file in commit.merged],
    }


def _plain(record: FileChange | Hunk | CombinedHunk) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _merged_row(file: MergedFile) -> dict[str, Any]:
    hunks = [
        _plain(hunk) | {"lines": [{"marks": marks, "text": text} for marks, text in hunk.lines]} for hunk in file.hunks
    ]
    return {"path": file.path, "parent_blobs": file.parent_blobs, "new_blob": file.new_blob, "hunks": hunks}


def _commit(row: dict[str, Any]) -> Commit:
    return Commit(
        id=row["id"],
        position=row["position"],
        parents=tuple(row["parents"]),
        author=row["author"],
        authored_at=row["authored_at"],
        committed_at=row["committed_at"],
        message=row["message"],
        files=tuple(FileChange(**(file | {"hunks": _hunks(file["hunks"])})) for file in row["files"]),
        merged=tuple(_merged(file) for file in row["merged"]),
    )


def _hunks(rows: list[dict[str, Any]]) -> tuple[Hunk, ...]:
    return tuple(Hunk(**(row | {"deleted": tuple(row["deleted"]), "added": tuple(row["added"])})) for row in rows)


def _merged(row: dict[str, Any]) -> MergedFile:
    hunks = tuple(
        CombinedHunk(hunk["new_start"], tuple((line["marks"], line["text"]) for line in hunk["lines"]))
        for hunk in row["hunks"]
    )
    return MergedFile(row["path"], tuple(row["parent_blobs"]), row["new_blob"], hunks)
