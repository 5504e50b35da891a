"""Raw features -> model input. Travels with the model as JSON; nothing in it can run.

Counts are skewed, so they pass through ``sign(x) * log(1 + |x|)`` (as in Kamei et al. 2013); all
columns are then centred and scaled. A missing value becomes the training median, and where training
had missing values an indicator column says so. Columns that never varied in training are left out.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import ContractMismatch
from faultcast.features.catalogue import CATALOGUE, NAMES

if TYPE_CHECKING:
    import pandas as pd

_LINEAR_UNITS = {"", "share", "hour", "day"}


@dataclass(frozen=True, slots=True)
class Column:
    """One input column: the feature's values if `kind` is "value", 0/1 if it is "missing"."""

    feature: str
    kind: str
    log: bool
    fill: float
    mean: float
    scale: float


class _Arrays(NamedTuple):
    """The columns as arrays: a single change is normalised in microseconds, not a column at a time."""

    place_F: NDArray[np.intp]  # noqa: N815  where the feature stands in the catalogue
    fill_F: NDArray[np.float64]  # noqa: N815
    mean_F: NDArray[np.float64]  # noqa: N815
    scale_F: NDArray[np.float64]  # noqa: N815
    logs_G: NDArray[np.intp]  # noqa: N815  the columns that pass through the logarithm
    missing_H: NDArray[np.intp]  # noqa: N815  the columns that say that a value is missing


@dataclass(frozen=True)  # without slots: `_arrays` is kept beside the fields
class Normaliser:
    """`typical` holds every feature's training median (`None` where training never saw a value)."""

    columns: tuple[Column, ...]
    typical: dict[str, float | None]

    def apply(self, values_NC: NDArray[np.float64]) -> NDArray[np.float32]:
        """Catalogue values (float64 array_NC, NaN = missing) -> model input (float32 array_NF)."""
        all_ = self._arrays
        value_NF = values_NC[:, all_.place_F]
        unknown_NF = np.isnan(value_NF)
        input_NF = np.where(unknown_NF, all_.fill_F, value_NF)
        input_NF[:, all_.missing_H] = unknown_NF[:, all_.missing_H]
        input_NF[:, all_.logs_G] = _signed_log(input_NF[:, all_.logs_G])
        return np.asarray((input_NF - all_.mean_F) / all_.scale_F, dtype=np.float32)

    @cached_property
    def typical_C(self) -> NDArray[np.float64]:
        """`typical` of the features that are read, as float64 array_C in catalogue order; NaN for all others."""
        read = {column.feature for column in self.columns}
        known = (self.typical[name] if name in read else None for name in NAMES)
        return np.array([np.nan if value is None else value for value in known])

    @cached_property
    def _arrays(self) -> _Arrays:
        columns = self.columns
        place = {name: i for i, name in enumerate(NAMES)}
        return _Arrays(
            np.array([place[column.feature] for column in columns], dtype=np.intp),
            np.array([column.fill for column in columns]),
            np.array([column.mean for column in columns]),
            np.array([column.scale for column in columns]),
            np.array([i for i, column in enumerate(columns) if column.log and column.kind == "value"], dtype=np.intp),
            np.array([i for i, column in enumerate(columns) if column.kind == "missing"], dtype=np.intp),
        )


def values_of(table: "pd.DataFrame") -> NDArray[np.float64]:
    """The catalogue columns as float64 array_NC in catalogue order; missing and infinite become NaN.

    Raises:
        ContractMismatch: a catalogue column is absent or holds something that is no number.
    """
    import pandas as pd  # noqa: PLC0415  who has a table has pandas; who scores rows has neither

    missing = [name for name in NAMES if name not in table.columns]
    if missing:
        raise ContractMismatch(f"The changes lack the features {', '.join(missing)}; describe them first")
    values_NC = np.empty((len(table), len(NAMES)))
    for i, name in enumerate(NAMES):
        try:
            values_NC[:, i] = pd.to_numeric(table[name]).astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ContractMismatch(f"Feature {name} holds something that is no number: {error}") from error
    values_NC[~np.isfinite(values_NC)] = np.nan
    return values_NC


def fit_normaliser(values_NC: NDArray[np.float64]) -> Normaliser:
    """Learn medians, scales and which columns vary, from the training rows alone."""
    columns: list[Column] = []
    typical: dict[str, float | None] = {}
    for i, feature in enumerate(CATALOGUE):
        value_N = values_NC[:, i]
        known_N = np.isfinite(value_N)
        median = float(np.median(value_N[known_N])) if known_N.any() else None
        if median is not None and feature.dtype == "bool":
            median = float(median >= 0.5)
        typical[feature.name] = median
        fill = median if median is not None else feature.default or 0.0
        log = feature.unit not in _LINEAR_UNITS
        candidates = [Column(feature.name, "value", log, fill, 0.0, 1.0)]
        if not known_N.all():
            candidates.append(Column(feature.name, "missing", log=False, fill=0.0, mean=0.0, scale=1.0))
        for column in candidates:
            seen_N = _transform(value_N, column)
            if seen_N.std() > 1e-9:
                scaled = (float(seen_N.mean()), float(seen_N.std()))
                columns.append(Column(column.feature, column.kind, column.log, column.fill, *scaled))
    return Normaliser(tuple(columns), typical)


def _transform(value_N: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    if column.kind == "missing":
        return np.isnan(value_N).astype(np.float64)
    filled_N = np.where(np.isnan(value_N), column.fill, value_N)
    return _signed_log(filled_N) if column.log else filled_N


def _signed_log(value_N: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sign(value_N) * np.log1p(np.abs(value_N)))
