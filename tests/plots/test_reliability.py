from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from convonet.plots.reliability import reliability_figure, reliability_points

DOCUMENT = {
    "ece": 0.1,
    "reliability": {
        "edges": [0, 0.25, 0.5, 0.75, 1],
        "counts": [0, 10, 0, 30],
        "confidence": [None, 0.4, None, 0.9],
        "accuracy": [None, 0.5, None, 0.8],
    },
    "confidence_histogram": {"edges": [0, 0.5, 1], "right": [5, 24], "wrong": [5, 6]},
}


def test_empty_bins_are_no_points() -> None:
    points = reliability_points(DOCUMENT["reliability"])  # type: ignore[arg-type]
    assert points == ((0.4, 0.9), (0.5, 0.8), (10, 30))


def test_both_pictures_have_their_words(clipped: Callable[[Figure], list[str]]) -> None:
    figure = reliability_figure(DOCUMENT)
    left, right = figure.axes
    assert left.get_title(loc="left") == "Calibration error 0.100"
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["right (29)", "wrong (11)"]
    assert clipped(figure) == []


def test_a_set_without_mistakes_is_drawn() -> None:
    reliability_figure(DOCUMENT | {"confidence_histogram": {"edges": [0, 1], "right": [3], "wrong": [0]}})
