"""`render_validation(document)`: what `faultcast validate` found as one self-contained HTML page, without any script.

The document is plain JSON (docs/validation.md), so a page can be made again without the run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from faultcast.report import charts, validation_charts as drawn, words
from faultcast.report.model_card import Section
from faultcast.report.pages import style, template
from faultcast.report.validation_charts import Interval

_MOST_DRIFTED = 12
_SLICE_FIGURES = (
    ("recall", "of the inducing changes flagged"),
    ("false_positive_rate", "of the clean changes flagged"),
)
_RIVALS = {"lines_added": "lines added alone", "champion": "the champion"}


def render_validation(document: Mapping[str, Any], card: Sequence[Section]) -> str:
    """The page (UTF-8 text, no outside asset); `card` are the parts of the chosen model's card."""
    found = charts.series(document["evaluation"])
    return template("validation.html").render(
        run=document,
        style=style("validation.css"),
        name=words.plain(document["repository"], 80),
        lead=lead(document),
        tiles=_tiles(document),
        quality=_quality(document, found),
        significance=_significance(document),
        crossed=_crossed(document["cross_validation"]),
        seeds=_seeds(document["seeds"]),
        time=_time(document),
        drift=_drift(document["drift"]),
        slices=_slices(document),
        effort=_effort(document),
        why=_why(document["attributions"]),
        card=card,
    )


def lead(document: Mapping[str, Any]) -> str:
    """The sentence to remember."""
    chosen, outcome = document["chosen"], document["verdict"]["outcome"]
    mean = document["cross_validation"]["mean"]["model"]["auc"]
    what = {"PASS": "passed every gate", "FAIL": "failed a gate"}.get(outcome, "could not be decided upon")
    again = (
        f"; learning again at {words.counted(mean['folds'], 'point')} of the history gave a mean AUC of "
        f"{words.number(mean['mean'], 2)}"
        if mean
        else ""
    )
    return f"The model {words.plain(chosen, 40)} {what}{again}."


def _tiles(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(number, what it is, beside what)."""
    evaluation = document["evaluation"]
    entry, lines = evaluation["models"][document["chosen"]], evaluation["baselines"]["lines_added"]
    mean, seeds = _inside(document["cross_validation"]["mean"]["model"]["auc"]), document["seeds"]
    interval = "95\u00a0%: {} to {}"
    found = [
        (words.number(entry["auc"], 2), "AUC on later history", f"lines added alone: {words.number(lines['auc'], 2)}"),
        (words.number(entry["ece"], 3), "calibration error", f"Brier score {words.number(entry['brier'], 4)}"),
    ]
    if mean:
        sure = (
            "too few folds for an interval"
            if mean["low"] is None
            else interval.format(words.number(mean["low"], 2), words.number(mean["high"], 2))
        )
        found.insert(1, (words.number(mean["mean"], 2), "mean AUC over folds", sure))
    if seeds["auc_range"] is not None:
        flips = f"{words.percent(seeds['pair_flips'], 1)} of bands differ between two"
        found.append((words.number(seeds["auc_range"], 3), f"AUC range over {seeds['seeds']} seeds", flips))
    return found


def _quality(document: Mapping[str, Any], found: Sequence[charts.Series]) -> dict[str, Any]:
    evaluation = document["evaluation"]
    kinds = {one.name: one.kind for one in found}
    entries = {**evaluation["models"], **evaluation["baselines"]}
    return {
        "rows": [(kinds.get(name, "none"), words.model_name(name), name, entry) for name, entry in entries.items()],
        "n": evaluation["n"],
        "positives": evaluation["positives"],
        "recall": charts.recall_by_share(found),
        "calibration": charts.calibration(found),
        "pr": charts.precision_recall(found, evaluation["base_rate"]),
        "roc": charts.roc(found),
    }


def _significance(document: Mapping[str, Any]) -> dict[str, Any]:
    tests = [(name, test) for name, test in document["significance"].items() if test.get("auc")]
    rows = [
        Interval(
            f"against {_RIVALS.get(name, name)}", test["auc"]["difference"], test["auc"]["low"], test["auc"]["high"]
        )
        for name, test in tests
    ]
    return {
        "rows": [(_RIVALS.get(name, words.plain(name, 40)), test) for name, test in tests],
        "chart": drawn.intervals(rows, title="Difference in AUC", mark=0.0) if rows else "",
    }


def _crossed(crossed: Mapping[str, Any]) -> dict[str, Any]:
    figures = (
        ("auc", "AUC"), ("average_precision", "average precision"), ("brier", "Brier"), ("ece", "calibration error"),
        ("recall_at_20", "met in riskiest 20 %"),
    )  # fmt: skip
    mean = crossed["mean"]
    rows = [
        (name, _inside(mean["model"][key]), _inside(mean["lines_added"][key]), mean["difference"][key])
        for key, name in figures
    ]
    return {
        "folds": crossed["folds"],
        "skipped": crossed["skipped"],
        "kind": crossed["kind"],
        "chart": drawn.folds(crossed) if crossed["folds"] else "",
        "rows": [row for row in rows if row[1]],
    }


def _inside(mean: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Few folds give an interval that is wider than what can be."""
    if not mean or mean["low"] is None:
        return mean
    return {**mean, "low": max(0.0, mean["low"]), "high": min(1.0, mean["high"])}


def _seeds(seeds: Mapping[str, Any]) -> dict[str, Any]:
    aucs = [(f"seed {place}", auc) for place, auc in enumerate(seeds["auc"], start=1) if auc is not None]
    rows = [Interval(label, auc, None, None, beside=words.number(auc, 3)) for label, auc in aucs]
    chart = (
        drawn.intervals(rows, title="AUC", inside=(0, 1), show=lambda v: f"{v:.2f}", least=0.1) if len(rows) > 1 else ""
    )
    return {**seeds, "chart": chart}


def _time(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The chosen model on the test window, and the folds' models on all that they judged."""
    crossed = document["cross_validation"]
    found = [("the test window", document["chosen"], document["time"][document["chosen"]])]
    found += [("all folds together", crossed["kind"], crossed["time"])] if crossed["time"] else []
    return [
        {
            "where": where,
            "model": words.plain(model, 40),
            "chart": _time_chart(one["slices"]),
            "trend": one["trend"],
            "unjudged": [part for part in one["slices"] if part["outcome"] != "PASS"],
        }
        for where, model, one in found
    ]


def _time_chart(parts: Sequence[Mapping[str, Any]]) -> Markup | str:
    rows = [
        Interval(f"{words.day(part['from'])[:7]} to {words.day(part['until'])[:7]}", part["auc"], *part["auc_interval"])
        for part in parts
        if part["outcome"] == "PASS" and part["auc"] is not None and part["auc_interval"]
    ]
    if not rows:
        return ""
    return drawn.intervals(rows, title="AUC by time", mark=0.5, inside=(0, 1), show=lambda value: f"{value:.2f}")


def _drift(drift: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for window, compared in drift.items():
        columns = compared["columns"]
        ordered = sorted(columns, key=lambda name: -(columns[name]["psi"] or 0.0))
        shown = [name for name in ordered if columns[name]["psi"] is not None][:_MOST_DRIFTED]
        found.append({
            "window": window,
            "outcome": compared["outcome"],
            "columns": len(columns),
            "drifted": len(compared["drifted"]),
            "moderate": len(compared["moderate"]),
            "unknown": len(compared["unknown"]),
            "rows": [(words.plain(name.replace("_", " "), 40), columns[name]) for name in shown],
        })  # fmt: skip
    return found


def _slices(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    crossed = document["cross_validation"]
    found = [
        ("The chosen model on the test window", document["chosen"], document["slices"]),
        ("All folds together, each judged by the model that had not seen it", crossed["kind"], crossed["slices"]),
    ]
    return [
        {
            "where": where,
            "model": words.plain(model, 40),
            "outcome": one["outcome"],
            "flags": one["flags"],
            "charts": [(words_, _slice_chart(one, figure)) for figure, words_ in _SLICE_FIGURES],
            "unjudged": _unjudged(one),
        }
        for where, model, one in found
        if one
    ]


def _slice_chart(found: Mapping[str, Any], figure: str) -> Markup | str:
    flagged = {(flag["dimension"], flag["slice"]) for flag in found["flags"] if flag["figure"] == figure}
    rows = [
        Interval(f"{name} ({one['n']:,})", one[figure]["value"], one[figure]["low"], one[figure]["high"],
                 "flag" if (dimension, name) in flagged else "chosen", words.percent(one[figure]["value"]))
        for dimension, of in found["dimensions"].items()
        for name, one in of["slices"].items()
        if one[figure]
    ]  # fmt: skip
    if not rows:
        return ""
    return drawn.intervals(rows, title=figure, inside=(0, 1), show=lambda value: f"{100 * value:.0f}\u00a0%")


def _unjudged(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{dimension}: {words.plain(name, 30)} ({one['n']:,} changes, {one['positives']:,} inducing)"
        for dimension, of in found["dimensions"].items()
        for name, one in of["slices"].items()
        if one["outcome"] != "PASS"
    ]


def _effort(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(words.model_name(name), one) for name, one in document["effort"].items()]


def _why(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    return {
        **found,
        "model": words.plain(found["model"], 40),
        "importance_chart": drawn.importance(found),
        "swarm": drawn.swarm(found),
        "examples": [
            {
                **one,
                "chart": drawn.waterfall(one, found["base"]),
                "subject": words.plain(one["subject"]) or "(no subject)",
            }
            for one in found["examples"]
        ],
    }
