"""`dataset.parquet` and, beside it, `dataset.json`: what the table holds, without reading it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.dataset.split import SPLITS, SplitPlan
from faultcast.dataset.table import COLUMNS, data_fingerprint
from faultcast.errors import ContractMismatch, InsufficientSamples, NotFound
from faultcast.features.table import INSTANT, TYPES

_FIRST = {
    "event_timestamp": INSTANT,
    "label_as_of": INSTANT,
    "label": pa.int64(),
    "confidence": pa.float64(),
    **TYPES,
}
SCHEMA = pa.schema([(name, _FIRST.get(name, pa.string())) for name in COLUMNS])


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """The sidecar. Instants are unix seconds; `counts[split]` has `changes` and `inducing`."""

    as_of: int
    ripening_days: float
    train_until: int
    validation_until: int
    counts: dict[str, dict[str, int]]
    data_fingerprint: str
    insufficient: dict[str, Any] | None = None
    """Why no model can be learnt: what was counted, found, needed and said. None where one can."""


def write(
    table: pd.DataFrame, plan: SplitPlan, path: Path, insufficient: InsufficientSamples | None = None
) -> DatasetInfo:
    """Write an assembled table to `path` (`…/dataset.parquet`) and its `dataset.json` beside it."""
    info = DatasetInfo(
        as_of=plan.as_of,
        ripening_days=plan.ripening_days,
        train_until=plan.train_until,
        validation_until=plan.validation_until,
        counts={
            split: {
                "changes": int((table["split"] == split).sum()),
                "inducing": int(((table["split"] == split) & (table["label"] == 1).fillna(value=False)).sum()),
            }
            for split in SPLITS
        },
        data_fingerprint=data_fingerprint(table),
        insufficient=None
        if insufficient is None
        else {
            "what": insufficient.what,
            "found": insufficient.found,
            "needed": insufficient.needed,
            "message": str(insufficient),
        },
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and moved: a run that is killed here leaves no half file under the real name.
    aside = path.with_suffix(".partial")
    arrow = pa.Table.from_pandas(table[list(COLUMNS)], schema=SCHEMA, preserve_index=False)
    pq.write_table(arrow, aside, compression="zstd")
    aside.replace(path)
    aside.write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")
    aside.replace(_sidecar(path))
    return info


def read(path: Path) -> tuple[pd.DataFrame, DatasetInfo]:
    """Read what `write` wrote; catalogue columns and `label` come as nullable pandas types.

    Raises:
        NotFound: there is no data set at `path`.
        ContractMismatch: its columns are not today's.
    """
    info = read_info(path)
    arrow = pq.read_table(path)
    if arrow.column_names != list(COLUMNS):
        differing = sorted(set(arrow.column_names) ^ set(COLUMNS)) or ["their order"]
        raise ContractMismatch(f"{path} was assembled with other columns ({', '.join(differing)}); assemble it again")
    table = arrow.to_pandas(types_mapper=nullable_types)
    return table, info


_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}


def read_info(path: Path) -> DatasetInfo:
    """Read the sidecar of a data set alone.

    Raises:
        NotFound: there is no data set at `path`.
    """
    if not path.is_file() or not _sidecar(path).is_file():
        raise NotFound(f"No data set at {path} with a {_sidecar(path).name} beside it; run the assemble stage first")
    return DatasetInfo(**json.loads(_sidecar(path).read_text(encoding="utf-8")))


def nullable_types(kind: pa.DataType) -> Any:
    """pandas' nullable type of an Arrow type, so that missing stays missing; for ``to_pandas(types_mapper=…)``."""
    return _NULLABLE.get(kind)


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".json")
