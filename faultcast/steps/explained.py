"""What a model looks at: attributions over all judged changes, and a few changes in full."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultcast.features.catalogue import NAMES
from faultcast.models import Model
from faultcast.models.attributions import Attributions, attribute
from faultcast.models.normaliser import values_of
from faultcast.models.reasons import explain

SHOWN = 12
"""Features that are drawn, the most important first."""
POINTS = 300
"""Changes that are drawn a feature."""
EXAMPLES = 3
_REASONS = 5
_DIGITS = 6


def explained(chosen: Model, other: Model, table: pd.DataFrame) -> dict[str, Any] | None:
    """Attributions of the test rows by the chosen model, or by `other` where the chosen one is no sum of features.

    Returns:
        {"model", "unit", "base", "n", "largest_error" (of base and attributions against the margin), "importance":
        {feature: mean absolute effect}, "points": {feature: [[effect, place of its value among the others 0..1 or
        None]]}, "examples": [{"commit", "subject", "committed_at", "label", "risk", "band", "margin", "effects":
        [{"feature", "value", "effect"}], "reasons": [...]}]}, the examples being the riskiest changes; `None`
        where neither model can be explained so.
    """
    rows = table[table["split"] == "test"]
    values_NC, usual_NC = values_of(rows), values_of(table[table["split"] == "train"])
    for model in (chosen, other):
        found = attribute(model, values_NC, usual_NC)
        if found is not None:
            return _document(model, found, values_NC, rows)
    return None


def _document(model: Model, found: Attributions, values_NC: NDArray[np.float64], rows: pd.DataFrame) -> dict[str, Any]:
    importance = found.importance()
    error_N = np.abs(found.effects_NU.sum(axis=1) + found.base - found.margin_N)
    drawn_K = np.unique(np.linspace(0, len(rows) - 1, min(POINTS, len(rows))).round().astype(int))
    place = {name: i for i, name in enumerate(found.features)}
    return {
        "model": model.name,
        "unit": found.unit,
        "base": found.base,
        "n": len(rows),
        "largest_error": float(error_N.max(initial=0.0)),
        "importance": importance,
        "points": {
            name: _points(found.effects_NU[drawn_K, place[name]], values_NC[:, NAMES.index(name)], drawn_K)
            for name in list(importance)[:SHOWN]
        },
        "examples": _examples(model, found, values_NC, rows),
    }


def _points(
    effect_K: NDArray[np.float64], value_N: NDArray[np.float64], drawn_K: NDArray[np.int64]
) -> list[list[float | None]]:
    known_N = np.sort(value_N[~np.isnan(value_N)])
    below_K, upto_K = (np.searchsorted(known_N, value_N[drawn_K], side=side) for side in ("left", "right"))
    share_K = np.where(np.isnan(value_N[drawn_K]), np.nan, (below_K + upto_K) / 2 / max(1, len(known_N)))
    return [
        [round(float(effect), _DIGITS), None if np.isnan(share) else round(float(share), 3)]
        for effect, share in zip(effect_K, share_K, strict=True)
    ]


def _examples(
    model: Model, found: Attributions, values_NC: NDArray[np.float64], rows: pd.DataFrame
) -> list[dict[str, Any]]:
    risk_N = model.risk(rows)
    riskiest = np.argsort(-risk_N, kind="stable")[:EXAMPLES]
    reasons = explain(model, rows.iloc[riskiest], _REASONS)
    return [
        {
            "commit": str(rows["commit"].iloc[row]),
            "subject": str(rows["subject"].iloc[row]),
            "committed_at": int(rows["event_timestamp"].iloc[row].timestamp()),
            "label": int(rows["label"].iloc[row]),
            "risk": float(risk_N[row]),
            "band": str(model.band(float(risk_N[row]))),
            "margin": float(found.margin_N[row]),
            "effects": _effects(found, values_NC[row], row),
            "reasons": [asdict(reason) for reason in why],
        }
        for row, why in zip(riskiest.tolist(), reasons, strict=True)
    ]


def _effects(found: Attributions, values_C: NDArray[np.float64], row: int) -> list[dict[str, Any]]:
    """Every feature's effect, the largest first."""
    order = np.argsort(-np.abs(found.effects_NU[row]), kind="stable").tolist()
    values = [float(values_C[NAMES.index(found.features[i])]) for i in order]
    return [
        {"feature": found.features[i], "value": None if np.isnan(value) else value, "effect": float(effect)}
        for i, value, effect in zip(order, values, found.effects_NU[row][order], strict=True)
    ]
