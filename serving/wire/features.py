"""Raw feature values of a stranger -> rows of the catalogue, checked all at once; told one by one where one is wrong.

Shapes: N rows, C catalogue columns.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import BadChange
from faultcast.features.catalogue import CATALOGUE, NAMES, Feature
from serving.wire.fields import kind
from serving.wire.requests import Assumed, RawFeatures, Value

_HUGE = float(np.finfo(np.float64).max)
_WHOLE = 2.0**63
"""Whole numbers beyond this do not fit the catalogue's int64."""


def _low(feature: Feature) -> float:
    lowest = -_HUGE if feature.dtype == "float64" else -_WHOLE
    return 0.0 if feature.dtype == "bool" else max(lowest, -_HUGE if feature.minimum is None else feature.minimum)


def _high(feature: Feature) -> float:
    highest = _HUGE if feature.dtype == "float64" else float(np.nextafter(_WHOLE, 0))
    return 1.0 if feature.dtype == "bool" else min(highest, _HUGE if feature.maximum is None else feature.maximum)


_LOW_C = np.array([_low(feature) for feature in CATALOGUE])
_HIGH_C = np.array([_high(feature) for feature in CATALOGUE])
_FRACTIONS_C = np.array([feature.dtype == "float64" for feature in CATALOGUE])
_NO_BOOLS = tuple(i for i, feature in enumerate(CATALOGUE) if feature.dtype != "bool")
_numbers_of = operator.itemgetter(*_NO_BOOLS)
_NUMBERS = frozenset((int, float, type(None)))
_PLAIN = _NUMBERS | {bool}
_PYTHON = {"int64": int, "float64": float, "bool": bool}


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows of numbers (float64 array_NC, NaN where missing) whose ranges are still to be checked."""

    values_NC: NDArray[np.float64]  # noqa: N815
    named: str
    """How messages call a row, with its number for `{}`."""
    texts: Sequence[str | None] = ()
    """What came with each row; empty: nothing could."""

    def check(self) -> None:
        """Refuse what is out of a feature's range. Raises BadChange."""
        if not are_right(self.values_NC):
            for i, row in enumerate(self.values_NC.tolist()):
                for j, value in enumerate(row):
                    _complain(CATALOGUE[j], value, self.named.format(i), j)

    def assumed(self, row: int) -> tuple[Assumed, ...]:
        """What stands in for what a row lacks."""
        return assumptions(self.values_NC[row], has_text=bool(self.texts) and self.texts[row] is not None)


def read_list(values: Sequence[object], named: str, first: int = 0) -> NDArray[np.float64]:
    """Values in catalogue order, None where missing -> float64 array_NC, NaN where missing; ranges are not checked.

    Args:
        values: N times C of them, flat.
        named: how messages call a row, with its number for `{}`.
        first: number of the first row.

    Raises:
        BadChange: one is no number.
    """
    width = len(CATALOGUE)
    if not values or len(values) % width:
        raise BadChange(f"{named.format(first)}: found {len(values)} values, expected {width} in catalogue order")
    kinds = set(map(type, values))
    if not kinds <= _NUMBERS and (not kinds <= _PLAIN or _has_stray_bool(values, width)):
        for i, value in enumerate(values):
            _complain(CATALOGUE[i % width], value, named.format(first + i // width), i % width)
    return np.array(values, dtype=np.float64).reshape(-1, width)


def as_request(values_C: NDArray[np.float64], text: str, *, has_text: bool) -> RawFeatures:
    """One checked row as a request, in the catalogue's types."""
    values: dict[str, Value] = {
        feature.name: None if value != value else _PYTHON[feature.dtype](value)  # noqa: PLR0124  NaN alone differs
        for feature, value in zip(CATALOGUE, values_C.tolist(), strict=True)
    }
    return RawFeatures(values, text, assumptions(values_C, has_text=has_text))


def assumptions(values_C: NDArray[np.float64], *, has_text: bool) -> tuple[Assumed, ...]:
    """What stands in for what a row lacks."""
    missing = tuple(_MISSING[place] for place in np.flatnonzero(np.isnan(values_C)).tolist())
    return missing if has_text else (*missing, _NO_TEXT)


_MISSING = tuple(Assumed(name, "missing: the model puts what is typical") for name in NAMES)
_NO_TEXT = Assumed("text", "empty")


def _has_stray_bool(values: Sequence[object], width: int) -> bool:
    """Whether a number's place holds true or false, which NumPy would take for 1 and 0."""
    return any(bool in map(type, _numbers_of(values[at : at + width])) for at in range(0, len(values), width))


def are_right(values_NC: NDArray[np.float64]) -> bool:
    """Whether all values are of their feature's kind and range, or missing."""
    inside_NC = (values_NC >= _LOW_C) & (values_NC <= _HIGH_C) & (_FRACTIONS_C | (np.rint(values_NC) == values_NC))
    return bool((inside_NC | np.isnan(values_NC)).all())


def _complain(feature: Feature, value: object, where: str, place: int) -> None:
    """Say what is wrong with a value, if anything is."""
    if value is None or value != value:  # noqa: PLR0124  NaN alone differs from itself
        return
    at = f"{where}[{place}] ({feature.name})"
    if feature.dtype == "bool":
        if not isinstance(value, bool | int | float) or value not in (0, 1):
            raise BadChange(f"{at}: expected true, false, 0 or 1, found {_shown(value)}")
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _HUGE:
        raise BadChange(f"{at}: expected a finite number or null, found {_shown(value)}")
    if feature.dtype == "int64" and (value != int(value) or abs(value) >= _WHOLE):
        raise BadChange(f"{at}: expected a whole number, found {_shown(value)}")
    if not _LOW_C[place] <= value <= _HIGH_C[place]:
        raise BadChange(f"{at}: expected {feature.range}, found {_shown(value)}")


def _shown(value: object) -> str:
    """A number as briefly as it can be told, and the kind of everything else."""
    return (
        (str(value) if isinstance(value, bool) else f"{value:.15g}") if isinstance(value, int | float) else kind(value)
    )
