"""`render(inputs)`: one self-contained HTML page. It reads without JavaScript and fetches nothing.

Subjects and paths are hostile: they pass `plain`, autoescaping, `<bdi>`, and a content security
policy under which only the page's own script (by its hash) could ever run.
"""

import base64
import hashlib
import shlex
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from faultcast.report import charts, words
from faultcast.report.inputs import ReportInputs
from faultcast.report.pages import asset, bars, style, template
from faultcast.report.timeline import timeline

MOST_CHANGES = 50  # shown; predictions.json holds all of them
_MOST_PATHS = 12
_MOST_KINDS = 8


def render(inputs: ReportInputs) -> str:
    """The report as one HTML document (UTF-8 text, no outside asset)."""
    script = asset("report.js")
    splits = {} if inputs.dataset.get("insufficient") else inputs.dataset
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return template("report.html").render(
        run=inputs,
        style=style("report.css"),
        script=Markup(script),  # noqa: S704 our own file
        script_digest=digest,
        name=words.plain(inputs.repository, 80),
        verdict=_verdict(inputs.verdict),
        tiles=_tiles(inputs),
        languages=bars(_largest(inputs.languages)),
        rules=bars({words.plain(k, 60): v for k, v in inputs.fixes_by_rule.items()}),
        confidences=bars(_confidence_bins(inputs)),
        timelines=[timeline(inputs.months, splits, width, most) for width, most in ((960, 64), (380, 26))],
        quality=_quality(inputs),
        has_splits=bool(splits.get("train_until")),
        changes=_changes(inputs),
        facts=_facts(inputs),
        steps=_next_steps(inputs),
    )


def _verdict(verdict: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not verdict:
        return None
    reasons = [{**reason, "rule": str(reason["rule"]).replace("_", " ")} for reason in verdict["reasons"]]
    return {"outcome": verdict["outcome"], "words": words.OUTCOME_WORDS[verdict["outcome"]], "reasons": reasons}


def _tiles(inputs: ReportInputs) -> list[tuple[str, str, str]]:
    """(number, what it is, beside what)."""
    entry, lines = inputs.entry, inputs.baseline
    judged = sum(m.changes - m.unripe for m in inputs.months)
    rate = words.percent(inputs.inducing / judged, 1) + " of changes old enough to judge" if judged else ""
    years = sorted({words.day(inputs.first_commit_at)[:4], words.day(inputs.last_commit_at)[:4]})
    tiles = [
        (words.number(inputs.commits), "commits", f"{words.counted(inputs.authors, 'author')}, {' to '.join(years)}"),
        (words.number(inputs.fixes), "fixes", "commits that repair a fault"),
        (words.number(inputs.inducing), "inducing changes", rate),
    ]
    if entry.get("auc") is not None:
        tiles.append(
            (
                words.number(entry["auc"], 2),
                "AUC on later history",
                f"lines added alone: {words.number(lines.get('auc'), 2)}",
            )
        )
    return tiles


def _largest(counts: Mapping[str, int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    found = {words.plain(name, 40): count for name, count in ordered[:_MOST_KINDS]}
    rest = sum(count for _, count in ordered[_MOST_KINDS:])
    return {**found, f"{len(ordered) - _MOST_KINDS} others": rest} if rest else found


def _confidence_bins(inputs: ReportInputs) -> dict[str, int]:
    found = inputs.inducing_confidences
    return {
        f"{low / 10:.1f} to {(low + 2) / 10:.1f}": sum(
            low / 10 <= c < (low + 2) / 10 or (c == 1.0 and low == 8) for c in found
        )
        for low in (8, 6, 4, 2, 0)
        if found
    }


def _quality(inputs: ReportInputs) -> dict[str, Any] | None:
    """The table of numbers and the four charts; `None` where nothing was evaluated."""
    evaluation = inputs.evaluation
    if not evaluation or not any(one.get("auc") is not None for one in evaluation["models"].values()):
        return None
    found = charts.series(evaluation)
    kinds = {one.name: one.kind for one in found}
    entries = [*evaluation["models"].items(), *evaluation["baselines"].items()]
    return {
        "rows": [
            {"kind": kinds.get(name, "none"), "name": words.model_name(name), "entry": entry} for name, entry in entries
        ],
        "n": evaluation["n"],
        "positives": evaluation["positives"],
        "roc": charts.roc(found),
        "pr": charts.precision_recall(found, evaluation["base_rate"]),
        "recall": charts.recall_by_share(found),
        "calibration": charts.calibration(found),
        "calibrated": words.plain(evaluation.get("calibration", {}).get(inputs.judged, ""), 80),
        "effort": _effort(evaluation.get("effort", {}).get(inputs.judged)),
    }


def _effort(found: Mapping[str, Any] | None) -> str:
    """What a fifth of all lines meets, beside its floor; empty where that was not measured."""
    if not found or found["by_risk_per_line"]["recall_at_effort"] is None:
        return ""
    mine, floor = (words.percent(found[order]["recall_at_effort"]) for order in ("by_risk_per_line", "floor"))
    return (
        f"Where reading costs its lines: by risk a line, {words.percent(found['share'])} of all changed lines meet "
        f"{mine} of the inducing changes; knowing nothing, shortest changes first, meets {floor}."
    )


def _changes(inputs: ReportInputs) -> dict[str, Any]:
    found = list(inputs.predictions.get("changes", []))
    shown = found[:MOST_CHANGES]
    effects = [abs(reason["effect"] or 0) for change in shown for reason in change.get("reasons", [])]
    largest = max(effects, default=0) or 1
    rows = [_change(rank, change, largest, inputs.has_model) for rank, change in enumerate(shown, start=1)]
    bands = [(band, sum(row["band"] == band for row in rows)) for band in ("high", "medium", "low")]
    return {"rows": rows, "total": len(found), "bands": [(band, count) for band, count in bands if count]}


def _change(rank: int, change: Mapping[str, Any], largest: float, has_model: bool) -> dict[str, Any]:
    paths = [words.plain(path, 120) for path in change.get("paths", [])]
    risk = change.get("risk") if has_model else None
    return {
        "rank": rank,
        "commit": words.plain(change["commit"], 64),
        "subject": words.plain(change["subject"]) or "(no subject)",
        "author": words.plain(change["author"], 24),
        "day": words.day(change["committed_at"]),
        "paths": paths[:_MOST_PATHS],
        "more_paths": max(0, len(paths) - _MOST_PATHS),
        "files": words.counted(len(paths), "file"),
        "risk": risk,
        "band": change.get("band") if has_model else None,
        "reasons": [_reason(reason, largest) for reason in change.get("reasons", [])],
    }


def _reason(reason: Mapping[str, Any], largest: float) -> dict[str, Any]:
    effect = reason["effect"] or 0.0
    return {
        "text": words.plain(reason["text"], 240),
        "points": f"{100 * effect:+.1f}".replace("-", "\u2212"),
        "raises": effect > 0,
        "share": round(50 * abs(effect) / largest, 1),
    }


def _facts(inputs: ReportInputs) -> list[tuple[str, str]]:
    """What it takes to get the same again."""
    dataset, model = inputs.dataset, {**inputs.predictions.get("model", {}), **inputs.model}
    splits = dataset.get("counts", {})
    found = [
        ("command", inputs.command),
        ("time", words.duration(inputs.seconds) if inputs.seconds else ""),
        ("model", " ".join(str(model[key]) for key in ("name", "version") if model.get(key))),
        ("history until", words.day(dataset.get("as_of")) if dataset.get("as_of") else ""),
        ("ripening", f"{dataset['ripening_days']:g} days" if dataset.get("ripening_days") else ""),
        *(
            (f"{split} split", f"{c['changes']:,} changes, {c.get('inducing') or 0:,} inducing")
            for split, c in splits.items()
            if split != "recent"
        ),
        ("data fingerprint", str(dataset.get("data_fingerprint", ""))[:16]),
        ("code version", str(model.get("code_version", ""))[:16]),
        ("seed", str(model.get("seed", ""))),
    ]
    return [(words.plain(label, 40), words.plain(value, 300)) for label, value in found if value]


def _next_steps(inputs: ReportInputs) -> list[tuple[str, str]]:
    """(what to type, what it does)."""
    where = shlex.quote(words.plain(inputs.location, 300))
    score, again = f"faultcast score {where} HEAD", f"faultcast run {where}"
    serve = ("faultcast serve", "Start the model server on this machine, for editors and review bots.")
    if inputs.has_model and not inputs.is_general:
        return [
            (score, "Forecast one change, or a range such as main..feature, with its reasons."),
            serve,
            (again, "Run again later: labels ripen, and models age within about three months."),
        ]
    how = "by the model learnt on other projects" if inputs.is_general else "by its size"
    return [
        (score, f"Rank one change {how}, until there is enough history for a model."),
        *([serve] if inputs.is_general else []),
        (again, "Run again when more fixes have landed; finished stages are reused."),
    ]
