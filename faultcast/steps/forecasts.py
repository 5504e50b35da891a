"""Described changes -> what is told of each: risk, band and reasons."""

from dataclasses import asdict
from typing import Any, cast

import pandas as pd

from faultcast.features.semantic import FILE_MARK
from faultcast.models import Explainable
from faultcast.models.reasons import explain

_REASONS = 5


def forecasts(model: Explainable, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one entry a change, riskiest first; `table` has the catalogue's columns and the texts."""
    risks = model.risk(table)
    reasons = explain(model, table, _REASONS)
    rows = [
        {
            "commit": row["commit"],
            "subject": row["subject"],
            "committed_at": int(row["event_timestamp"].timestamp()),
            "author": row["author"],
            "paths": _paths(row["text"]),
            "risk": round(float(risk), 6),
            "band": str(model.band(float(risk))),
            "reasons": [asdict(reason) for reason in why],
        }
        for row, risk, why in zip(_records(table), risks, reasons, strict=True)
    ]
    return sorted(rows, key=lambda change: (-change["risk"], change["commit"]))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    named = ["commit", "subject", "event_timestamp", "author", "text"]
    return cast("list[dict[str, Any]]", table[named].to_dict("records"))


def _paths(text: str) -> list[str]:
    return [line.removeprefix(FILE_MARK) for line in (text or "").split("\n") if line.startswith(FILE_MARK)]
