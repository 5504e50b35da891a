"""What an earlier run has mined, to be taken over by the next."""

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.errors import NotFound
from faultcast.history import store

_GROUPS_IN_MEMORY = 4


class Kept:
    """A file of commits that an earlier run wrote, asked by their ids; a few row groups are in memory at a time.

    `places` has those that can be taken over: all but those of which something was skipped, which are tried again.
    `authors` tells by which key, mailmap and list of the forgotten its authors were named.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            NotFound: there is none, or none that can be used.
        """
        self._path = path
        self._tables: OrderedDict[int, pa.Table] = OrderedDict()
        with _usable(path):
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
            facts = {key.decode(): value.decode() for key, value in (self._file.metadata.metadata or {}).items()}
            if facts.get("format") != str(store.FORMAT):
                raise NotFound(f"{path}: found format {facts.get('format', 'none')}, expected {store.FORMAT}")
            self.authors = facts["authors"]
            again = set(json.loads(facts["skipped"]))
            self.places: dict[str, tuple[int, int]] = {}
            for group in range(self._file.num_row_groups):
                ids = self._file.read_row_group(group, columns=["id"])["id"].to_pylist()
                self.places |= {one: (group, row) for row, one in enumerate(ids) if one not in again}

    def rows(self, ids: Sequence[str]) -> pa.Table:
        """The rows of some commits, in their order.

        Raises:
            NotFound: the file is damaged.
        """
        places = [self.places[one] for one in ids]
        starts: dict[int, int] = {}
        tables: list[pa.Table] = []
        for group, _ in places:
            if group not in starts:
                starts[group] = sum(table.num_rows for table in tables)
                tables.append(self._group(group))
        with _usable(self._path):
            return pa.concat_tables(tables).take([starts[group] + row for group, row in places])

    def _group(self, group: int) -> pa.Table:
        if group not in self._tables:
            with _usable(self._path):
                self._tables[group] = self._file.read_row_group(group)
            if len(self._tables) > _GROUPS_IN_MEMORY:
                self._tables.popitem(last=False)
        return self._tables[group]


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"{path}: found no file of commits") from error
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise NotFound(f"{path}: found no usable file of commits ({str(error)[:200]})") from error
