"""Charts of a run and of an evaluation, from the documents in the run folder."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convonet.documents.evaluation import EvaluationDocument
from convonet.documents.history import HistoryTable
from convonet.plots.ranking import RankingLines, ranking_lines
from convonet.plots.reliability import reliability_points
from convonet.reports.charts import Bars, Chart, ChartLine

_UNIT = (0.0, 1.0)


def training_charts(history: HistoryTable, kept: int | None) -> list[Chart]:
    """Accuracy, loss and, where it changes, the learning rate over the epochs.

    Args:
        kept: the epoch whose weights were kept, from 1.
    """
    charts = [
        _over_epochs(history, "accuracy", "Accuracy", kept, percent=True),
        _over_epochs(history, "loss", "Loss", kept),
    ]
    rates = history.measured("learning_rate")
    if len(set(rates)) > 1:
        points = _points(history.learning_rate)
        line = ChartLine("", points, "c2", dots=len(points) <= 40)
        charts.append(Chart("Learning rate", "Epoch", "Learning rate", [line], whole=True))
    return charts


def _over_epochs(
    history: HistoryTable, name: str, title: str, kept: int | None, *, percent: bool = False
) -> Chart:
    lines = [
        ChartLine(label, _points(history[key]), style, dots=history.epochs <= 40)
        for key, label, style in ((name, "training", "c0"), (f"val_{name}", "validation", "c1"))
        if history.measured(key)
    ]
    # If it is the last epoch, the line would only repeat the end of the axis.
    if kept is not None and 0 < kept < history.epochs:
        values = [
            y for line in lines for point in line.points if point for y in point[1:] if math.isfinite(y)
        ]
        ends: list[tuple[float, float] | None] = [(kept, min(values)), (kept, max(values))]
        lines.append(ChartLine(f"kept: epoch {kept}", ends, "guess"))
    return Chart(title, "Epoch", title, lines, percent=percent, whole=True)


def _points(values: Sequence[float | None]) -> list[tuple[float, float] | None]:
    return [None if value is None else (epoch, value) for epoch, value in enumerate(values, start=1)]


def ranking_charts(document: EvaluationDocument) -> list[Chart]:
    """ROC and precision-recall; none where no class has curves."""
    lines = ranking_lines(document)
    if not lines.curves:
        return []
    return [_roc(lines), _precision_recall(lines)]


def _roc(lines: RankingLines) -> Chart:
    drawn = [ChartLine("", [(0, 0), (1, 1)], "guess")]
    for place, curve in enumerate(lines.curves):
        low, high = curve.auc_interval
        name = f"{curve.class_}: {curve.auc:.3f} ({low:.3f} to {high:.3f})"
        drawn.append(ChartLine(name, list(zip(curve.roc.fpr, curve.roc.tpr, strict=True)), f"c{place}"))
    if lines.point is not None:
        drawn.append(ChartLine("at the threshold", [lines.point[:2]], "given", dots=True))
    return Chart(
        "ROC curve (area under the curve)",
        "False positive rate",
        "True positive rate",
        drawn,
        x_range=_UNIT,
        y_range=_UNIT,
    )


def _precision_recall(lines: RankingLines) -> Chart:
    drawn = []
    for place, curve in enumerate(lines.curves):
        points = curve.precision_recall
        stairs = _stairs(points.recall, points.precision)
        drawn.append(ChartLine(f"{curve.class_}: {curve.average_precision:.3f}", stairs, f"c{place}"))
    if lines.point is not None:
        chance = lines.curves[0].chance
        drawn.append(ChartLine("", [(0, chance), (1, chance)], "guess"))
        drawn.append(ChartLine("at the threshold", [lines.point[1:]], "given", dots=True))
    title = "Precision-recall curve (average precision)"
    return Chart(title, "Recall", "Precision", drawn, x_range=_UNIT, y_range=_UNIT)


def _stairs(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float] | None]:
    """Between two recalls the precision of the higher one holds."""
    # Straight lines would promise precisions that no threshold reaches.
    points: list[tuple[float, float] | None] = [(xs[0], ys[0])]
    for before, x, y in zip(xs, xs[1:], ys[1:], strict=False):
        points += [(before, y), (x, y)]
    return points


def calibration_charts(document: EvaluationDocument) -> list[Chart]:
    """The reliability diagram, and how sure right and wrong answers were."""
    points = reliability_points(document.reliability)
    diagram = [
        ChartLine("", [(0, 0), (1, 1)], "guess"),
        ChartLine("", list(zip(points.confidence, points.accuracy, strict=True)), "c0", dots=True),
    ]
    histogram, bars = document.confidence_histogram, []
    for name, counts, style in (("correct", histogram.right, "c0"), ("wrong", histogram.wrong, "c1")):
        total = sum(counts)
        # As counts, the few wrong predictions would hardly be seen beside the correct ones.
        shares = [count / max(total, 1) for count in counts]
        bars.append(Bars(f"{name} predictions ({total:,})", list(histogram.edges), shares, style))
    return [
        Chart("Calibration", "Confidence", "Accuracy", diagram, x_range=_UNIT, y_range=_UNIT),
        Chart(
            "Confidence of the predictions",
            "Confidence",
            "Fraction of the predictions",
            bars=bars,
            x_range=_UNIT,
            percent=True,
        ),
    ]
