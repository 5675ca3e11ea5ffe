"""Line charts as SVG inside the page: sharp on paper, legible on a phone, and in the page's colours, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 14, 34, 42
_TICKS = 5
_LEGEND_ROW = 18


class ChartLine(NamedTuple):
    """One line.

    Attributes:
        name: in the legend; empty: it is not told there.
        points: (x, y) in the chart's units; None breaks the line.
        style: class in the style sheet: `c0` … `c7`, `guess`.
        dots: mark each point.
    """

    name: str
    points: Sequence[tuple[float, float] | None]
    style: str = "c0"
    dots: bool = False


class Bars(NamedTuple):
    """Bars side by side without gaps: a histogram."""

    name: str
    edges: Sequence[float]
    heights: Sequence[float]
    style: str = "c0"


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    Attributes:
        x_range, y_range: ends of the axes; None: those of the lines, a little wider.
        percent: the y axis shows shares as percent.
        whole: the x axis has whole numbers only.
    """

    title: str
    x_label: str
    y_label: str
    lines: Sequence[ChartLine] = ()
    bars: Sequence[Bars] = ()
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    percent: bool = False
    whole: bool = False

    def svg(self) -> Markup:
        """The picture, 440 units wide; it takes the width that the page gives it."""
        return _Drawing(self).svg()


class _Drawing:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.x = chart.x_range or _ends([point[0] for point in self._points()], 0.0)
        self.y = chart.y_range or _ends([point[1] for point in self._points()], 0.06)
        # Bars have to start at zero, or their heights would not be in proportion.
        if chart.bars:
            self.y = (0.0, self.y[1])
        parts: list[ChartLine | Bars] = [*chart.lines, *chart.bars]
        self.named = [part for part in parts if part.name]
        self.height = HEIGHT + _LEGEND_ROW * len(self.named)

    def _points(self) -> list[tuple[float, float]]:
        points = [point for line in self.chart.lines for point in line.points if point is not None]
        for bars in self.chart.bars:
            points += [(edge, 0.0) for edge in bars.edges] + [(bars.edges[0], top) for top in bars.heights]
        return [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]

    def svg(self) -> Markup:
        parts = [*self._frame(), *map(self._bars, self.chart.bars), *map(self._line, self.chart.lines)]
        parts += [self._legend(place, part) for place, part in enumerate(self.named)]
        label = escape(self.chart.title)
        return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
            WIDTH, self.height, label, Markup("").join(parts)
        )

    def _place(self, x: float, y: float) -> tuple[str, str]:
        across = (x - self.x[0]) / (self.x[1] - self.x[0] or 1)
        up = (y - self.y[0]) / (self.y[1] - self.y[0] or 1)
        right, low = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        return f"{_LEFT + across * (right - _LEFT):.1f}", f"{low - up * (low - _TOP):.1f}"

    def _frame(self) -> list[Markup]:
        parts = []
        for value in ticks(*self.y):
            _, y = self._place(self.x[0], value)
            parts.append(
                Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                    _LEFT, WIDTH - _RIGHT, y, y
                )
            )
            parts.append(_text(_LEFT - 6, float(y) + 4, self._shown(value), "end"))
        for value in ticks(*self.x, whole=self.chart.whole):
            x, _ = self._place(value, self.y[0])
            parts.append(_text(float(x), HEIGHT - _BOTTOM + 17, f"{value:g}", "middle"))
        parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, self.chart.x_label, "middle"))
        heading = Markup('<text class="tick" x="0" y="15"><tspan class="title">{}</tspan>{}</text>')
        beside = f" {self.chart.y_label.lower()}" if self.chart.y_label != self.chart.title else ""
        parts.append(heading.format(self.chart.title, Markup('<tspan dx="8">{}</tspan>').format(beside)))
        return parts

    def _shown(self, value: float) -> str:
        return f"{100 * value:g}%" if self.chart.percent else f"{value:g}"

    def _line(self, line: ChartLine) -> Markup:
        parts: list[list[tuple[str, str]]] = [[]]
        for point in line.points:
            # A gap begins a new part, as joining its two ends would show values that nobody measured.
            if point is None or not math.isfinite(point[1]):
                parts.append([])
            else:
                parts[-1].append(self._place(*point))
        drawn = [
            Markup('<polyline class="line {}" points="{}"/>').format(
                line.style, " ".join(map(",".join, part))
            )
            for part in parts
            if len(part) > 1
        ]
        if line.dots:
            dots = (point for part in parts for point in part)
            drawn += [
                Markup('<circle class="dot {}" cx="{}" cy="{}" r="3"/>').format(line.style, *dot)
                for dot in dots
            ]
        return Markup("").join(drawn)

    def _bars(self, bars: Bars) -> Markup:
        drawn = []
        # Not strict, since there is one edge more than there are bars.
        for left, right, top in zip(bars.edges, bars.edges[1:], bars.heights, strict=False):
            (x, y), (end, low) = self._place(left, top), self._place(right, self.y[0])
            width, height = float(end) - float(x), float(low) - float(y)
            shape = '<rect class="bar {}" x="{}" y="{}" width="{:.1f}" height="{:.1f}"/>'
            drawn.append(Markup(shape).format(bars.style, x, y, width, max(height, 0.0)))
        return Markup("").join(drawn)

    def _legend(self, place: int, part: ChartLine | Bars) -> Markup:
        y = HEIGHT + 8 + _LEGEND_ROW * place
        kind = "bar" if isinstance(part, Bars) else "key"
        box = Markup('<rect class="{} {}" x="{}" y="{}" width="16" height="{}"/>')
        size = (8, y - 4) if kind == "bar" else (3, y - 1)
        return box.format(kind, part.style, _LEFT, size[1], size[0]) + _text(
            _LEFT + 24, y + 4, part.name, "start"
        )


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers between two ends, about five."""
    if not high > low:
        return [low]
    step = 10 ** math.floor(math.log10((high - low) / _TICKS))
    step *= next(times for times in (1, 2, 5, 10) if (high - low) / (step * times) <= _TICKS)
    step = max(step, 1) if whole else step
    # The small tolerance keeps a tick at the very end, which rounding could push outside.
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Multiples of a decimal step carry rounding noise that would show in the labels.
    return [round(place * step, 10) for place in range(first, last + 1)]


def _ends(values: Sequence[float], room: float) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    # Equal ends would make an axis without width.
    if low == high:
        low, high = low - 0.5, high + 0.5
    return low - room * (high - low), high + room * (high - low)


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, words
    )
