"""Rows -> columns for monitoring, without a record for each prediction.

N = predictions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from faultcast.adapters.prediction_log.rows import FeatureSets
from faultcast.adapters.prediction_log.sql import Rows
from faultcast.monitoring.settled import Given
from faultcast.monitoring.window import Floats, Window

_COLUMNS = (
    'at, risk, latency_seconds, band, model_name, model_version, alias, "commit", input_digest, is_shadow, '
    "assumed, feature_set, features"
)
_SPAN = "FROM predictions WHERE at >= ? AND at < ?"
_FIRST = """
SELECT p."commit", p.at, p.risk, p.model_name, p.model_version, p.alias FROM predictions p JOIN (
    SELECT min(number) AS number FROM predictions WHERE repository = ? AND "commit" <> '' AND at <= ?
    GROUP BY "commit", model_name, model_version, alias
) first ON first.number = p.number ORDER BY p.number
"""


def window(rows: Rows, sets: FeatureSets, start: float, end: float, limit: int) -> Window:
    """The newest `limit` predictions of a span as columns."""
    total = int(rows(f"SELECT count(*) {_SPAN}", (start, end))[0][0])
    statement = f"SELECT {_COLUMNS} {_SPAN} ORDER BY at DESC, number DESC LIMIT ?"
    found = rows(statement, (start, end, limit))
    turned: list[Sequence[Any]] = list(zip(*found, strict=True)) if found else [()] * 13
    at, risk, latency, band, name, version, alias, commit, digest, is_shadow, assumed, feature_set, features = turned
    return Window(
        start=start,
        end=end,
        total=total,
        at_N=np.array(at, dtype=np.float64),
        risk_N=np.array(risk, dtype=np.float64),
        latency_seconds_N=np.array(latency, dtype=np.float64),
        band_N=band,
        model_N=list(zip(name, version, alias, strict=True)),
        change_N=[known or sent for known, sent in zip(commit, digest, strict=True)],
        is_shadow_N=np.array(is_shadow, dtype=np.bool_),
        is_assumed_N=np.array([text != "" for text in assumed], dtype=np.bool_),
        features=_features(feature_set, features, sets),
    )


def given(rows: Rows, repository: str, until: float) -> list[Given]:
    """What each model first said of each commit of a repository."""
    return [
        Given(commit, at, risk, name, version, alias)
        for commit, at, risk, name, version, alias in rows(_FIRST, (repository, until))
    ]


def _features(feature_set: Sequence[str], features: Sequence[bytes], sets: FeatureSets) -> dict[str, Floats]:
    """Name -> float_N; NaN also where a prediction's set lacks a feature."""
    columns: dict[str, Floats] = {}
    named_N = np.array(feature_set)
    for named in dict.fromkeys(feature_set):
        at = np.flatnonzero(named_N == named)
        names = sets[named]
        packed = b"".join(bytes(features[int(row)]) for row in at)
        values_MF = np.frombuffer(packed, dtype="<f8").reshape(len(at), len(names))
        for column, name in enumerate(names):
            columns.setdefault(name, np.full(len(feature_set), np.nan))[at] = values_MF[:, column]
    return columns
