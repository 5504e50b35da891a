"""A small plot: scales, axes, lines and bars as inline SVG, text kept as text.

No colour is written here: shapes carry classes, the page's style sheet gives them colours, so
that dark mode, print and high contrast are one place's business. Everything is escaped.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

Point = Sequence[float]


@dataclass
class Plot:
    """A rectangle of pixels with a data range, `x_min` and `y_min` at the lower left."""

    width: float
    height: float
    x_max: float = 1.0
    y_max: float = 1.0
    left: float = 46
    right: float = 14
    top: float = 14
    bottom: float = 42
    x_min: float = 0.0
    y_min: float = 0.0
    parts: list[Markup] = field(default_factory=list)

    def x(self, value: float) -> float:
        share = (value - self.x_min) / (self.x_max - self.x_min)
        return round(self.left + (self.width - self.left - self.right) * share, 1)

    def y(self, value: float) -> float:
        share = (value - self.y_min) / (self.y_max - self.y_min)
        return round(self.height - self.bottom - (self.height - self.top - self.bottom) * share, 1)

    def put(self, markup: str, **values: object) -> None:
        """Add SVG; every value is escaped."""
        self.parts.append(Markup(markup).format(**values))  # noqa: S704 `markup` is a literal of this package

    def rule(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line in pixels."""
        self.put('<line class="{k}" x1="{a}" y1="{b}" x2="{c}" y2="{d}"/>', k=kind, a=x1, b=y1, c=x2, d=y2)

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start", *, turn: float = 0) -> None:
        """Text at a pixel; `anchor` is start, middle or end."""
        turned = Markup(' transform="rotate({} {} {})"').format(turn, x, y) if turn else ""
        self.put(
            '<text class="{k}" x="{x}" y="{y}" text-anchor="{a}"{t}>{w}</text>',
            k=kind,
            x=x,
            y=y,
            a=anchor,
            t=turned,
            w=words,
        )

    def axes(
        self,
        x_ticks: Sequence[float],
        y_ticks: Sequence[float],
        x_title: str,
        y_title: str,
        show: Callable[[float], str] = lambda value: f"{100 * value:.0f}",
    ) -> None:
        """Light horizontal and vertical gridlines with numbers, titles at the ends of the axes."""
        for tick in y_ticks:
            self.rule(self.left, self.y(tick), self.width - self.right, self.y(tick), "grid")
            self.text(self.left - 7, self.y(tick) + 4, show(tick), "tick", "end")
        for tick in x_ticks:
            self.rule(self.x(tick), self.y(self.y_min), self.x(tick), self.y(self.y_min) + 4, "axis")
            self.text(self.x(tick), self.y(self.y_min) + 18, show(tick), "tick", "middle")
        self.rule(self.left, self.y(self.y_min), self.width - self.right, self.y(self.y_min), "axis")
        self.text((self.left + self.width - self.right) / 2, self.height - 6, x_title, "title", "middle")
        middle = (self.top + self.height - self.bottom) / 2
        self.text(13, middle, y_title, "title", "middle", turn=-90)

    def line(self, points: Sequence[Point], kind: str, tip: str = "") -> None:
        """A line through data points; `tip` shows when the pointer rests on it."""
        path = " ".join(f"{self.x(p[0])},{self.y(min(p[1], self.y_max))}" for p in points)
        self.put('<polyline class="line {k}" points="{p}"><title>{t}</title></polyline>', k=kind, p=path, t=tip)

    def dot(self, x: float, y: float, radius: float, kind: str, tip: str = "") -> None:
        values = {"k": kind, "x": self.x(x), "y": self.y(y), "r": round(radius, 1), "t": tip}
        self.put('<circle class="dot {k}" cx="{x}" cy="{y}" r="{r}"><title>{t}</title></circle>', **values)

    def rect(self, x: float, y: float, width: float, height: float, kind: str, *, tip: str = "") -> None:
        """A rectangle in pixels."""
        if width > 0 and height > 0:
            values = {
                "k": kind,
                "x": round(x, 1),
                "y": round(y, 1),
                "w": round(width, 1),
                "h": round(height, 1),
                "t": tip,
            }
            self.put('<rect class="{k}" x="{x}" y="{y}" width="{w}" height="{h}"><title>{t}</title></rect>', **values)

    def key(self, entries: Sequence[tuple[str, str, str]], *, right: bool, low: bool) -> None:
        """(class, label, number) a line, set into the corner that the curves leave empty."""
        width, step = 178, 18
        x = self.width - self.right - width - 4 if right else self.left + 10
        y = self.height - self.bottom - step * len(entries) + 6 if low else self.top + 14
        self.rect(x - 6, y - 15, width + 10, step * len(entries) + 6, "plate")
        for row, (kind, label, value) in enumerate(entries):
            at = y + row * step
            self.rule(x, at - 4, x + 20, at - 4, f"line {kind}")
            self.text(x + 27, at, label, "key")
            self.text(x + width - 2, at, value, "key number", "end")

    def svg(self, title: str, kind: str = "") -> Markup:
        """The finished picture; `title` is what a screen reader says."""
        return Markup('<svg class="chart {k}" viewBox="0 0 {w} {h}" role="img" aria-label="{t}">{parts}</svg>').format(
            k=kind, w=self.width, h=self.height, t=escape(title), parts=Markup("").join(self.parts)
        )


def scale(low: float, high: float, inside: tuple[float, float] | None) -> tuple[float, float, list[float]]:
    """Round ends around a range, and three to six ticks.

    >>> scale(-0.07, 0.21, None)
    (-0.1, 0.3, [-0.1, 0.0, 0.1, 0.2, 0.3])
    """
    spread = max(high - low, 1e-3)
    rough = spread / 3.5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    start, end = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if inside:
        start, end = max(start, math.ceil(inside[0] / step - 1e-9)), min(end, math.floor(inside[1] / step + 1e-9))
    end = max(end, start + 1)
    ticks = [round(step * i, 10) for i in range(start, end + 1)]
    return ticks[0], ticks[-1], ticks
