"""How far the model's confidence can be believed, and a temperature that puts it right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QCheckBox, QWidget

from convonet.desktop.widgets.basic import button, column, frame, label, row
from convonet.desktop.widgets.xy_plot import DIAGONAL, PlotLine, XYPlot


class CalibrationTab(QWidget):
    """Shows an evaluation's document.

    Args:
        test: tests again with these values of a EvaluateTask.
    """

    def __init__(self, test: Callable[..., object]) -> None:
        super().__init__()
        self.reliability = XYPlot("Accuracy against confidence", "confidence", "accuracy")
        self.confidence = XYPlot(
            "Confidence of correct and wrong predictions",
            "confidence",
            "fraction",
            high=None,
            legend="top left",
        )
        self.sentence = label("", wrap=True)
        self.keep = QCheckBox("Keep in the model")
        self.keep.setToolTip("Saves the temperature in the model's files")
        fit = button(
            "Calibrate",
            lambda: test(calibrate=True, keep=self.keep.isChecked()),
            tip="Fits a temperature on the validation images and tests again. The accuracy does not change",
        )
        head = row(self.sentence, self.keep, fit)
        head.setStretch(0, 1)
        plots = row(frame(column(self.reliability)), frame(column(self.confidence)), gap=14)
        layout = column(8, head, plots, gap=8)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def show_scores(self, scores: dict[str, Any]) -> None:
        """Show the calibration of a test."""
        self.sentence.setText(_sentence(scores))
        bins = scores["reliability"]
        filled = [
            place
            for place, count in enumerate(bins["counts"])
            if count and bins["accuracy"][place] is not None
        ]
        most = max((bins["counts"][place] for place in filled), default=1)
        self.reliability.show_lines(
            [
                DIAGONAL,
                PlotLine(
                    "",
                    "train",
                    [bins["confidence"][place] for place in filled],
                    [bins["accuracy"][place] for place in filled],
                    dots=[bins["counts"][place] / most for place in filled],
                ),
            ]
        )
        self.confidence.show_lines(
            [_steps(scores["confidence_histogram"], *kind) for kind in (("right", "train"), ("wrong", "val"))]
        )


def _sentence(scores: dict[str, Any]) -> str:
    parts = [f"Calibration error (ECE) {scores['ece']:.4f}, Brier score {scores['brier']:.4f}."]
    chosen = scores.get("chosen") or {}
    if chosen.get("temperature") is not None:
        before = chosen.get("ece_uncalibrated")
        was = f"; without it the error is {before:.4f}" if before is not None else ""
        parts.append(f"Temperature {chosen['temperature']:.4g}, fitted on validation{was}.")
    return " ".join([*parts, scores["confidence_sentence"]])


def _steps(histogram: dict[str, Any], name: str, color: str) -> PlotLine:
    """A histogram as a line of steps, as shares of all right or of all wrong answers."""
    edges, counts = histogram["edges"], histogram[name]
    total = sum(counts)
    xs, ys = [edges[0]], [0.0]
    for place, count in enumerate(counts):
        share = count / total if total else 0.0
        xs += [edges[place], edges[place + 1]]
        ys += [share, share]
    return PlotLine(f"{name} ({total:,})", color, [*xs, edges[-1]], [*ys, 0.0])
