"""`render_drift(document)`: one look at what was predicted lately as a self-contained HTML page, without any script.

The document is plain JSON (docs/monitoring.md), so a page can be made again from what a look left. Names of features
and models come from files of strangers: they pass `plain` and autoescaping.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from faultcast.features.catalogue import CATALOGUE
from faultcast.report import drift_charts, words
from faultcast.report.drift_words import RISK_WORDS, asked_when, lead, named, verdict
from faultcast.report.pages import bars, style, template
from faultcast.report.validation_charts import Interval, intervals

_MOST_SHOWN = 15
"""Rows of the table that are open."""

_MEANINGS = {feature.name: feature.meaning for feature in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Row:
    """A feature as the table shows it: lengths are shares of the longest bar, in %."""

    label: str
    meaning: str
    moved: bool
    length: float
    mark: float
    shift: Mapping[str, Any]


def render_drift(document: Mapping[str, Any]) -> str:
    """The page of what `faultcast.monitoring.evaluation.evaluate` found (UTF-8 text, no outside asset)."""
    drift, stats = document["drift"], document["stats"]
    return template("drift.html").render(
        look=document,
        style=style("drift.css"),
        name=words.plain(document.get("repository") or "Predictions", 80),
        verdict=verdict(drift),
        lead=lead(drift),
        when=asked_when(document),
        named=named,
        tiles=_tiles(drift, stats),
        together=drift_charts.together(drift) if drift.get("mean_psi") is not None else "",
        features=_features(drift),
        risks=_risks(drift, stats),
        bands=bars(stats["bands"]) if any(stats["bands"].values()) else [],
        proxies=_proxies(stats["proxy_metrics"]),
        latency=_latency(stats["latency_seconds"]),
        performance=_performance(document["performance"]),
    )


def _tiles(drift: Mapping[str, Any], stats: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(number, what it is, beside what)."""
    asked, usual = stats["predictions"], drift.get("usual_mean_psi")
    compared = sum(one["p"] is not None for one in drift["columns"].values())
    beside = (
        "not compared" if usual is None else f"usual: up to {usual:.3f}; alarm beyond {drift['margin'] * usual:.3f}"
    )
    return [
        (words.number(drift.get("mean_psi"), 3), "mean PSI of all features", beside),
        (
            words.number(len(drift["moved_features"]) if compared else None),
            "features beyond their usual",
            f"of {compared:,} compared" if compared else "not compared",
        ),
        (
            words.number(drift["changes"]),
            "distinct changes looked at",
            f"at least {drift['min_changes']:,} are needed to decide",
        ),
        (
            words.number(asked["total"]),
            f"predictions in {stats['window']['hours']:g}\u00a0h",
            f"{words.number(asked['per_hour'])} an hour; {asked['shadow']:,} by shadows"
            if asked["total"] == asked["looked_at"]
            else f"the newest {asked['looked_at']:,} looked at; {asked['shadow']:,} of them by shadows",
        ),
    ]


def _features(drift: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are beyond their usual first, then by PSI; those that could not be compared apart."""
    columns, moved = drift["columns"], set(drift["moved_features"])
    known = [name for name in columns if columns[name]["psi"] is not None]
    known.sort(key=lambda name: (name not in moved, -columns[name]["psi"]))
    longest = max((max(columns[name]["psi"], columns[name]["usual_psi"]) for name in known), default=0.0) or 1.0
    rows = [_row(name, columns[name], longest, moved=name in moved) for name in known]
    unknown = [name for name in columns if columns[name]["psi"] is None]
    return {
        "shown": rows[:_MOST_SHOWN],
        "others": rows[_MOST_SHOWN:],
        "moved_others": max(0, len(moved) - _MOST_SHOWN),
        "unknown": [_label(name) for name in unknown],
    }


def _row(name: str, shift: Mapping[str, Any], longest: float, *, moved: bool) -> Row:
    return Row(
        _label(name),
        _meaning(name),
        moved,
        round(100 * shift["psi"] / longest, 1),
        round(100 * shift["usual_psi"] / longest, 1),
        shift,
    )


def _label(name: str) -> str:
    return words.plain(name.replace("_", " "), 40)


def _meaning(name: str) -> str:
    """What a feature counts, in words that stand alone; nothing for one that the catalogue does not know.

    >>> _meaning("smells_delta")
    'by how much the change moved: smells and anti-patterns in the touched files, after the change'
    >>> _meaning("prior_faults_faded")
    'earlier fixes of the touched files, each halved every 180 days'
    >>> _meaning("of another catalogue")
    ''
    """
    found = _MEANINGS.get(name, "")
    of = _MEANINGS.get(name.removesuffix("_delta").removesuffix("_faded"), "")
    if found.startswith("what the change did to"):
        return f"by how much the change moved: {of}"
    return found.replace("the same,", f"{of},")


def _risks(drift: Mapping[str, Any], stats: Mapping[str, Any]) -> dict[str, Any]:
    """Of the distinct changes beside the reference where drift was judged, else of all answers."""
    shares = drift.get("risk_shares") or {}
    histogram, before = stats["risk"]["histogram"], shares.get("before")
    answered = sum(histogram)
    now: Sequence[float] = shares.get("now") or ([count / answered for count in histogram] if answered else [])
    return {
        "chart": drift_charts.risks(now, before if shares.get("now") else None) if now else "",
        "beside": bool(shares.get("now") and before),
        "words": RISK_WORDS.get(drift.get("risk_shift", ""), ""),
        "spread": stats["risk"],
    }


def _proxies(found: Mapping[str, float | None]) -> list[tuple[str, str, str]]:
    """(what it is, number, what it tells)."""
    doubt = found["mean_entropy"]
    return [
        (
            "doubt",
            words.MISSING if doubt is None else f"{doubt:.2f} bits",
            "on average: 0 is certain, 1 is a coin's toss",
        ),
        ("unsure", words.percent(found["unsure_share"], 1), "of risks lie between 40 and 60\u00a0%"),
        ("high", words.percent(found["high_share"], 1), "of answers fall into the band high"),
        ("missing values", words.percent(found["missing_share"], 1), "of all feature values were unknown"),
        ("not all sent", words.percent(found["assumed_share"], 1), "of requests left fields out"),
        ("repeated", words.percent(found["repeated_share"], 1), "of answers were for a change asked for before"),
    ]


def _latency(found: Mapping[str, float | None]) -> list[tuple[str, str]]:
    names = (("p50", "half within"), ("p95", "95\u00a0% within"), ("p99", "99\u00a0% within"), ("max", "longest"))
    told = [(name, found[key]) for key, name in names]
    return [(name, f"{1000 * seconds:,.1f}\u00a0ms") for name, seconds in told if seconds is not None]


def _performance(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows = [
        Interval(f"{one['alias']} {one['model_version']}", one["auc"], *one["auc_interval"])
        for one in found
        if one["auc"] is not None
    ]
    chart: Markup | str = ""
    if rows:
        chart = intervals(rows, title="AUC", mark=0.5, inside=(0, 1), show=lambda value: f"{value:.2f}")
    return {"rows": found, "chart": chart}
