"""Predictions <-> rows of a table. Features are float64 in the order of a set of names that is kept once.

A row of 90 features is 720 bytes, reads into NumPy without parsing, and gives back what it was given: a missing value
is NaN, an integer below 2**53 is itself.
"""

import hashlib
import json
import sys
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf, isnan, nan
from typing import Any

from faultcast.records import Band, LoggedPrediction

Row = tuple[Any, ...]
"""One prediction, in the order of COLUMNS."""

COLUMNS = (
    "prediction_id", "at", "repository", "commit", "risk", "band", "model_name", "model_version", "alias", "is_shadow",
    "input_digest", "feature_set", "features", "assumed", "request_id", "principal", "latency_seconds",
)  # fmt: skip
FEATURE_SET = COLUMNS.index("feature_set")

_SWAP = sys.byteorder == "big"


@lru_cache(maxsize=64)
def fingerprint(names: tuple[str, ...]) -> str:
    """Short name of a set of features in their order."""
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


class FeatureSets:
    """Names by fingerprint, of all sets that one process has met. Safe between threads: entries are only added."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, feature_set: str) -> tuple[str, ...]:
        return self._names[feature_set]

    def __contains__(self, feature_set: str) -> bool:
        return feature_set in self._names

    def learn(self, names: tuple[str, ...]) -> str:
        feature_set = fingerprint(names)
        if feature_set not in self._names:
            self._names[feature_set] = names
        return feature_set


def row(prediction: LoggedPrediction, sets: FeatureSets) -> Row:
    """A prediction as a row; its set of features is learned."""
    return (
        prediction.prediction_id, prediction.at, kept_text(prediction.repository), kept_text(prediction.commit),
        prediction.risk, str(prediction.band), kept_text(prediction.model_name), kept_text(prediction.model_version),
        prediction.alias, int(prediction.is_shadow), prediction.input_digest, sets.learn(tuple(prediction.features)),
        packed(prediction.features), kept_text("\n".join(prediction.assumed)), kept_text(prediction.request_id),
        kept_text(prediction.principal), prediction.latency_seconds,
    )  # fmt: skip


def prediction(found: Sequence[Any], sets: FeatureSets) -> LoggedPrediction:
    """A row as the prediction that it was."""
    named = dict(zip(COLUMNS, found, strict=True))
    names = sets[named.pop("feature_set")]
    assumed = named.pop("assumed")
    return LoggedPrediction(
        **named
        | {
            "band": Band(named["band"]),
            "is_shadow": bool(named["is_shadow"]),
            "features": dict(zip(names, unpacked(named["features"]), strict=True)),
            "assumed": tuple(assumed.split("\n")) if assumed else (),
        }
    )


def packed(features: Mapping[str, float | bool | None]) -> bytes:
    """Values as little-endian float64, NaN where missing."""
    try:
        values = array("d", [nan if value is None else value for value in features.values()])
    except OverflowError:  # an integer beyond float64
        values = array("d", [_clamped(value) for value in features.values()])
    if _SWAP:
        values.byteswap()
    return values.tobytes()


def unpacked(content: bytes) -> list[float | None]:
    """Values as `packed` wrote them."""
    values = array("d")
    values.frombytes(bytes(content))
    if _SWAP:
        values.byteswap()
    return [None if isnan(value) else value for value in values]


def _clamped(value: float | bool | None) -> float:
    if value is None:
        return nan
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def kept_text(text: str) -> str:
    """What every database can keep: neither NUL nor half a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
