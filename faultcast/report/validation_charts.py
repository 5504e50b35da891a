"""The charts of an examination: folds, intervals, what each feature adds. Colours come from the page (see svg.py)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from faultcast.report.charts import HEIGHT, WIDTH
from faultcast.report.svg import Plot, scale
from faultcast.wording import day, number, plain

_ROW = 30
_SHADES = 5
_SWARM_STEP = 3.4
"""Pixels that a dot moves aside for each one that stands where it belongs."""
_SHOWN_EFFECTS = 9
_LONGEST_LABEL = 34


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of `intervals`; `low` and `high` are None where only the value is known. `kind` is its class."""

    label: str
    value: float
    low: float | None
    high: float | None
    kind: str = "chosen"
    beside: str = ""


def folds(crossed: Mapping[str, Any]) -> Markup:
    """AUC of each fold, of the model and of lines added alone, in time order; the band is the mean's interval."""
    found = crossed["folds"]
    names = (("lines_added", "base", "lines added"), ("model", "chosen", str(crossed["kind"])))
    scores = [fold[name]["auc"] for fold in found for name, _, _ in names if fold[name]["auc"] is not None]
    low = min(0.4, math.floor(10 * min(scores, default=0.5)) / 10)
    plot = Plot(WIDTH, HEIGHT, x_max=len(found) + 0.5, x_min=0.5, y_min=low)
    ticks = [tick / 10 for tick in range(round(10 * low), 11, 2)] if low * 10 % 2 == 0 else [low, 0.6, 0.8, 1.0]
    plot.axes((), ticks, "later and later history, judged from", "AUC", lambda value: f"{value:.1f}")
    for place, fold in enumerate(found, start=1):
        plot.text(plot.x(place), plot.y(low) + 18, day(fold["from"])[:7], "tick", "middle")
    mean = crossed["mean"]["model"]["auc"]
    if mean and mean["low"] is not None:
        top, bottom = plot.y(min(1.0, mean["high"])), plot.y(max(low, mean["low"]))
        plot.rect(plot.left, top, plot.width - plot.left - plot.right, bottom - top, "band-area")
    plot.line([(0.5, 0.5), (len(found) + 0.5, 0.5)], "chance", "a coin: AUC 0.50")
    for name, kind, label in names:
        points = [(i, fold[name]["auc"]) for i, fold in enumerate(found, start=1) if fold[name]["auc"] is not None]
        plot.line(points, kind, label)
        for place, auc in points:
            plot.dot(place, auc, 4, kind, f"{label}: AUC {number(auc, 3)}, {found[place - 1]['n']:,} changes")
    means = [(kind, f"{label}, mean", crossed["mean"][name]["auc"]) for name, kind, label in reversed(names)]
    entries = [(kind, label, number(one["mean"], 2)) for kind, label, one in means if one]
    crowded = sum(score < low + (1 - low) * 0.4 for score in scores) > len(scores) / 4
    plot.key(entries, right=True, low=not crowded)
    return plot.svg("AUC by fold: " + ", ".join(f"{label} {value}" for _, label, value in entries))


def intervals(
    rows: Sequence[Interval],
    *,
    title: str,
    mark: float | None = None,
    inside: tuple[float, float] | None = None,
    show: Callable[[float], str] = lambda value: f"{value:+.2f}",
    least: float = 1e-3,
) -> Markup:
    """A line a row: the value as a dot, its 95 % interval as a bar; `mark` is what the values are held against.

    `inside` bounds what is drawn, for figures that cannot lie elsewhere; no less than `least` is shown, so that a
    difference that means nothing does not look large.
    """
    ends = [end for row in rows for end in (row.low, row.value, row.high) if end is not None]
    ends += [] if mark is None else [mark]
    spare = max(0.0, least - (max(ends) - min(ends))) / 2
    x_min, x_max, ticks = scale(min(ends) - spare, max(ends) + spare, inside)
    plot = Plot(
        WIDTH, 40 + _ROW * len(rows), x_min=x_min, x_max=x_max, left=190, right=64, top=8, bottom=32, y_max=len(rows)
    )
    for tick in ticks:
        plot.rule(plot.x(tick), plot.top, plot.x(tick), plot.height - plot.bottom, "grid")
        plot.text(plot.x(tick), plot.height - plot.bottom + 18, show(tick), "tick", "middle")
    if mark is not None:
        plot.rule(plot.x(mark), plot.top, plot.x(mark), plot.height - plot.bottom, "mark")
    for place, row in enumerate(rows):
        y = plot.y(len(rows) - place - 0.5)
        label = plain(row.label, 30)
        plot.text(plot.left - 12, y + 4, label, "key", "end")
        if row.low is not None and row.high is not None:
            low, high = max(row.low, x_min), min(row.high, x_max)
            plot.rule(plot.x(low), y, plot.x(high), y, f"line {row.kind}")
        tip = f"{label}: {show(row.value)}" + (
            f" (95 % interval {show(row.low)} to {show(row.high)})"
            if row.low is not None and row.high is not None
            else ""
        )
        plot.dot(row.value, len(rows) - place - 0.5, 4.4, row.kind, tip)
        plot.text(plot.width - 2, y + 4, row.beside or show(row.value), "key number", "end")
    return plot.svg(title + ": " + "; ".join(f"{plain(row.label, 30)} {show(row.value)}" for row in rows), "rows")


def importance(found: Mapping[str, Any]) -> Markup:
    """Mean absolute attribution of the most important features."""
    shown = list(found["importance"].items())[: len(found["points"])]
    most = max((value for _, value in shown), default=0.0) or 1.0
    plot = Plot(WIDTH, 16 + 25 * len(shown), left=196, right=54, top=6, bottom=6, x_max=most, y_max=1)
    for place, (name, value) in enumerate(shown):
        y = plot.top + 25 * place
        plot.text(plot.left - 10, y + 15, _label(name), "key", "end")
        plot.rect(plot.left, y + 4, plot.x(value) - plot.left, 15, "bar-mean", tip=f"{_label(name)}: {value:.4f}")
        plot.text(plot.x(value) + 6, y + 15, f"{value:.3f}", "tick")
    return plot.svg("Mean absolute attribution: " + ", ".join(f"{_label(n)} {v:.3f}" for n, v in shown), "rows")


def swarm(found: Mapping[str, Any]) -> Markup:
    """A dot a change and feature: how far it moves the score, shaded by how large the feature's value is."""
    names, row = list(found["points"]), 34
    effects = [effect for points in found["points"].values() for effect, _ in points]
    x_min, x_max, ticks = scale(min(effects, default=0), max(effects, default=0), None)
    plot = Plot(
        WIDTH, 48 + row * len(names), x_min=x_min, x_max=x_max, y_max=len(names), left=196, right=14, top=6, bottom=42
    )
    for tick in ticks:
        plot.text(plot.x(tick), plot.height - plot.bottom + 18, f"{tick:+.2g}" if tick else "0", "tick", "middle")
    plot.rule(plot.x(0), plot.top, plot.x(0), plot.height - plot.bottom, "axis")
    title = f"lowers the score  \u2190  {found['unit']}  \u2192  raises it"
    plot.text((plot.left + plot.width - plot.right) / 2, plot.height - 6, title, "title", "middle")
    for place, name in enumerate(names):
        middle = len(names) - place - 0.5
        plot.text(plot.left - 10, plot.y(middle) + 4, _label(name), "key", "end")
        _swarm_row(plot, found["points"][name], middle, row)
    return plot.svg("Attributions of single changes by feature: " + ", ".join(map(_label, names)), "swarm")


def _swarm_row(plot: Plot, points: Sequence[Sequence[float | None]], middle: float, row: float) -> None:
    """Dots that would stand on each other move aside, up and down in turn."""
    taken: dict[int, int] = {}
    most = (row / 2 - 3) / _SWARM_STEP
    for effect, share in sorted(points, key=lambda point: point[0] or 0.0):
        column = round(plot.x(effect or 0.0) / _SWARM_STEP)
        count = taken[column] = taken.get(column, -1) + 1
        aside = min((count + 1) // 2, most) * (1 if count % 2 else -1) * _SWARM_STEP
        shade = "none" if share is None else str(min(_SHADES - 1, int(share * _SHADES)))
        y = middle + aside / (plot.height - plot.top - plot.bottom) * plot.y_max
        plot.dot(effect or 0.0, y, 1.9, f"shade-{shade}")


def waterfall(example: Mapping[str, Any], base: float) -> Markup:
    """From what is usual to this change's score, the largest steps first, the others together."""
    steps = [(one["feature"], one["value"], one["effect"]) for one in example["effects"]]
    rest = steps[_SHOWN_EFFECTS:]
    shown = [(_told(name, value), effect) for name, value, effect in steps[:_SHOWN_EFFECTS]]
    if rest:
        shown.append((f"{len(rest)} others", sum(effect for _, _, effect in rest)))
    ends, at = [base], base
    for _, effect in shown:
        at += effect
        ends.append(at)
    x_min, x_max, ticks = scale(min(ends), max(ends), None)
    row = 25
    plot = Plot(WIDTH, 46 + row * (len(shown) + 2), x_min=x_min, x_max=x_max, left=214, right=56, top=6, bottom=28)
    for tick in ticks:
        plot.rule(plot.x(tick), plot.top, plot.x(tick), plot.height - plot.bottom, "grid")
        plot.text(plot.x(tick), plot.height - plot.bottom + 18, f"{tick:.2f}", "tick", "middle")
    rows = [("usual", base, base), *((label, a, b) for (label, _), a, b in zip(shown, ends, ends[1:], strict=False))]
    for place, (label, start, end) in enumerate([*rows, ("this change", at, at)]):
        y = plot.top + row * place
        plot.text(plot.left - 10, y + 16, label, "key", "end")
        is_end = start == end and place in (0, len(rows))
        if is_end:
            plot.rule(plot.x(end), y + 3, plot.x(end), y + 21, "line chosen")
        kind = "step-up" if end > start else "step-down"
        plot.rect(min(plot.x(start), plot.x(end)), y + 5, max(abs(plot.x(end) - plot.x(start)), 0.8), 14, kind)
        words = f"{end:.2f}" if is_end else f"{end - start:+.3f}"
        plot.text(plot.width - 2, y + 16, words.replace("-", "\u2212"), "key number", "end")
    return plot.svg(
        f"Steps from {base:.3f} to {at:.3f}: " + ", ".join(f"{label} {e:+.3f}" for label, e in shown), "rows"
    )


def _label(feature: str) -> str:
    return plain(feature.replace("_", " "), _LONGEST_LABEL)


def _told(feature: str, value: float | None) -> str:
    """
    >>> _told("lines_added", 12.0), _told("age_days", None)
    ('lines added = 12', 'age days: unknown')
    """
    if value is None:
        return f"{_label(feature)}: unknown"
    return f"{_label(feature)} = " + (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")
