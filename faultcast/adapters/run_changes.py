"""What a finished run's files tell of its changes, for who only looks: rows, labels, messages, blocks.

Everything is read when it is first asked for, and only the columns that are needed; a history of a hundred thousand
changes is never in memory with its texts. Safe to use from threads.
"""

import threading
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faultcast.features import Row
from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.history import store
from faultcast.records import Commit, Label

_LISTED = ("commit", "event_timestamp", "author", "subject", "lines_added", "lines_deleted", "files")
_FOUND = (
    "id", "committed_at", "message", "author", "parents", "files.list.element.path", "files.list.element.status",
    "files.list.element.lines_added", "files.list.element.lines_deleted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """One change that is no merge, in a line."""

    commit: str
    committed_at: int
    author: str
    subject: str
    lines_added: int
    lines_deleted: int
    files: int


class RunChanges:
    """The changes of one run.

    Args:
        features: what `describe` wrote; history: `mine`; labels: `label`.
    """

    def __init__(self, *, features: Path, history: Path, labels: Path) -> None:
        self._features = features
        self._history = history
        self._labels_file = labels
        self._lock = threading.RLock()

    @property
    def changes(self) -> list[Listed]:
        """All changes in the order in which they arrived."""
        with self._lock:
            return self._changes

    @property
    def place(self) -> Mapping[str, int]:
        """Commit -> its place among `changes`."""
        with self._lock:
            return self._place

    def label(self, commit: str, as_of: float) -> Label | None:
        """What was known of a change at an instant (unix seconds); None where nothing was."""
        with self._lock:
            known = self._labels.get(commit, ())
        return max((label for label in known if label.known_at <= as_of), key=lambda one: one.known_at, default=None)

    def values(self, start: int, stop: int) -> NDArray[np.float64]:
        """Features of the changes at some places: float64 array_NC in catalogue order, NaN where missing."""
        with self._lock:
            return self._values[start:stop]

    def row(self, commit: str) -> Row:
        """The stored row of a change, without its text and paths."""
        at = self.place[commit]
        one = self.changes[at]
        with self._lock:
            values_C = self._values[at].tolist()
        values = {
            feature.name: None if np.isnan(value) else int(value) if feature.dtype != "float64" else value
            for feature, value in zip(CATALOGUE, values_C, strict=True)
        }
        return Row(commit, one.committed_at, one.author, one.subject, (), "", values)

    def found(self, commit: str) -> dict[str, Any] | None:
        """Message, parents and files (path, status, lines) of a commit, merges too; None where there is none."""
        with self._lock:
            table = self._of_history(commit, list(_FOUND))
        return None if table is None else dict(table.to_pylist()[0])

    def commit(self, commit: str) -> Commit | None:
        """The commit with all of its hunks; slower than `found`."""
        with self._lock:
            table = self._of_history(commit, None)
        return None if table is None else store.to_commits(table.combine_chunks().to_batches()[0])[0]

    @cached_property
    def _changes(self) -> list[Listed]:
        table = _read(self._features, list(_LISTED))
        columns = [table[name].to_pylist() for name in _LISTED if name != "event_timestamp"]
        columns.insert(1, _seconds(table["event_timestamp"]))
        return [Listed(*row) for row in zip(*columns, strict=True)]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {change.commit: at for at, change in enumerate(self._changes)}

    @cached_property
    def _labels(self) -> dict[str, list[Label]]:
        table = _read(self._labels_file)
        known: dict[str, list[Label]] = {}
        seconds = _seconds(table["created"])
        names = ("commit", "label", "confidence", "fix", "rule")
        rows = zip(seconds, *(table[name].to_pylist() for name in names), strict=True)
        for at, commit, label, confidence, fix, rule in rows:
            known.setdefault(commit, []).append(Label(commit, bool(label), at, confidence, fix or "", rule or ""))
        return known

    @cached_property
    def _values(self) -> NDArray[np.float64]:
        table = _read(self._features, list(NAMES))
        values_NC = np.empty((len(table), len(NAMES)), np.float64)
        for at, name in enumerate(NAMES):
            values_NC[:, at] = _numbers(table[name].cast(pa.float64()))
        return values_NC

    @cached_property
    def _places_in_history(self) -> tuple[dict[str, int], list[int]]:
        """Commit -> its row, and the first row of each row group."""
        with pq.ParquetFile(self._history) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            ids = file.read(columns=["id"])["id"].to_pylist()
        return {commit: at for at, commit in enumerate(ids)}, [0, *accumulate(sizes)]

    def _of_history(self, commit: str, columns: list[str] | None) -> pa.Table | None:
        places, starts = self._places_in_history
        if commit not in places:
            return None
        group = bisect_right(starts, places[commit]) - 1
        with pq.ParquetFile(self._history) as file:
            table = file.read_row_group(group, columns=columns)
        return table.slice(places[commit] - starts[group], 1)


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read columns without what a reader of whole data sets brings along."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns, use_threads=False)


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column of 64-bit numbers, null as NaN. `to_numpy` would import pandas, which takes a server 50 MB."""
    return np.concatenate([_chunk(chunk) for chunk in column.chunks] or [np.empty(0)])


def _chunk(chunk: pa.Array) -> NDArray[Any]:
    if not chunk.null_count:
        return np.from_dlpack(chunk)
    is_null_N = np.from_dlpack(chunk.is_null().cast(pa.uint8())).astype(bool)
    if chunk.null_count == len(chunk):
        return np.full(len(chunk), np.nan)
    found_N: NDArray[Any] = np.frombuffer(chunk.buffers()[1], np.float64, len(chunk), 8 * chunk.offset)
    return np.where(is_null_N, np.nan, found_N)


def _seconds(instants: pa.ChunkedArray) -> list[int]:
    return [int(at) for at in (_numbers(instants.cast(pa.int64())) // 1_000_000).tolist()]
