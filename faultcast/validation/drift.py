"""Does the world look different now? Each column of one window against a frozen summary of another.

A `Reference` is plain JSON and needs none of the old rows: it can travel with a model and be compared
with whatever comes. A column is judged by three numbers and one test:

* **PSI**, population stability index, over the reference's deciles; missing values are a bin of their own, and so is a
  value that is several deciles. Below .1 no shift worth a name, from .1 `moderate`, from .25 `large` (the credit
  industry's custom; Siddiqi 2006).
* **KS**, Kolmogorov-Smirnov distance of the present values, looked at where the reference's summary has a point
  (about 200): never larger than the distance of the rows themselves, and at most 1/200 smaller.
* **Wasserstein** distance of the present values in units of the reference's interquartile range (its standard
  deviation where that is 0; `None` where the reference is constant), over 200 quantiles: what lies beyond the last
  of them counts little.
* **p**: of KS and of a two-proportion test (Yates 1934) of the missing share, the smaller, doubled (Bonferroni);
  then adjusted over all columns (Benjamini & Hochberg 1995).

The rule: a column has drifted (`FAIL`) where its adjusted p is below .05 *and* its PSI is .25 or more. A shift that
chance explains, or that no model would feel, is none. Where nothing drifts, at most 5 % of comparisons report any
column; tests/validation/test_drift.py simulates it.

N = rows, P = points of a summary, B = bins, F = columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control, kstwo, norm

from faultcast.errors import ContractMismatch
from faultcast.records import Outcome

MODERATE, LARGE = 0.10, 0.25
ALPHA = 0.05
MIN_PRESENT = 50
"""Present values, in both windows, below which a column is INCONCLUSIVE."""
_POINTS = 200
_BINS = 10
_LEVELS = (np.arange(_POINTS) + 0.5) / _POINTS

Columns = Mapping[str, ArrayLike] | pd.DataFrame


class Summary(TypedDict):
    """One column of a reference: `cumulative[i]` is the share of present values <= `points[i]` (ascending)."""

    n: int
    missing: int
    points: list[float]
    cumulative: list[float]
    edges: list[float]
    """Inner edges of the PSI's bins, each belonging to the bin below."""
    counts: list[int]
    """Rows a bin; the last bin is that of the missing ones."""
    scale: float | None


Reference = dict[str, Summary]


class Shift(TypedDict):
    """One column, compared. `shift` is none, moderate, large or unknown; numbers are `None` where unknown."""

    outcome: str
    shift: str
    psi: float | None
    ks: float | None
    wasserstein: float | None
    p: float | None
    p_adjusted: float | None
    missing_before: float | None
    missing_now: float | None
    n_before: int
    n_now: int
    text: str


def summarise(columns: Columns) -> Reference:
    """Freeze a window: about 200 points a column, ready for JSON.

    Args:
        columns: name -> float_N, NaN or null where missing; booleans count as 0 and 1.

    Raises:
        ContractMismatch: a value is infinite.
    """
    return {str(name): _summary(_values(str(name), columns[str(name)])) for name in columns}


def compare(reference: Reference, columns: Columns) -> dict[str, Any]:
    """Judge the columns of `reference` in a later window; columns it does not know are left out.

    Returns:
        {"outcome", "columns": {name: Shift}, "drifted": [names, largest PSI first], "moderate": [...],
        "unknown": [...], "thresholds": {"moderate", "large", "p"}}. `outcome` is FAIL where a column drifted,
        INCONCLUSIVE where none could be judged.

    Raises:
        ContractMismatch: a value is infinite.
    """
    names = list(reference)
    values = {name: _values(name, columns[name]) if name in columns else None for name in names}
    shifts = {name: _measure(reference[name], values[name]) for name in names}
    judged = [name for name in names if shifts[name]["p"] is not None]
    adjusted = adjust([shifts[name]["p"] or 0.0 for name in judged])
    for name, p_adjusted in zip(judged, adjusted, strict=True):
        _judge(shifts[name], p_adjusted)
    by_psi = sorted(judged, key=lambda name: -(shifts[name]["psi"] or 0.0))
    drifted = [name for name in by_psi if shifts[name]["shift"] == "large"]
    outcome = Outcome.INCONCLUSIVE if not judged else Outcome.FAIL if drifted else Outcome.PASS
    return {
        "outcome": outcome.value,
        "columns": shifts,
        "drifted": drifted,
        "moderate": [name for name in by_psi if shifts[name]["shift"] == "moderate"],
        "unknown": [name for name in names if name not in judged],
        "thresholds": {"moderate": MODERATE, "large": LARGE, "p": ALPHA},
    }


def present_only(before: Summary) -> Summary:
    """The summary of the values that were there, for a window whose missing values say nothing."""
    counts = [*before["counts"][:-1], 0]
    return {**before, "n": before["n"] - before["missing"], "missing": 0, "counts": counts}


def psi(before: Summary, values_N: NDArray[np.float64]) -> float:
    """Population stability index of a column now (NaN where missing) against its summary."""
    return _psi(np.array(before["counts"]), _counts(values_N, np.array(before["edges"])))


def adjust(p_F: Sequence[float]) -> list[float]:
    """p values as Benjamini and Hochberg adjust them: rejecting below 5 % keeps false discoveries at 5 %.

    >>> [round(p, 3) for p in adjust([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    return [float(p) for p in false_discovery_control(p_F)] if len(p_F) else []


def _values(name: str, column: ArrayLike) -> NDArray[np.float64]:
    """float_N with NaN where missing."""
    series: pd.Series[Any] = pd.Series(column)  # nullable or plain, and lists alike
    values_N = np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if np.isinf(values_N).any():
        raise ContractMismatch(f"Column {name!r} holds an infinite value; expected numbers, or null where unknown")
    return values_N


def _summary(values_N: NDArray[np.float64]) -> Summary:
    present_N = np.sort(values_N[~np.isnan(values_N)])
    if not len(present_N):
        return {
            "n": len(values_N), "missing": len(values_N), "points": [], "cumulative": [], "edges": [],
            "counts": [0, len(values_N)], "scale": None,
        }  # fmt: skip
    points_P = np.unique(np.append(_cuts(present_N, _LEVELS), present_N[-1]))
    edges = _cuts(present_N, np.linspace(0, 1, _BINS + 1)[1:-1])
    low, high = np.quantile(present_N, [0.25, 0.75])
    spread = float(high - low) or float(present_N.std())
    return {
        "n": len(values_N),
        "missing": len(values_N) - len(present_N),
        "points": points_P.tolist(),
        "cumulative": _shares_until(present_N, points_P).tolist(),
        "edges": edges.tolist(),
        "counts": _counts(values_N, edges).tolist(),
        "scale": spread or None,
    }


def _cuts(sorted_N: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quantiles at these levels; for a value that is several of them, such as 0 of a count, also what lies just
    below it, so that values which are new on either side of it are seen.
    """
    cuts, times = np.unique(np.quantile(sorted_N, levels, method="inverted_cdf"), return_counts=True)
    return np.unique(np.append(cuts, np.nextafter(cuts[times > 1], -np.inf)))


def _shares_until(sorted_N: NDArray[np.float64], points_P: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.searchsorted(sorted_N, points_P, side="right") / len(sorted_N)


def _counts(values_N: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows a bin, the missing ones last."""
    present_N = values_N[~np.isnan(values_N)]
    counts_B = np.bincount(np.searchsorted(edges, present_N, side="left"), minlength=len(edges) + 1)
    return np.append(counts_B, len(values_N) - len(present_N))


def _measure(before: Summary, values_N: NDArray[np.float64] | None) -> Shift:
    """The numbers of one column; `p` stays `None` where there is too little to judge."""
    n_now = 0 if values_N is None else len(values_N)
    present_N = np.empty(0) if values_N is None else np.sort(values_N[~np.isnan(values_N)])
    present_before = before["n"] - before["missing"]
    found: Shift = {
        "outcome": Outcome.INCONCLUSIVE.value, "shift": "unknown", "psi": None, "ks": None, "wasserstein": None,
        "p": None, "p_adjusted": None, "missing_before": _share(before["missing"], before["n"]),
        "missing_now": _share(n_now - len(present_N), n_now), "n_before": before["n"], "n_now": n_now, "text": "",
    }  # fmt: skip
    if min(before["n"], n_now) < MIN_PRESENT or values_N is None:
        found["text"] = f"{before['n']} rows before, {n_now} now; at least {MIN_PRESENT} of each are needed"
        return found
    found["psi"] = psi(before, values_N)
    p_missing = _p_of_missing(before["missing"], before["n"], n_now - len(present_N), n_now)
    if min(present_before, len(present_N)) < MIN_PRESENT:
        found["p"] = p_missing  # hardly a value to compare: only whether there is one
        return found
    points_P, cumulative_P = np.array(before["points"]), np.array(before["cumulative"])
    found["ks"] = float(np.abs(cumulative_P - _shares_until(present_N, points_P)).max())
    found["wasserstein"] = _wasserstein(before, present_N)
    rows = present_before * len(present_N) / (present_before + len(present_N))
    p_ks = float(kstwo.sf(found["ks"], max(1, round(rows))))
    some_missing = before["missing"] + n_now > len(present_N)
    found["p"] = min(1.0, 2 * min(p_ks, p_missing)) if some_missing else p_ks
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _psi(before_B: NDArray[np.int64], now_B: NDArray[np.int64]) -> float:
    """Sum of (now - before) ln(now / before) over the bins' shares; half a row is added to each bin, so none is 0."""
    keep_B = (before_B + now_B) > 0
    before_share_B, now_share_B = (
        (rows_B[keep_B] + 0.5) / (rows_B[keep_B] + 0.5).sum() for rows_B in (before_B, now_B)
    )
    return float(((now_share_B - before_share_B) * np.log(now_share_B / before_share_B)).sum())


def _p_of_missing(before: int, n_before: int, now: int, n_now: int) -> float:
    """Two-sided p of a difference between two shares, with Yates's correction."""
    pooled = (before + now) / (n_before + n_now)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_before + 1 / n_now))
    if not error:
        return 1.0
    distance = abs(before / n_before - now / n_now) - 0.5 * (1 / n_before + 1 / n_now)
    return float(2 * norm.sf(max(0.0, distance) / error))


def _wasserstein(before: Summary, sorted_N: NDArray[np.float64]) -> float | None:
    """Mean distance between the quantiles of the two windows, in units of the reference's spread."""
    if before["scale"] is None:
        return None
    points_P, cumulative_P = np.array(before["points"]), np.array(before["cumulative"])
    before_L = points_P[np.minimum(np.searchsorted(cumulative_P, _LEVELS - 1e-12), len(points_P) - 1)]
    now_L = sorted_N[np.minimum(np.ceil(_LEVELS * len(sorted_N)).astype(int) - 1, len(sorted_N) - 1)]
    return float(np.abs(before_L - now_L).mean() / before["scale"])


def _judge(found: Shift, p_adjusted: float) -> None:
    psi = found["psi"] or 0.0
    significant = p_adjusted < ALPHA
    shift = "none" if not significant or psi < MODERATE else "moderate" if psi < LARGE else "large"
    chance = "" if significant else ", which chance explains"
    found["p_adjusted"] = p_adjusted
    found["shift"] = shift
    found["outcome"] = (Outcome.FAIL if shift == "large" else Outcome.PASS).value
    found["text"] = f"PSI {psi:.3f} (moderate from {MODERATE}, large from {LARGE}), adjusted p {p_adjusted:.2g}{chance}"
