"""Has what is asked moved away from what the model was taught with, farther than this history always moves?

A history never stands still. On real repositories a plain two-sample test calls a third of the columns drifted in
every window, right after training (docs/decisions/0025): an alarm that always rings. So the window is measured against
what the history did by itself while it was learnt from (`faultcast.validation.reference.Usual`):

* **the alarm**: the mean PSI over all columns that were sent is more than `MARGIN` times what nine in ten windows of
  the history stayed below over the same columns, and at least one of them has drifted. One number decides, so nothing
  is multiplied by the count of columns or by looking again at windows that overlap;
* **a column has drifted** where chance does not explain it (p adjusted over all columns, Benjamini & Hochberg), its PSI
  is large (.25 and more; both `faultcast.validation.drift`), and larger than in any window of the history.

A change counts once, however often it is asked for: rows that repeat one another make any test see ghosts. One that
touches no source code counts not at all, since the reference has none of them. Below `min_rows` changes nothing is
decided. tests/monitoring/test_drift_is_not_loud.py simulates days of looks without a shift and with one; `python
benchmarks/drift.py` does it on real histories.
"""

from typing import Any

import numpy as np

from faultcast.monitoring.stats import instant
from faultcast.monitoring.window import Floats, Window
from faultcast.records import Outcome
from faultcast.validation.drift import Columns, Reference, Summary, compare, present_only
from faultcast.validation.reference import RISK, Frozen, Usual

MARGIN = 1.3
"""Over the mean PSI that nine in ten of the history's own windows stayed below."""

_EDGES = np.arange(1, 10) / 10
"""Between ten bins of risks."""
_STATUS = {Outcome.PASS.value: "no_drift", Outcome.FAIL.value: "drift", Outcome.INCONCLUSIVE.value: "unknown"}


def drift(window: Window, reference: Frozen | None, *, since: float, min_rows: int, version: str) -> dict[str, Any]:
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
        "drifted_features": [names, largest PSI first; none unless the alarm rings], "moved_features": [those beyond
        what is usual, alarm or not], "mean_psi", "usual_mean_psi", "margin", "risk_shift": "none" | "moderate" |
        "large" | "unknown", "risk_shares": {"before", "now": shares of risks in ten bins}, "changes", "min_changes",
        "since", "until", "text", "columns": {name: `faultcast.validation.drift.Shift` with "usual_psi"}}. Where the
        status is unknown, whether and how many is None.
    """
    rows = window.distinct(since, min_rows)
    found: dict[str, Any] = {
        "changes": len(rows),
        "min_changes": min_rows,
        "since": instant(float(window.at_N[rows].min())) if len(rows) else None,
        "until": instant(float(window.at_N[rows].max())) if len(rows) else None,
    }
    if reference is None or reference.usual is None:
        what = "what the model was taught with" if reference is None else "how far so short a history moves by itself"
        return _undecided(f"nothing is known of {what}; train it again, or name another") | found
    if len(rows) < min_rows:
        return _undecided(f"{len(rows)} changes were asked for, at least {min_rows} are needed to decide") | found
    compared = compare(*_sides(window, rows, reference.features))
    mine = [row for row in rows if window.model_N[row][1] == version]
    risk = compare(reference.risk, {RISK: window.risk_N[mine]})["columns"][RISK]
    shares = {"before": _tenths(reference.risk[RISK]), "now": _shares(window.risk_N[mine])}
    return _judged(compared, reference.usual) | found | {"risk_shift": risk["shift"], "risk_shares": shares}


def _judged(compared: dict[str, Any], usual: Usual) -> dict[str, Any]:
    columns = compared["columns"]
    known = {name: one["psi"] for name, one in columns.items() if one["psi"] is not None}
    if not known:
        return _undecided("no column could be compared")
    mean_psi, usual_mean_psi = sum(known.values()) / len(known), usual.mean_psi_of(known)
    moved = [name for name in compared["drifted"] if columns[name]["psi"] > usual.columns[name]]
    is_drift = bool(moved) and mean_psi > MARGIN * usual_mean_psi
    for name, one in columns.items():
        one["usual_psi"] = usual.columns[name]
        one["outcome"] = (
            (Outcome.FAIL if name in moved else Outcome.PASS).value if one["p"] is not None else one["outcome"]
        )
    outcome = (Outcome.FAIL if is_drift else Outcome.PASS).value
    return {
        "status": _STATUS[outcome],
        "outcome": outcome,
        "drift_detected": is_drift,
        "drifted_feature_count": len(moved) if is_drift else 0,
        "drifted_features": moved if is_drift else [],
        "moved_features": moved,
        "mean_psi": mean_psi,
        "usual_mean_psi": usual_mean_psi,
        "margin": MARGIN,
        "text": f"mean PSI {mean_psi:.3f}, nine in ten of this history's own windows stay below {usual_mean_psi:.3f} "
        f"(alarm from {MARGIN * usual_mean_psi:.3f}); {_moved(moved, columns)}",
        "columns": columns,
    }


def _undecided(text: str) -> dict[str, Any]:
    outcome = Outcome.INCONCLUSIVE.value
    return {
        "status": _STATUS[outcome], "outcome": outcome, "drift_detected": None, "drifted_feature_count": None,
        "drifted_features": [], "moved_features": [], "text": text, "columns": {},
    }  # fmt: skip


def _sides(window: Window, rows: "np.typing.NDArray[np.intp]", reference: Reference) -> tuple[Reference, Columns]:
    """What is compared with what, feature by feature.

    A value that is missing because its field was not sent says nothing of the world. Where there are such, values that
    are there are compared with values that were there, and what is missing is no part of it.
    """
    assumed_N = window.is_assumed_N[rows]
    before, columns = dict(reference), {}
    for name, of_N in window.features.items():
        values_N = np.where(np.isfinite(of_N[rows]), of_N[rows], np.nan)
        missing_N = np.isnan(values_N)
        if (assumed_N & missing_N).any() and name in before:
            before[name], values_N = present_only(before[name]), values_N[~missing_N]
        columns[name] = values_N
    return before, columns


def _tenths(before: Summary) -> list[float] | None:
    """Shares of a reference's risks in ten bins, for people to look at, as exact as its points are; None: it has none.

    >>> _tenths({"n": 4, "missing": 0, "points": [0.05, 0.25], "cumulative": [0.75, 1.0], "edges": [], "counts": [],
    ...     "scale": None})
    [0.75, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    if not before["points"]:
        return None
    below_P = np.append(0.0, before["cumulative"])
    shares_B: list[float] = np.diff(below_P[np.searchsorted(before["points"], _EDGES)], prepend=0, append=1).tolist()
    return shares_B


def _shares(risk_N: Floats) -> list[float] | None:
    """Shares of risks in ten bins; None where there are none."""
    counts_B = np.histogram(risk_N, bins=len(_EDGES) + 1, range=(0, 1))[0]
    return (counts_B / len(risk_N)).tolist() if len(risk_N) else None


def _moved(names: list[str], columns: dict[str, Any]) -> str:
    if not names:
        return "no column moved farther than usual"
    shown = ", ".join(
        f"{name} ({columns[name]['psi']:.2f}, usual {columns[name]['usual_psi']:.2f})" for name in names[:5]
    )
    return f"farther than usual: {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
