"""ROC and precision-recall curves side by side, with areas and their intervals."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convonet.documents.curves import ClassCurve
from convonet.documents.evaluation import EvaluationDocument
from convonet.plots.figures import (
    BLUE,
    GREEN,
    INK,
    LIGHT_BLUE,
    LIGHT_ORANGE,
    MUTED,
    ORANGE,
    TICK_SIZE,
    TITLE_SIZE,
    new_figure,
    tidy,
)
from convonet.plots.fonts import find_fonts
from convonet.plots.registry import register

# More lines than colours that can be told apart show nothing.
MOST_LINES = 8
PURPLE, BLACK = "#CC79A7", "#222222"
COLOURS = (BLUE, ORANGE, GREEN, LIGHT_BLUE, LIGHT_ORANGE, PURPLE, BLACK, MUTED)
NAME_LETTERS = 22


class RankingLines(NamedTuple):
    """What is drawn.

    Attributes:
        curves: as an evaluation's document holds them, in the order of their classes.
        point: (false positive rate, true positive rate, precision) of the answers given, where there are two
            classes.
        classes: how many the model has.
    """

    curves: tuple[ClassCurve, ...]
    point: tuple[float, float, float] | None
    classes: int

    @property
    def title(self) -> str:
        """What the lines are of."""
        if self.point is not None:
            return f"{self.curves[0].class_} against the other class"
        if len(self.curves) < self.classes:
            return f"Each class against the rest: the {len(self.curves)} worst of {self.classes}"
        return "Each class against the rest"


def ranking_lines(document: EvaluationDocument) -> RankingLines:
    """The lines of an evaluation's document; of many classes those that are told worst."""
    worst = {curve.class_ for curve in sorted(document.curves, key=lambda curve: curve.auc)[:MOST_LINES]}
    kept = tuple(curve for curve in document.curves if curve.class_ in worst)
    return RankingLines(kept, _point(document) if kept else None, len(document.classes))


def draw_roc(ax: Axes, lines: RankingLines) -> None:
    """True against false positive rate; the dashed line is guessing."""
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle="--")
    for curve, text, colour in zip(lines.curves, _texts(lines), COLOURS, strict=False):
        ax.plot(curve.roc.fpr, curve.roc.tpr, color=colour, linewidth=1.6, label=text)
    if lines.point is not None:
        ax.plot(lines.point[0], lines.point[1], "o", color=INK, markersize=6, label="at the threshold")
    _finish(ax, "ROC", "False positive rate", "True positive rate")


def draw_precision_recall(ax: Axes, lines: RankingLines) -> None:
    """Precision against recall; of one class the dashed line is guessing."""
    for curve, colour in zip(lines.curves, COLOURS, strict=False):
        points = curve.precision_recall
        # Between two thresholds only the precision of the higher recall is reached: no slope joins them.
        ax.step(points.recall, points.precision, where="pre", color=colour, linewidth=1.6)
    if lines.point is not None:
        ax.axhline(lines.curves[0].chance, color=MUTED, linewidth=1, linestyle="--")
        ax.plot(lines.point[1], lines.point[2], "o", color=INK, markersize=6)
    _finish(ax, "Precision and recall", "Recall", "Precision")


@register("ranking", "ROC and precision-recall curves", "roc_pr.png")
def ranking_figure(document: EvaluationDocument) -> Figure:
    """Both pictures side by side, the areas and their intervals below.

    Args:
        document: the evaluation.
    """
    lines = ranking_lines(document)
    rows = -(-(len(lines.curves) + (lines.point is not None)) // 2)
    figure = new_figure(10.5, 5.4 + 0.2 * rows)
    left, right = figure.subplots(1, 2)
    draw_roc(left, lines)
    draw_precision_recall(right, lines)
    if lines.curves:
        names = find_fonts([curve.class_ for curve in lines.curves])
        figure.suptitle(lines.title, color=INK, **names.text(TITLE_SIZE))
        legend = figure.legend(loc="outside lower center", ncols=2, frameon=False)
        for text in legend.get_texts():
            text.set(**names.text(TICK_SIZE))
    return figure


def _finish(ax: Axes, title: str, x_label: str, y_label: str) -> None:
    tidy(ax, title, x_label, y_label)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")


def _texts(lines: RankingLines) -> list[str]:
    """What the legend says of each class."""
    classes = [curve.class_ for curve in lines.curves]
    names = find_fonts(classes).labels(classes, NAME_LETTERS)
    return [
        f"{name}: AUC {curve.auc:.3f} ({low:.3f} to {high:.3f}), "
        f"average precision {curve.average_precision:.3f}"
        for name, curve in zip(names, lines.curves, strict=True)
        for low, high in [curve.auc_interval]
    ]


def _point(document: EvaluationDocument) -> tuple[float, float, float] | None:
    """Where the answers given stand on the curves of two classes."""
    if document.positive is None:
        return None
    matrix, place = document.confusion_matrix, document.classes.index(document.positive)
    tp, fn = matrix[place][place], matrix[place][1 - place]
    fp, tn = matrix[1 - place][place], matrix[1 - place][1 - place]
    # Without a positive prediction none is wrong; the precision-recall curve also ends at 1.
    precision = tp / (tp + fp) if tp + fp else 1.0
    return fp / max(fp + tn, 1), tp / max(tp + fn, 1), precision
