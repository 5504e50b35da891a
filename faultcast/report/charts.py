"""The charts of model quality, each with its baselines. Colours come from the page (see svg.py)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from faultcast.report.svg import Plot, Point
from faultcast.wording import number, percent

WIDTH, HEIGHT = 440, 320
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_NICE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One model or baseline, ready to draw. `kind` is its class: chosen, other, champion or base."""

    name: str
    label: str
    kind: str
    entry: Mapping[str, Any]

    def curve(self, name: str) -> list[Point]:
        return list(self.entry.get("curves", {}).get(name, []))


def series(evaluation: Mapping[str, Any]) -> list[Series]:
    """The baseline first, so that the chosen model is drawn on top of everything."""
    lines = evaluation["baselines"].get("lines_added")
    found = [Series("lines_added", "lines added", "base", lines)] if lines else []
    models = evaluation["models"]
    others = [name for name in models if name != evaluation.get("chosen")]
    found += [Series(name, name, "champion" if name == "champion" else "other", models[name]) for name in others]
    return found + [Series(name, name, "chosen", models[name]) for name in models if name not in others]


def roc(found: Sequence[Series]) -> Markup:
    plot = Plot(WIDTH, HEIGHT)
    plot.axes(QUARTERS, QUARTERS, "clean changes flagged, %", "inducing changes flagged, %")
    plot.line([(0, 0), (1, 1)], "chance", "a coin: AUC 0.50")
    for one in found:
        plot.line(one.curve("roc"), one.kind, f"{one.label}: AUC {number(one.entry['auc'], 3)}")
    plot.key([*_key(found, "auc"), ("chance", "a coin", "0.50")], right=True, low=True)
    return plot.svg("ROC curves with the area under each: " + _spoken(found, "auc"))


def precision_recall(found: Sequence[Series], base_rate: float) -> Markup:
    plot = Plot(WIDTH, HEIGHT)
    plot.axes(QUARTERS, QUARTERS, "inducing changes found, %", "flagged changes that are inducing, %")
    plot.line([(0, base_rate), (1, base_rate)], "chance", f"a coin: {percent(base_rate, 1)}")
    curves = [one.curve("pr") for one in found]
    for one, curve in zip(found, curves, strict=True):
        plot.line(curve, one.kind, f"{one.label}: average precision {number(one.entry['average_precision'], 3)}")
    crowded = sum(x > 0.5 and y > 0.62 for curve in curves for x, y in curve)
    entries = [*_key(found, "average_precision"), ("chance", "a coin", number(base_rate, 2))]
    plot.key(entries, right=not crowded, low=bool(crowded))
    return plot.svg("Precision-recall curves with average precision: " + _spoken(found, "average_precision"))


def recall_by_share(found: Sequence[Series]) -> Markup:
    plot = Plot(WIDTH, HEIGHT)
    plot.axes(QUARTERS, QUARTERS, "changes reviewed, riskiest first, %", "inducing changes met, %")
    plot.rule(plot.x(0.2), plot.y(0), plot.x(0.2), plot.y(1), "mark")
    plot.text(plot.x(0.2) + 5, plot.y(1) + 11, "riskiest 20 %", "note")
    plot.line([(0, 0), (1, 1)], "chance", "reviewing in random order")
    for one in found:
        plot.line(one.curve("recall_by_share"), one.kind, one.label)
        met = one.entry["recall_at"].get("20")
        if met is not None:
            plot.dot(0.2, met, 4, one.kind, f"{one.label}: {percent(met)} met in the riskiest 20 %")
    entries = [(one.kind, one.label, percent(one.entry["recall_at"].get("20"))) for one in reversed(found)]
    plot.key([*entries, ("chance", "random order", percent(0.2))], right=True, low=True)
    spoken = ", ".join(f"{label} {value}" for _, label, value in entries)
    return plot.svg("Inducing changes met by share of changes reviewed; in the riskiest 20 %: " + spoken)


def calibration(found: Sequence[Series]) -> Markup:
    """Observed share against risk a bin, with the 95 % Wilson interval of the chosen model's bins."""
    drawn = [one for one in found if one.curve("calibration")]
    highest = max((max(p[0], p[1]) for one in drawn for p in one.curve("calibration")), default=1.0)
    top = next((nice for nice in _NICE if nice >= highest), 1.0)
    plot = Plot(WIDTH, HEIGHT, x_max=top, y_max=top)
    ticks = [top * quarter for quarter in QUARTERS]
    digits = 0 if all(abs(100 * t - round(100 * t)) < 1e-6 for t in ticks) else 1
    plot.axes(
        ticks, ticks, "risk that was forecast, %", "changes that were inducing, %", lambda v: f"{100 * v:.{digits}f}"
    )
    plot.line([(0, 0), (top, top)], "chance", "perfectly calibrated")
    for one in drawn:
        points = one.curve("calibration")
        plot.line(points, f"{one.kind} thin")
        for risk, share, count in points:
            if one.kind == "chosen":
                low, high = _wilson(share, count)
                plot.rule(plot.x(risk), plot.y(low), plot.x(risk), plot.y(min(high, top)), "line chosen whisker")
            tip = f"{one.label}: forecast {percent(risk, 1)}, observed {percent(share, 1)} of {int(count)} changes"
            plot.dot(risk, share, 3.6, one.kind, tip)
    points = [(p[0] / top, p[1] / top) for one in drawn for p in one.curve("calibration")]
    above, below = sum(x < 0.5 and y > 0.65 for x, y in points), sum(x > 0.5 and y < 0.35 for x, y in points)
    entries = [*_key(drawn, "ece"), ("chance", "perfect", "0.000")]
    plot.key(entries, right=below <= above, low=below <= above)
    return plot.svg(
        "Observed share of inducing changes against forecast risk; calibration error: " + _spoken(drawn, "ece")
    )


def _key(found: Sequence[Series], measure: str) -> list[tuple[str, str, str]]:
    digits = 3 if measure == "ece" else 2
    return [(one.kind, one.label, number(one.entry.get(measure), digits)) for one in reversed(found)]


def _spoken(found: Sequence[Series], measure: str) -> str:
    return ", ".join(f"{label} {value}" for _, label, value in _key(found, measure))


def _wilson(share: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which stays inside 0..1."""
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    middle, scale = share + z * z / (2 * count), 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
