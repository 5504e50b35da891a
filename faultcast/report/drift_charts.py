"""The charts of a look at what was predicted lately. Colours come from the page (see svg.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from faultcast.report.charts import HEIGHT, QUARTERS, WIDTH
from faultcast.report.svg import Plot, scale
from faultcast.wording import number, percent

_BINS = 10


def together(drift: Mapping[str, Any]) -> Markup:
    """The mean PSI of all features as a bar, on the ground of what is usual; a line where the alarm begins."""
    now, usual = drift["mean_psi"], drift["usual_mean_psi"]
    alarm = drift["margin"] * usual
    _, most, ticks = scale(0.0, max(now, alarm) * 1.02, None)
    plot = Plot(WIDTH, 150, x_max=most, left=16, right=28, top=26, bottom=48)
    low, high = plot.height - plot.bottom, plot.top
    plot.rect(plot.x(0), high, plot.x(usual) - plot.x(0), low - high, "usual", tip=f"usual: up to {number(usual, 3)}")
    kind = "now over" if now > alarm else "now"
    middle = (low + high) / 2
    plot.rect(plot.x(0), middle - 11, max(1.0, plot.x(now) - plot.x(0)), 22, kind, tip=f"now: {number(now, 3)}")
    plot.rule(plot.x(alarm), high - 4, plot.x(alarm), low, "alarm")
    _beside(plot, alarm, high - 10, f"alarm beyond {number(alarm, 3)}", "note")
    plot.rule(plot.left, low, plot.width - plot.right, low, "axis")
    for tick in ticks:
        plot.text(plot.x(tick), low + 18, f"{tick:g}", "tick", "middle")
    plot.text((plot.left + plot.width - plot.right) / 2, plot.height - 6, "mean PSI of all features", "title", "middle")
    told = f"Mean PSI {number(now, 3)}; usual up to {number(usual, 3)}; alarm beyond {number(alarm, 3)}"
    return plot.svg(told, "rows")


def risks(now: Sequence[float], before: Sequence[float] | None) -> Markup:
    """Shares of changes in ten bins of risk as bars; those of the rows that the model was judged on as steps."""
    _, most, ticks = scale(0.0, max(*now, *(before or ()), 0.01), (0.0, 1.0))
    plot = Plot(WIDTH, HEIGHT, y_max=most)
    plot.axes(QUARTERS, ticks, "risk that was forecast, %", "changes, %")
    width = plot.x(1 / _BINS) - plot.x(0)
    for place, share in enumerate(now):
        tip = f"risk {percent(place / _BINS)} to {percent((place + 1) / _BINS)}: {percent(share, 1)} of changes"
        plot.rect(plot.x(place / _BINS) + 1.5, plot.y(share), width - 3, plot.y(0) - plot.y(share), "share", tip=tip)
    entries = [("share", "asked for now", "")]
    if before:
        steps = [(edge / _BINS, share) for place, share in enumerate(before) for edge in (place, place + 1)]
        plot.line(steps, "before", "when the model was trained")
        entries.append(("before", "when it was trained", ""))
    crowded = max(*now[_BINS // 2 :], *(before or (0.0,) * _BINS)[_BINS // 2 :]) > 0.8 * most
    plot.key(entries, right=not crowded, low=False)
    told = ", ".join(f"{percent(place / _BINS)} {percent(share)}" for place, share in enumerate(now))
    return plot.svg("Share of changes by risk, from: " + told)


def _beside(plot: Plot, value: float, y: float, words: str, kind: str) -> None:
    """Text at a value, on the side of it where there is room."""
    is_left = plot.x(value) < plot.width / 2
    plot.text(plot.x(value) + (5 if is_left else -5), y, words, kind, "start" if is_left else "end")
