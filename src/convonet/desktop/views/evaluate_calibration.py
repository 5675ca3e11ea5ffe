"""How far the model's confidence can be believed, and a temperature that puts it right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QCheckBox, QWidget

from convonet.desktop.widgets.basic import button, column, frame, label, row
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.xy_plot import DIAGONAL, PlotLine, XYPlot
from convonet.documents.evaluation import EvaluationDocument


class CalibrationTab(QWidget):
    """Shows an evaluation's document.

    Args:
        test: tests again with these values of a EvaluateTask.
    """

    def __init__(self, test: Callable[..., object]) -> None:
        super().__init__()
        self.reliability = XYPlot("Reliability diagram", "confidence", "accuracy")
        self.confidence = XYPlot(
            "Confidence of correct and wrong predictions",
            "confidence",
            "fraction",
            high=None,
            legend="top left",
        )
        self.sentence = label("", wrap=True)
        self.keep = QCheckBox("Save in the model")
        self.keep.setToolTip("Saves the temperature in the model's files")
        fit = button(
            "Calibrate",
            lambda: test(calibrate=True, keep=self.keep.isChecked()),
            tip="Fits a temperature on the validation images and tests again. The accuracy does not change",
        )
        head = row(self.sentence, self.keep, fit)
        head.setStretch(0, 1)
        parts = (frame(column(self.reliability)), frame(column(self.confidence)))
        plots = FoldingRow(*parts, wanted=(300, 300), stretch=(1, 1), gap=14)
        layout = column(8, head, plots, gap=8)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def show_scores(self, scores: EvaluationDocument) -> None:
        """Show the calibration of a test."""
        self.sentence.setText(_sentence(scores))
        bins = scores.reliability
        filled = [
            (confidence, accuracy, count)
            for confidence, accuracy, count in zip(bins.confidence, bins.accuracy, bins.counts, strict=True)
            if confidence is not None and accuracy is not None
        ]
        most = max((count for _, _, count in filled), default=1)
        self.reliability.show_lines(
            [
                DIAGONAL,
                PlotLine(
                    "",
                    "train",
                    [confidence for confidence, _, _ in filled],
                    [accuracy for _, accuracy, _ in filled],
                    dots=[count / most for _, _, count in filled],
                ),
            ]
        )
        answers = scores.confidence_histogram
        self.confidence.show_lines(
            [
                _steps(answers.edges, answers.right, "correct", "train"),
                _steps(answers.edges, answers.wrong, "wrong", "val"),
            ]
        )


def _sentence(scores: EvaluationDocument) -> str:
    parts = [f"Calibration error (ECE) {scores.ece:.4f}, Brier score {scores.brier:.4f}."]
    chosen = scores.chosen
    # With a note, no temperature could be fitted, which is stored as 1.
    if chosen is not None and chosen.note:
        parts.append(f"{chosen.note.removesuffix('.')}.")
    elif chosen is not None and chosen.temperature is not None:
        before = chosen.ece_uncalibrated
        was = f"; without it, the error is {before:.4f}" if before is not None else ""
        parts.append(f"Temperature {chosen.temperature:.4g}, fitted on validation images{was}.")
    return " ".join([*parts, scores.confidence_sentence])


def _steps(edges: Sequence[float], counts: Sequence[int], name: str, color: str) -> PlotLine:
    """A histogram as a line of steps, as shares of all right or of all wrong answers."""
    total = sum(counts)
    xs, ys = [edges[0]], [0.0]
    for place, count in enumerate(counts):
        share = count / total if total else 0.0
        xs += [edges[place], edges[place + 1]]
        ys += [share, share]
    return PlotLine(f"{name} ({total:,})", color, [*xs, edges[-1]], [*ys, 0.0])
