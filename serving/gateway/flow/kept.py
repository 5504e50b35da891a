"""An answer as JSON and back. Whoever else can write where it lies is a stranger: anything unexpected is a miss.

    {"commit": "…", "risk": 0.7, "band": "high", "model": ["shop", "3"],
     "reasons": [["lines_added", 40.0, 8.0, 0.2, "…"]], "values": {"lines_added": 40}, "assumed": [["author", "…"]]}

What is read can be wrong only as far as an answer of the same form can: no other fields, no other features, no
numbers out of range, no text longer than `MAX_TEXT`. A text may say anything, as any message may: pages escape it.
"""

import math
from collections.abc import Mapping
from typing import Any

import orjson

from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.records import Band, Prediction, Reason
from serving.wire.requests import Assumed, Scored, Value

MAX_BYTES = 256_000
"""Of one answer; a larger one is not kept."""
MAX_TEXT = 2_000
MAX_REASONS = 200
MAX_ASSUMED = 5_000

_FIELDS = frozenset(("commit", "risk", "band", "model", "reasons", "values", "assumed"))
_TYPES = {"int64": int, "float64": float, "bool": bool}
_TYPE_OF = {feature.name: _TYPES[feature.dtype] for feature in CATALOGUE}
_BANDS = {band.value: band for band in Band}
_REASON_NAMES = frozenset((*NAMES, "text"))


def write(scored: Scored) -> bytes:
    """An answer as JSON."""
    prediction = scored.prediction
    return orjson.dumps({
        "commit": prediction.commit,
        "risk": prediction.risk,
        "band": prediction.band.value,
        "model": (prediction.model_name, prediction.model_version),
        "reasons": [(one.feature, one.value, one.typical, one.effect, one.text) for one in prediction.reasons],
        "values": dict(scored.values),
        "assumed": [(one.field, one.instead) for one in scored.assumed],
    })  # fmt: skip


def read(text: bytes) -> Scored | None:
    """An answer from JSON; None where it is not what `write` writes."""
    if len(text) > MAX_BYTES:
        return None
    try:
        return _scored(orjson.loads(text))
    except _Unexpected:
        return None
    except orjson.JSONDecodeError:
        return None


class _Unexpected(Exception):
    """Something that `write` does not write."""


def _scored(data: Any) -> Scored:
    _need(isinstance(data, Mapping) and data.keys() == _FIELDS)
    _need(isinstance(data["band"], str) and data["band"] in _BANDS)
    model = _row(data["model"], 2)
    prediction = Prediction(
        commit=_text(data["commit"]),
        risk=_number(data["risk"], 0.0, 1.0),
        band=_BANDS[data["band"]],
        reasons=tuple(_reason(one) for one in _rows(data["reasons"], MAX_REASONS)),
        model_name=_text(model[0]),
        model_version=_text(model[1]),
    )
    assumed = (_row(one, 2) for one in _rows(data["assumed"], MAX_ASSUMED))
    return Scored(prediction, _values(data["values"]), tuple(Assumed(_text(one[0]), _text(one[1])) for one in assumed))


def _reason(data: object) -> Reason:
    feature, value, typical, effect, text = _row(data, 5)
    _need(isinstance(feature, str) and feature in _REASON_NAMES)
    return Reason(feature, _shown(value), _shown(typical), _number(effect, -1.0, 1.0), _text(text))


def _values(data: Any) -> dict[str, Value]:
    _need(isinstance(data, Mapping) and data.keys() <= _TYPE_OF.keys())
    for name, value in data.items():
        _need(value is None or type(value) is _TYPE_OF[name])
    return dict(data)


def _shown(value: object) -> float | str | None:
    if value is None:
        return None
    return _text(value) if isinstance(value, str) else _number(value, -math.inf, math.inf)


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _Unexpected
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _Unexpected
    return value


def _rows(data: object, most: int) -> list[Any]:
    if not isinstance(data, list) or len(data) > most:
        raise _Unexpected
    return data


def _row(data: object, length: int) -> list[Any]:
    if not isinstance(data, list) or len(data) != length:
        raise _Unexpected
    return data


def _need(holds: bool) -> None:
    if not holds:
        raise _Unexpected
