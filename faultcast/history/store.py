"""Commits <-> one Parquet file, written and read as a stream in batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.records import CombinedHunk, Commit, FileChange, Hunk, MergedFile

FORMAT = 2
"""Raised when what is read of a commit, or how it is kept, changes: older files are then no start for a run."""

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
        "reviewers": _TEXTS,
    }
)
BATCH = 500
"""Commits of one row group."""

_RECORDS = {
    tuple(field.name for field in kind): record
    for kind, record in ((_HUNK, Hunk), (_FILE, FileChange), (_COMBINED, CombinedHunk), (_MERGED, MergedFile))
}
"""Records by the names of their fields, which come in the same order."""


def write(batches: Iterable[pa.RecordBatch], path: Path, facts: Mapping[str, str] | None = None) -> int:
    """Write record batches of `SCHEMA`; the file appears whole or not at all. Returns rows written.

    Pages have checksums. `facts` are kept beside the rows, as they are when the last batch has come.
    """
    partial = path.with_name(f"{path.name}.partial")
    rows = 0
    with pq.ParquetWriter(partial, SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
        writer.add_key_value_metadata({**(facts or {}), "format": str(FORMAT)})
    partial.replace(path)
    return rows


def write_commits(commits: Iterable[Commit], path: Path) -> int:
    """Write commits; see `write`."""
    stream = iter(commits)
    return write((to_batch(part) for part in iter(lambda: list(islice(stream, BATCH)), [])), path)


def to_batch(commits: Sequence[Commit]) -> pa.RecordBatch:
    """Turn commits into one record batch of `SCHEMA`."""
    columns = [_array(field.type, list(map(attrgetter(field.name), commits))) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def to_commits(batch: pa.RecordBatch) -> list[Commit]:
    """Turn a record batch of `SCHEMA` into commits."""
    return [Commit(*row) for row in zip(*map(_values, batch.columns), strict=True)]


def _record(kind: pa.StructType) -> Callable[..., Any] | None:
    return _RECORDS.get(tuple(field.name for field in kind))


def _array(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    """Values -> Arrow, one level of nesting a call: several times faster than row by row."""
    if pa.types.is_list(kind):
        offsets = pa.array(accumulate(map(len, values), initial=0), pa.int32())
        return pa.ListArray.from_arrays(offsets, _array(kind.value_type, list(chain.from_iterable(values))))
    if pa.types.is_struct(kind):
        if _record(kind):
            columns = [list(map(attrgetter(field.name), values)) for field in kind]
        else:
            columns = [list(column) for column in zip(*values, strict=True)] or [[] for _ in kind]
        arrays = [_array(field.type, column) for field, column in zip(kind, columns, strict=True)]
        return pa.StructArray.from_arrays(arrays, fields=list(kind))
    return pa.array(values, kind)


def _values(array: pa.Array) -> list[Any]:
    """Arrow -> values, the other way round: lists as tuples, structs as their records or tuples."""
    if pa.types.is_list(array.type):
        flat = _values(array.flatten())
        start = array.offsets[0].as_py() if len(array) else 0
        return [tuple(flat[a - start : b - start]) for a, b in pairwise(array.offsets.to_pylist())]
    if pa.types.is_struct(array.type):
        rows = zip(*map(_values, array.flatten()), strict=True)
        make = _record(array.type)
        return [make(*row) for row in rows] if make else list(rows)
    return list(array.to_pylist())


def read(path: Path) -> Iterator[Commit]:
    """Yield the commits of a file in order of arrival; one batch is in memory at a time.

    Each batch that was written is a row group of its own. Read across them, light batches would be joined with
    heavy ones, and all of their texts would be in memory at once.
    """
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_size=BATCH, row_groups=[group]):
                yield from to_commits(batch)


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
