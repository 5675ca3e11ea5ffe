"""Calibration in two pictures: accuracy against confidence, and how sure right and wrong answers were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convonet.documents.curves import ConfidenceHistogram, ReliabilityDiagram
from convonet.documents.evaluation import EvaluationDocument
from convonet.plots.figures import BLUE, MUTED, ORANGE, TICK_SIZE, new_figure, tidy
from convonet.plots.registry import register


class ReliabilityPoints(NamedTuple):
    """The bins with images in them.

    Attributes:
        confidence, accuracy: means of a bin, 0..1.
        counts: images in it.
    """

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    counts: tuple[int, ...]


def reliability_points(diagram: ReliabilityDiagram) -> ReliabilityPoints:
    """The points of a reliability diagram; empty bins are left out."""
    rows = zip(diagram.confidence, diagram.accuracy, diagram.counts, strict=True)
    filled = [(x, y, count) for x, y, count in rows if x is not None and y is not None]
    confidence, accuracy, counts = zip(*filled, strict=True)
    return ReliabilityPoints(confidence, accuracy, counts)


def draw_reliability(ax: Axes, points: ReliabilityPoints, ece: float) -> None:
    """Accuracy against confidence; a larger dot holds more images, the line is where both are equal."""
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle="--")
    shares = np.array(points.counts) / max(points.counts)
    ax.plot(points.confidence, points.accuracy, color=BLUE, linewidth=1)
    ax.scatter(points.confidence, points.accuracy, s=12 + 80 * shares, color=BLUE, zorder=3)
    tidy(ax, f"Calibration error {ece:.3f}", "Confidence", "Accuracy")
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))


def draw_confidence(ax: Axes, histogram: ConfidenceHistogram) -> None:
    """Right and wrong answers by confidence, as shares of each, since most answers are right."""
    edges = np.array(histogram.edges)
    for name, part, colour in (("correct", histogram.right, BLUE), ("wrong", histogram.wrong, ORANGE)):
        counts = np.array(part)
        total = int(counts.sum())
        heights = 100 * counts / max(total, 1)
        ax.stairs(heights, edges, color=colour, fill=True, alpha=0.35)
        ax.stairs(heights, edges, color=colour, label=f"{name} ({total:,})")
    tidy(ax, "Confidence of predictions", "Confidence", "% of correct or wrong predictions")
    ax.legend(fontsize=TICK_SIZE, frameon=False, loc="upper left")


@register("reliability", "Calibration", "calibration.png")
def reliability_figure(document: EvaluationDocument) -> Figure:
    """Both pictures side by side.

    Args:
        document: the evaluation.
    """
    figure = new_figure(10.0, 4.5)
    left, right = figure.subplots(1, 2)
    draw_reliability(left, reliability_points(document.reliability), document.ece)
    draw_confidence(right, document.confidence_histogram)
    return figure
