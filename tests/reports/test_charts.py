from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from convonet.reports.charts import Bars, Chart, ChartLine, ticks


@pytest.mark.parametrize(
    ("low", "high", "whole", "expected"),
    [
        (0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 12, True, [5, 10]),
        (1, 3, True, [1, 2, 3]),
        (0.55, 1.02, False, [0.6, 0.7, 0.8, 0.9, 1]),
        (-3, 3, False, [-2, 0, 2]),
        (5, 5, False, [5]),
    ],
)
def test_ticks_are_round_numbers_inside(low: float, high: float, whole: bool, expected: list[float]) -> None:
    assert ticks(low, high, whole=whole) == pytest.approx(expected)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart.svg()))


def test_points_lie_where_the_axes_say() -> None:
    chart = Chart("t", "x", "y", [ChartLine("a", [(0, 0), (1, 1)])], x_range=(0, 1), y_range=(0, 1))
    (line,) = drawn(chart).iter("polyline")
    first, last = (tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split())
    assert first == (50, 258)
    assert last == (426, 34)


def test_missing_values_break_the_line_and_nothing_else() -> None:
    points = [(1, 0.5), (2, 0.4), None, (4, 0.3), (5, math.nan), (6, 0.2), (7, 0.1)]
    assert len(list(drawn(Chart("t", "x", "y", [ChartLine("a", points)])).iter("polyline"))) == 2


def test_names_of_classes_are_text_not_markup() -> None:
    svg = str(Chart("<b>", "&", "y", [ChartLine("<script>", [(0, 0), (1, 1)])]).svg())
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


def test_bars_stand_on_zero() -> None:
    chart = Chart("t", "x", "y", bars=[Bars("n", (0, 1, 2), (0.0, 0.5))], percent=True)
    bars = [bar for bar in drawn(chart).iter("rect") if float(bar.attrib["width"]) > 16]
    assert [float(bar.attrib["height"]) for bar in bars] == pytest.approx([0, 211.3], abs=0.2)


def test_a_chart_without_numbers_is_drawn() -> None:
    drawn(Chart("t", "x", "y"))
