"""Change metrics as Parquet, typed as the catalogue has them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.features.catalogue import KAMEI_14
from faultcast.features.table import INSTANT, TYPES
from faultcast.steps.metrics import MetricsRow

SCHEMA = pa.schema(
    [
        ("commit", pa.string()),
        ("committed_at", INSTANT),
        ("author", pa.string()),
        *((name, TYPES[name]) for name in KAMEI_14),
    ]
)


@contextmanager
def parquet(path: Path) -> Iterator[Callable[[list[MetricsRow]], None]]:
    """Yield what writes rows to a new file of `SCHEMA`."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:

        def write(rows: list[MetricsRow]) -> None:
            columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in SCHEMA]
            columns[1] = [at * 1_000_000 for at in columns[1]]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))

        yield write
