"""A target study on the page Tune: the epochs that each setting needs to each accuracy."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QScrollArea, QWidget

from convonet.desktop.views.search_panel import LABELS, NAMES, number, option_card, plain
from convonet.desktop.views.tune_plots import PictureFrame
from convonet.desktop.widgets.basic import EmptyState, column, frame
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView, percent
from convonet.documents.study import StudyDocument, StudyResult
from convonet.errors import ParamError
from convonet.runs import Run
from convonet.runs.documents import study_document
from convonet.session.session import Session
from convonet.tasks import StudyTask
from convonet.text import counted

FIGURE = "study.png"
TITLE = "Epochs to reach each target"
_HEAD = ("Best", "Epochs trained")
_NOT_REACHED = "not reached"


class StudyPanel(QWidget):
    """Shows one study.

    Signals:
        enlarged: the title of a figure that a person wants to see large.
    """

    enlarged = Signal(str)
    kind = StudyTask.kind

    def __init__(self) -> None:
        super().__init__()
        self.targets = QLineEdit("90, 95, 99")
        self.targets.setAccessibleName("Target accuracies in percent")
        self.targets.setToolTip("Accuracies in percent, separated by commas")
        self.measured = QComboBox()
        self.measured.setAccessibleName("Measured on")
        self.measured.addItem("training images", "accuracy")
        self.measured.addItem("validation images", "val_accuracy")
        self.images = number("Images", 0, 10_000_000, 0)
        self.images.setSpecialValueText("all")
        self.images.setToolTip("Use at most this many images, with the same fraction of each class")
        self.table = TableView(
            _HEAD,
            "epochs to reach each target",
            empty="No settings yet. Click Study; each setting gets one row.",
            tips=NAMES,
        )
        self.figure = PictureFrame(TITLE)
        self.figure.opened.connect(lambda: self.enlarged.emit(TITLE))
        self.tabs = Tabs("Results of the study")
        self.tabs.addTab(self.table, "Settings")
        self.tabs.addTab(self._plots_tab(), "Plots")
        named = (("Targets (%)", self.targets), ("Measured on", self.measured), ("Images", self.images))
        self.options = option_card(named)

    def _plots_tab(self) -> QWidget:
        self._no_figure = EmptyState("No plot yet", "The plot is drawn when a study ends or is stopped.")
        self._area = QScrollArea()
        self._area.setAccessibleName("Plots")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(frame(column(self.figure, None, margin=8)))
        self._area.hide()
        made = QWidget()
        made.setLayout(column(8, self._no_figure, self._area))
        return made

    def task(self, session: Session) -> StudyTask:
        """The study that the form describes. Raises ParamError."""
        return session.tasks.study(
            targets=read_targets(self.targets.text()),
            metric=self.measured.currentData(),
            images=self.images.value() or None,
        )

    def plan(self, session: Session) -> str:
        """How much is to be done, as a sentence."""
        space = session.params.space
        if space.ranges or "epochs" in space.varied:
            return (
                "A study takes lists of values, not ranges, and a single number of epochs: the maximum for each "
                "setting."
            )
        count = space.size()
        settings = counted(count, "setting is", "settings are")
        epochs = counted(space.first().epochs, "epoch")
        return f"{settings} trained until the highest target is reached, for at most {epochs}."

    def read(self, run: Run) -> StudyDocument:
        """The table of a run; for a thread."""
        return study_document(run)

    def show_document(self, run: Run, document: StudyDocument) -> None:
        """Show a row for each setting."""
        names = document.varied()
        rows = [_cells(item, names) for item in document.results]
        if rows != self.table.rows.rows:
            targets = (f"{100 * target:g}%" for target in document.targets)
            self.table.show_rows(rows, (*(LABELS.get(name, name) for name in names), *targets, *_HEAD))
        file = run.file(FIGURE)
        if file.is_file():
            self.figure.show_file(file)
        self._show_figure(file.is_file())

    def clear(self) -> None:
        """Show no setting and no figure."""
        self.table.show_rows((), _HEAD)
        self._show_figure(False)

    def _show_figure(self, is_there: bool) -> None:
        self._no_figure.setVisible(not is_there)
        self._area.setVisible(is_there)


def read_targets(text: str) -> tuple[float, ...]:
    """Accuracies that were typed in percent, 0..1.

    Raises:
        ParamError: something else was typed.
    """
    try:
        return tuple(float(part.strip().removesuffix("%")) / 100 for part in text.split(","))
    except ValueError as error:
        raise ParamError(
            "These are not accuracies",
            expected="percentages separated by commas, such as 90, 95",
            received=text,
        ) from error


def _cells(item: StudyResult, names: list[str]) -> tuple[Any, ...]:
    reached = (_NOT_REACHED if one.epochs is None else one.epochs for one in item.epochs_to)
    return (
        *(plain(item.params.get(name)) for name in names),
        *reached,
        percent(item.best),
        item.epochs_trained,
    )
