"""Figures of a run as matplotlib draws them: save, copy, zoom. The only module that loads matplotlib."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg, NavigationToolbar2QT
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QScrollArea, QWidget

from convonet import plots
from convonet.desktop.widgets.basic import button, column, label, resize_within_screen, row
from convonet.desktop.widgets.on_dark import PaperEffect
from convonet.documents.evaluation import SPLITS, EvaluationDocument
from convonet.runs import Run
from convonet.runs.naming import title_of
from convonet.runs.study_table import STUDY_HISTORY, StudyFile, study_rows
from convonet.runs.trial_table import settings_of
from convonet.runs.trials import TRIALS, TrialsFile
from convonet.tasks import StudyTask, TrainTask, TuneTask

_LEAST_SCALE, _LEAST_OF_MATRIX = 0.85, 0.55
"""Of a figure's own height; below it words begin to touch."""


class PlotsDialog(QDialog):
    """Shows one figure at a time."""

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Plots of {title_of(run)}")
        resize_within_screen(self, 980, 640)
        self._figures = _figures(run)
        self._figure: Any = None
        self._canvas: QWidget = QLabel()
        self._tools: QWidget = QLabel()
        self.choice = QComboBox()
        self.choice.setAccessibleName("Plot")
        self.choice.addItems(list(self._figures))
        self.choice.currentTextChanged.connect(self.show_plot)
        self._layout = column(
            row(
                label("Plot", "muted"),
                self.choice,
                None,
                button("Copy", self.copy),
                button("Close", self.accept),
            ),
            self._tools,
            self._canvas,
            margin=16,
        )
        self.setLayout(self._layout)
        if self._figures:
            self.show_plot(self.choice.currentText())

    def show_plot(self, name: str) -> None:
        """Draw another figure."""
        os.environ.setdefault("QT_API", "pyside6")
        self._figure = self._figures[name]()
        canvas = canvas_of(self._figure)
        tools = NavigationToolbar2QT(canvas, self, coordinates=False)
        # What changes margins and axes by hand is left out: it belongs to those who write figures.
        for action in tools.actions():
            if action.text() in ("Subplots", "Customize"):
                tools.removeAction(action)
        # Words, as on the other buttons: matplotlib's icons are drawn without regard to the screen's resolution, by an
        # attribute of Qt 5 that is deprecated.
        tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        tools.setStyleSheet(
            "QToolBar { padding: 0; } QToolButton { padding: 4px 8px; margin: 0 4px 0 -4px; }"
        )
        area = QScrollArea()
        area.setAccessibleName(name)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(canvas)
        for old, new in ((self._tools, tools), (self._canvas, area)):
            self._layout.replaceWidget(old, new)
            old.hide()
            old.deleteLater()
        self._layout.setStretch(2, 1)
        self._tools, self._canvas = tools, area
        canvas.setAccessibleName(name)

    def copy(self) -> None:
        """Put the figure on the clipboard as a picture."""
        if self._figure is None:
            return
        picture = io.BytesIO()
        self._figure.savefig(picture, format="png", dpi=150)
        QGuiApplication.clipboard().setImage(QImage.fromData(picture.getvalue()))


def canvas_of(figure: Any) -> QWidget:
    """What shows a figure: never so low that its lines lie on each other, with the wheel left to what scrolls it."""

    class Canvas(FigureCanvasQTAgg):  # type: ignore[misc]
        def wheelEvent(self, event: QWheelEvent) -> None:
            event.ignore()

    canvas = Canvas(figure)
    least = _LEAST_OF_MATRIX if any(ax.images for ax in figure.axes) else _LEAST_SCALE
    canvas.setMinimumHeight(round(least * figure.get_figheight() * figure.dpi))
    # The figure stays as it is on paper, for what is saved and copied.
    canvas.setGraphicsEffect(PaperEffect(canvas))
    return canvas


def _figures(run: Run) -> dict[str, Callable[[], Any]]:
    """Title → what draws it, for what the run folder holds."""
    # Functions in place of figures, since only one is shown at a time and drawing it takes a while.
    found: dict[str, Callable[[], Any]] = {}
    history, task = run.history(), run.task()
    if history.epochs:
        curves = plots.curves_of(history.columns())
        found |= {
            "Accuracy and loss": lambda: plots.curves_figure(curves),
            "Accuracy and loss in one figure": lambda: plots.combined_figure(curves),
        }
    for split in SPLITS:
        scores = EvaluationDocument.in_folder(run.folder, split)
        found |= _matrices(scores) if scores is not None else {}
    if isinstance(task, TrainTask):
        found |= {"Hyperparameters": lambda: plots.table_figure(task.hyper)}
    if isinstance(task, TuneTask):
        found |= _searched(run, task)
    if isinstance(task, StudyTask):
        found |= _studied(run, task)
    return found


def _searched(run: Run, task: TuneTask) -> dict[str, Callable[[], Any]]:
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    table = plots.search_table(settings, task.space.varied, task.objective)
    drawn = [plots.PLOTS[name] for name in ("importance", "search_history", "search_cost", "parallel")]
    return {plot.title: partial(plot.draw, table) for plot in drawn}


def _studied(run: Run, task: StudyTask) -> dict[str, Callable[[], Any]]:
    """All cases in one figure, and each as its own."""
    cases = plots.study_cases(task, study_rows(task, StudyFile(run.file(STUDY_HISTORY)).read()))
    found: dict[str, Callable[[], Any]] = {
        "Epochs to reach each target": lambda: plots.study_figure(cases, task.metric)
    }
    # A case that has trained no epoch yet has no curve.
    drawn = [case for case in cases if case.history["accuracy"]]
    return found | {
        f"{100 * case.target:g}%, {case.name}": partial(plots.study_case_figure, case) for case in drawn
    }


def _matrices(scores: EvaluationDocument) -> dict[str, Callable[[], Any]]:
    name, matrix, classes = f"Confusion matrix ({scores.split})", scores.confusion_matrix, scores.classes
    return {
        name: lambda: plots.matrix_figure(matrix, classes),
        f"{name}, fractions": lambda: plots.matrix_figure(matrix, classes, as_shares=True),
    }
