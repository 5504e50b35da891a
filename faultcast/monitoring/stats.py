"""What can be told of predictions before any label has come: counts, risks, doubt, latency.

N = predictions.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np

from faultcast.monitoring.window import Floats, Window
from faultcast.records import Band

UNSURE = (0.4, 0.6)
"""Risks in between tell little."""
_QUANTILES = (5, 25, 50, 75, 95)


def stats(window: Window) -> dict[str, Any]:
    """Counts and shares of what was answered; numbers are None where nothing was. Shadows are counted apart.

    Returns:
        {"window": {"start", "end", "hours"}, "predictions": {"total", "looked_at", "answered", "shadow",
        "distinct_changes", "per_hour"}, "models": [{"model_name", "model_version", "alias", "predictions", "share",
        "mean_risk", "high_share"}], "risk": {"mean", "std", "p05" … "p95", "histogram": ten counts}, "bands":
        {band: count}, "proxy_metrics": {"mean_entropy", "unsure_share", "high_share", "missing_share",
        "assumed_share", "repeated_share"}, "latency_seconds": {"mean", "p50", "p95", "p99", "max"}}
    """
    rows = window.answered()
    hours = (window.end - window.start) / 3600
    distinct = len({window.change_N[row] for row in rows})
    bands = Counter(window.band_N[row] for row in rows)
    return {
        "window": {"start": instant(window.start), "end": instant(window.end), "hours": round(hours, 3)},
        "predictions": {
            "total": window.total,
            "looked_at": len(window),
            "answered": len(rows),
            "shadow": len(window) - len(rows),
            "distinct_changes": distinct,
            "per_hour": round(len(rows) / hours, 3) if hours else None,
        },
        "models": _models(window),
        "risk": _risk(window.risk_N[rows]),
        "bands": {band.value: bands[band.value] for band in Band},
        "proxy_metrics": {
            "mean_entropy": _mean(entropy(window.risk_N[rows])),
            "unsure_share": _mean((window.risk_N[rows] > UNSURE[0]) & (window.risk_N[rows] < UNSURE[1])),
            "high_share": bands[Band.HIGH.value] / len(rows) if len(rows) else None,
            "missing_share": _mean(
                np.concatenate([np.isnan(of_N[rows]) for of_N in window.features.values()] or [np.empty(0)])
            ),
            "assumed_share": _mean(window.is_assumed_N[rows]),
            "repeated_share": 1 - distinct / len(rows) if len(rows) else None,
        },
        "latency_seconds": _latency(window.latency_seconds_N[rows]),
    }


def entropy(risk_N: Floats) -> Floats:
    """Bits of doubt in each risk: 0 where it is 0 or 1, 1 where it is .5.

    >>> entropy(np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    found_N = np.zeros(len(risk_N))
    for share_N in (risk_N, 1 - risk_N):
        some_N = share_N > 0
        found_N[some_N] -= share_N[some_N] * np.log2(share_N[some_N])
    return found_N


def instant(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC.

    >>> instant(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _models(window: Window) -> list[dict[str, Any]]:
    found = []
    for model, count in Counter(window.model_N).most_common():
        rows = np.array([row for row, named in enumerate(window.model_N) if named == model], dtype=np.intp)
        found.append(
            {
                "model_name": model[0],
                "model_version": model[1],
                "alias": model[2],
                "predictions": count,
                "share": count / len(window),
                "mean_risk": _mean(window.risk_N[rows]),
                "high_share": sum(window.band_N[row] == Band.HIGH.value for row in rows) / count,
            }
        )
    return found


def _risk(risk_N: Floats) -> dict[str, Any]:
    quantiles = np.quantile(risk_N, [level / 100 for level in _QUANTILES]) if len(risk_N) else [None] * len(_QUANTILES)
    return {
        "mean": _mean(risk_N),
        "std": float(risk_N.std()) if len(risk_N) else None,
        **{
            f"p{level:02d}": None if value is None else float(value)
            for level, value in zip(_QUANTILES, quantiles, strict=True)
        },
        "histogram": np.histogram(risk_N, bins=10, range=(0, 1))[0].tolist(),
    }


def _latency(seconds_N: Floats) -> dict[str, float | None]:
    if not len(seconds_N):
        return dict.fromkeys(("mean", "p50", "p95", "p99", "max"))
    p50, p95, p99 = (float(value) for value in np.quantile(seconds_N, [0.5, 0.95, 0.99]))
    return {"mean": float(seconds_N.mean()), "p50": p50, "p95": p95, "p99": p99, "max": float(seconds_N.max())}


def _mean(values_N: "np.typing.ArrayLike") -> float | None:
    values_N = np.asarray(values_N)
    return float(values_N.mean()) if values_N.size else None
