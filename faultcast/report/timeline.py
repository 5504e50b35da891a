"""The chart of labels over time: how many changes, which put faults in, which took them out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from faultcast.report.inputs import Month
from faultcast.report.svg import Plot

_STEPS = (1, 3, 6, 12, 24, 60)  # months a column stands for
_PERIODS = {1: "month", 3: "quarter", 6: "half-year", 12: "year", 24: "two years", 60: "five years"}
_DAY = 86400


def timeline(months: Sequence[Month], dataset: Mapping[str, Any], width: float, most_columns: int) -> Markup:
    """Two panels over one time axis, and under them which part of the history served for what."""
    if not months:
        return Markup("")
    step = next((s for s in _STEPS if len(months) / s <= most_columns), _STEPS[-1])
    columns = [_sum(months[i : i + step]) for i in range(0, len(months), step)]
    plot = Plot(width, 330, x_max=len(columns), left=40, right=4)
    _changes(plot, columns, _PERIODS[step])
    _faults(plot, columns)
    _strip(plot, months, dataset, step)
    _dates(plot, months, step)
    totals = _sum(months)
    spoken = f"{totals.changes} changes, {totals.inducing} of them inducing, {totals.fixes} fixes"
    spoken += f", {totals.unripe} too young to judge"
    return plot.svg(f"Changes and labels per {_PERIODS[step]}: {spoken}", "timeline")


def _sum(months: Sequence[Month]) -> Month:
    span = months[0].month if len(months) == 1 else f"{months[0].month} to {months[-1].month}"
    return Month(
        span,
        sum(m.changes for m in months),
        sum(m.fixes for m in months),
        sum(m.inducing for m in months),
        sum(m.unripe for m in months),
    )


def _changes(plot: Plot, columns: Sequence[Month], period: str) -> None:
    top, base = 30, 138
    most = _round_up(max(c.changes for c in columns))
    plot.text(plot.left, 14, f"changes per {period}", "head judged")
    if any(c.unripe for c in columns):
        plot.text(plot.width - plot.right, 14, "too young to judge", "head unripe", "end")
    _levels(plot, base, top, most)
    gap = plot.x(1) - plot.x(0)
    for place, c in enumerate(columns):
        tip = f"{c.month}: {c.changes} changes, {c.unripe} of them too young to judge"
        judged = (base - top) * (c.changes - c.unripe) / most
        young = (base - top) * c.unripe / most
        x, wide = plot.x(place) + gap * 0.12, gap * 0.76
        plot.rect(x, base - judged, wide, judged, "judged", tip=tip)
        plot.rect(x, base - judged - young, wide, young, "unripe", tip=tip)


def _faults(plot: Plot, columns: Sequence[Month]) -> None:
    top, zero, bottom = 178, 218, 258
    most = _round_up(max(max(c.inducing, c.fixes) for c in columns))
    plot.text(plot.left, 164, "inducing changes: a fault goes in", "head inducing")
    plot.text(plot.left, 274, "fixes: a fault comes out", "head fix")
    _levels(plot, zero, top, most)
    plot.rule(plot.left, bottom, plot.width - plot.right, bottom, "grid")
    plot.text(plot.left - 7, bottom + 4, f"{most:,}", "tick", "end")
    gap = plot.x(1) - plot.x(0)
    for place, c in enumerate(columns):
        x, wide = plot.x(place) + gap * 0.12, gap * 0.76
        up, down = (zero - top) * c.inducing / most, (bottom - zero) * c.fixes / most
        plot.rect(x, zero - up, wide, up, "inducing", tip=f"{c.month}: {c.inducing} inducing changes")
        plot.rect(x, zero, wide, down, "fix", tip=f"{c.month}: {c.fixes} fixes")


def _strip(plot: Plot, months: Sequence[Month], dataset: Mapping[str, Any], step: int) -> None:
    """Which part of the history served for training, validation and test; the rest is only scored."""
    bounds = [dataset.get(name) for name in ("train_until", "validation_until", "as_of")]
    if not all(bounds):
        return
    until = [float(bound) for bound in bounds if bound is not None]
    until.insert(2, max(until[1], until[2] - float(dataset.get("ripening_days", 0)) * _DAY))
    end = plot.width - plot.right
    edges = [plot.left, *(min(end, max(plot.left, plot.x(_place(at, months, step)))) for at in until[:3]), end]
    for index, name in enumerate(("training", "validation", "test", "only scored")):
        wide = edges[index + 1] - edges[index] - 2
        plot.rect(edges[index], 286, wide, 17, f"split split{index}", tip=f"history used for: {name}")
        if wide > 7.2 * len(name):
            plot.text(edges[index] + wide / 2, 298.5, name, "split-name", "middle")


def _dates(plot: Plot, months: Sequence[Month], step: int) -> None:
    """A year where it begins; the first column always says where it starts."""
    years = [(i, m.month[:4]) for i, m in enumerate(months) if m.month.endswith("-01")]
    every = max(1, round(len(years) * 60 / (plot.width - plot.left)))
    if not years or years[0][0] / step * (plot.x(1) - plot.x(0)) > 62:
        plot.text(plot.left, 322, months[0].month, "tick")
    for place, (index, year) in enumerate(years):
        x = plot.x(index / step)
        if place % every == 0 and x < plot.width - 34:
            plot.rule(x, 306, x, 311, "axis")
            plot.text(x, 322, year, "tick")


def _levels(plot: Plot, base: float, top: float, most: int) -> None:
    plot.rule(plot.left, top, plot.width - plot.right, top, "grid")
    plot.rule(plot.left, base, plot.width - plot.right, base, "axis")
    plot.text(plot.left - 7, top + 4, f"{most:,}", "tick", "end")
    plot.text(plot.left - 7, base + 4, "0", "tick", "end")


def _place(at: float, months: Sequence[Month], step: int) -> float:
    """An instant as a place on the axis of columns."""
    when = datetime.fromtimestamp(at, UTC)
    first_year, first_month = (int(part) for part in months[0].month.split("-"))
    whole = (when.year - first_year) * 12 + when.month - first_month
    return (whole + (when.day - 1) / 31) / step


def _round_up(value: int) -> int:
    """The next number a person would write on an axis."""
    if value <= 1:
        return 1
    size = 10 ** (len(str(value)) - 1)
    return next(
        int(size * f) for f in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if size * f >= value and size * f == int(size * f)
    )
