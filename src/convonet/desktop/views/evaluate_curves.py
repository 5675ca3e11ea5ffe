"""ROC and precision-recall curves of a test; for two classes the threshold, given or chosen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QWidget

from convonet.desktop.widgets.basic import button, column, frame, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.xy_plot import COLORS, DIAGONAL, PlotLine, XYPlot
from convonet.documents.curves import ClassCurve
from convonet.documents.evaluation import EvaluationDocument

_MOST, _NARROW = len(COLORS), 96


class CurvesTab(QWidget):
    """Shows an evaluation's document.

    Args:
        test: tests again with these values of a EvaluateTask.
    """

    def __init__(self, test: Callable[..., object]) -> None:
        super().__init__()
        self._test = test
        self.roc = XYPlot("ROC", "false positive rate", "true positive rate")
        self.pairs = XYPlot("Precision and recall", "recall", "precision", legend="bottom left")
        self._note = label("", "muted", wrap=True)
        parts = (frame(column(self.roc)), frame(column(self.pairs)))
        plots = FoldingRow(*parts, wanted=(300, 300), stretch=(1, 1), gap=14)
        self.threshold_line = self._make_threshold()
        layout = column(8, self._note, self.threshold_line, plots, gap=8)
        layout.setStretch(3, 1)
        self.setLayout(layout)

    def _make_threshold(self) -> QWidget:
        self.positive = QComboBox()
        self.positive.setAccessibleName("Positive class")
        self.threshold = _share("Threshold", 0.5)
        self.recall = _share("Target recall", 0.95)
        self.costs = [_cost("Cost of a false alarm", 1.0), _cost("Cost of a miss", 5.0)]
        self.keep = QCheckBox("Save in the model")
        self.keep.setToolTip("All predictions then use this threshold")
        first = FlowLayout(
            holder(row(label("Positive class", "muted"), self.positive, gap=8)),
            holder(row(label("Threshold", "muted"), self.threshold, gap=8)),
            button("Test again", lambda: self._start(threshold=self.threshold.value())),
            self.keep,
            gap=10,
        )
        second = FlowLayout(
            holder(
                row(label("Or choose it on validation images. Target recall", "muted"), self.recall, gap=8)
            ),
            button("Choose by recall", lambda: self._start(min_recall=self.recall.value())),
            holder(row(label("Cost of a false alarm and of a miss", "muted"), *self.costs, gap=8)),
            button("Choose by costs", self._start_costs),
            gap=10,
        )
        return frame(column(first, second, gap=8, margin=12))

    def _start_costs(self) -> None:
        self._start(costs=(self.costs[0].value(), self.costs[1].value()))

    def _start(self, **values: Any) -> None:
        self._test(positive=self.positive.currentText(), keep=self.keep.isChecked(), **values)

    def show_scores(self, scores: EvaluationDocument) -> None:
        """Show the curves; older results have none."""
        curves, two = scores.curves, len(scores.classes) == 2
        self.threshold_line.setVisible(two)
        if two:
            self._show_threshold(scores)
        worst = sorted(curves, key=lambda curve: curve.auc)[:_MOST]
        shown = [curve for curve in curves if curve in worst]
        self._note.setText(_sentence(scores, len(curves), len(shown)))
        self.roc.show_lines([DIAGONAL, *map(_roc_line, shown, COLORS)])
        self.pairs.show_lines(list(map(_precision_line, shown, COLORS)))

    def _show_threshold(self, scores: EvaluationDocument) -> None:
        if [self.positive.itemText(place) for place in range(self.positive.count())] != list(scores.classes):
            self.positive.clear()
            self.positive.addItems(scores.classes)
            self.positive.setCurrentIndex(1)
        if scores.positive is not None:
            self.positive.setCurrentText(scores.positive)
        if scores.threshold is not None:
            self.threshold.setValue(scores.threshold)


def _roc_line(curve: ClassCurve, color: str) -> PlotLine:
    return PlotLine(f"{curve.class_}  {curve.auc:.3f}", color, curve.roc.fpr, curve.roc.tpr)


def _precision_line(curve: ClassCurve, color: str) -> PlotLine:
    recall, precision = curve.precision_recall.recall, curve.precision_recall.precision
    # Between two thresholds only the precision of the higher recall is reached: no slope joins them.
    xs = [recall[0], *(value for pair in itertools.pairwise(recall) for value in pair)]
    ys = [precision[0], *(value for value in precision[1:] for _ in range(2))]
    return PlotLine(f"{curve.class_}  {curve.average_precision:.3f}", color, xs, ys)


def _sentence(scores: EvaluationDocument, known: int, shown: int) -> str:
    if not known:
        return "This test was run with an earlier version. Test again to see its curves."
    area = f"Mean area under the ROC curves: {scores.auc:.4f}. " if scores.auc is not None else ""
    if len(scores.classes) == 2 and scores.threshold is not None:
        rates = (("sensitivity", scores.sensitivity), ("specificity", scores.specificity))
        found = [f"{name} {100 * value:.1f}%" for name, value in rates if value is not None]
        chosen = (
            " (chosen on validation images)" if scores.chosen and scores.chosen.threshold is not None else ""
        )
        return f"{area}{scores.positive} at p ≥ {scores.threshold:.4g}{chosen}: {', '.join(found)}."
    if shown < known:
        return f"{area}Each class against the rest; the {shown} with the smallest areas are shown."
    return f"{area}Each class against the rest." if len(scores.classes) > 2 else area


def _share(name: str, value: float) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0.0, 1.0)
    made.setSingleStep(0.05)
    made.setDecimals(3)
    made.setValue(value)
    made.setMaximumWidth(_NARROW)
    made.setAccessibleName(name)
    return made


def _cost(name: str, value: float) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0.01, 10_000.0)
    made.setDecimals(2)
    made.setValue(value)
    made.setMaximumWidth(_NARROW)
    made.setAccessibleName(name)
    return made
