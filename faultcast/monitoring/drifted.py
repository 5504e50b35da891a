"""Has what is asked moved away from what the model was taught with?

The numbers, the test and the rule are those of `faultcast.validation.drift`: a column has drifted where chance does not
explain it (p adjusted over all columns) *and* its PSI is large. Two things keep the alarm from being loud:

* a change counts once, however often it is asked for: rows that repeat one another make any test see ghosts;
* below `min_rows` changes nothing is decided (INCONCLUSIVE). Then chance alone hardly reaches a large PSI, so that
  looking every five minutes at windows that overlap is not a new throw of dice each time.

tests/monitoring/test_drift_is_not_loud.py simulates days of looks without a shift, and with one.
"""

from typing import Any

import numpy as np

from faultcast.monitoring.stats import instant
from faultcast.monitoring.window import Window
from faultcast.records import Outcome
from faultcast.validation.drift import Columns, Reference, compare
from faultcast.validation.reference import RISK

_STATUS = {Outcome.PASS.value: "no_drift", Outcome.FAIL.value: "drift", Outcome.INCONCLUSIVE.value: "unknown"}


def drift(window: Window, reference: Reference | None, *, since: float, min_rows: int, version: str) -> dict[str, Any]:
    """Compare the newest answers with the reference.

    Args:
        window: predictions, perhaps of a longer span.
        reference: what the model was taught with; None where nothing is known of that.
        since: answers from this instant (unix seconds) on are looked at, older ones only where those are fewer than
            `min_rows` changes.
        min_rows: changes below which nothing is decided.
        version: of the model whose risks are compared.

    Returns:
        {"status": "no_drift" | "drift" | "unknown", "outcome", "drift_detected", "drifted_feature_count",
        "drifted_features": [names, largest PSI first], "changes", "min_changes", "since", "until", "text", "columns":
        {name: `faultcast.validation.drift.Shift`}}. Where the status is unknown, whether and how many is None. `risk`
        is a column beside the features, but no feature: a drift of it alone is one, of 0 features.
    """
    rows = window.distinct(since, min_rows)
    found: dict[str, Any] = {
        "changes": len(rows),
        "min_changes": min_rows,
        "since": instant(float(window.at_N[rows].min())) if len(rows) else None,
        "until": instant(float(window.at_N[rows].max())) if len(rows) else None,
    }
    if reference is None:
        return _undecided("nothing is known of what the model was taught with; train it again, or name it") | found
    if len(rows) < min_rows:
        return _undecided(f"{len(rows)} changes were asked for, at least {min_rows} are needed to decide") | found
    compared = compare(reference, _columns(window, rows, version))
    names = [name for name in compared["drifted"] if name != RISK]
    is_open = compared["outcome"] == Outcome.INCONCLUSIVE.value
    return {
        "status": _STATUS[compared["outcome"]],
        "outcome": compared["outcome"],
        "drift_detected": None if is_open else compared["outcome"] == Outcome.FAIL.value,
        "drifted_feature_count": None if is_open else len(names),
        "drifted_features": names,
        **found,
        "text": _text(compared["drifted"], compared["columns"]),
        "columns": compared["columns"],
    }


def _undecided(text: str) -> dict[str, Any]:
    outcome = Outcome.INCONCLUSIVE.value
    return {
        "status": _STATUS[outcome], "outcome": outcome, "drift_detected": None, "drifted_feature_count": None,
        "drifted_features": [], "text": text, "columns": {},
    }  # fmt: skip


def _columns(window: Window, rows: "np.typing.NDArray[np.intp]", version: str) -> Columns:
    """The features of these rows, and the risks that this version gave them.

    A value that is missing because its field was not sent says nothing of the world: it is left out, not counted as
    missing.
    """
    assumed_N = window.is_assumed_N[rows]
    columns = {}
    for name, of_N in window.features.items():
        values_N = np.where(np.isfinite(of_N[rows]), of_N[rows], np.nan)
        columns[name] = values_N[~(assumed_N & np.isnan(values_N))]
    mine = [row for row in rows if window.model_N[row][1] == version]
    return {**columns, RISK: window.risk_N[mine]}


def _text(drifted: list[str], columns: dict[str, Any]) -> str:
    if not drifted:
        return "no column has drifted"
    shown = ", ".join(f"{name} (PSI {columns[name]['psi']:.2f})" for name in drifted[:5])
    more = f" and {len(drifted) - 5} more" if len(drifted) > 5 else ""
    return f"drifted: {shown}{more}"
