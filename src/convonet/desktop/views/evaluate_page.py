"""Testing: the scores with what they are worth, the confusion matrix, the images behind each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QScrollArea, QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.mistakes import root_of
from convonet.desktop.views.evaluate_calibration import CalibrationTab
from convonet.desktop.views.evaluate_curves import CurvesTab
from convonet.desktop.views.evaluate_rows import (
    class_rows,
    confused_pairs,
    count_text,
    percent_text,
    picture_of,
)
from convonet.desktop.views.evaluate_sets import SetsTab
from convonet.desktop.views.marking import MarkBar, Marker, said_of
from convonet.desktop.views.outdated_note import OutdatedNote
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.basic import GAP, EmptyState, Tile, button, column, holder, label, row
from convonet.desktop.widgets.folding import FoldingRow, TileLayout
from convonet.desktop.widgets.image_grid import ImageGrid
from convonet.desktop.widgets.matrix import MatrixView
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView
from convonet.documents.evaluation import RunEvaluation
from convonet.events import Watch
from convonet.session.conditions import Code
from convonet.session.predictions import Answers
from convonet.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from convonet.data.marking import MarkedImage
    from convonet.tasks import Split


class EvaluatePage(Page):
    """Shows `Session.evaluation`."""

    title = "Test"
    parts = ("scores", "model", "sets", "work")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._answers: Answers | None = None
        self._read: tuple[object, Path] | None = None
        self._cell: tuple[str, str] | None = None
        self.split_box = QComboBox()
        self.split_box.setAccessibleName("Images to test on")
        for title, name in (
            ("Test images", "test"),
            ("Validation images", "val"),
            ("Training images", "train"),
        ):
            self.split_box.addItem(title, name)
        self.add_buttons(
            self.split_box,
            controller.button("save_report", "Report …"),
            controller.button("stop"),
            controller.button("evaluate", "Test", primary=True),
        )
        self.split_box.activated.connect(lambda _: self._split_chosen())
        self._try = controller.button("evaluate", "Test", primary=True)
        self._need_model = (
            controller.button("load_model", "Open a model …", primary=True),
            controller.button("demo"),
        )
        self._need_images = controller.button("load_test", "Test folder …", primary=True)
        self._empty = EmptyState("", "", self._try, *self._need_model, self._need_images)
        self.tiles = {name: Tile(title) for name, title in _TILES.items()}
        self.matrix = MatrixView()
        self.matrix.cell_opened.connect(self.show_cell)
        self.shares = QCheckBox("Fraction of each class")
        self.shares.toggled.connect(self.matrix.show_shares)
        self.table = TableView(("Class", "Precision", "Recall", "F1", "Images"), "classes")
        self.scores = TableView(("Score", "Value", "95% CI"), "metrics")
        self.curves, self.calibration = CurvesTab(self._test_again), CalibrationTab(self._test_again)
        self.sets = SetsTab()
        self.skipped = TableView(("File", "Reason"), "skipped", empty="No files were skipped.")
        self.tabs = Tabs("Results of the test")
        for widget, name in (
            (self._matrix_tab(), "Confusion matrix"),
            (self.table, "Classes"),
            (self._images_tab(), "Mistakes"),
            (self.curves, "Curves"),
            (self.calibration, "Calibration"),
            (self.scores, "All metrics"),
            (self.sets, "All sets"),
            (self.skipped, "Skipped files"),
        ):
            self.tabs.addTab(widget, name)
        self.outdated = OutdatedNote(controller)
        self._either = Either(
            self._empty, column(self.outdated, TileLayout(*self.tiles.values(), gap=GAP), self.tabs)
        )
        self.body.addWidget(self._either, 1)

    def _matrix_tab(self) -> QWidget:
        area = QScrollArea()
        area.setAccessibleName("Confusion matrix")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self.matrix)
        hint = label(
            "Rows: true classes. Columns: predicted classes. Click a cell to see its images.",
            "muted",
            wrap=True,
        )
        self.pairs = TableView(
            ("True", "Predicted", "Images"), "most confused", empty="No classes are confused."
        )
        self.pairs.opened.connect(lambda values: self.show_cell(values[0], values[1]))
        self.pairs.setMaximumWidth(520)
        options = FoldingRow(hint, self.shares, wanted=(_HINT, None), stretch=(1, 0), gap=8)
        beside = holder(column(label("Most often confused", "section"), self.pairs, gap=6))
        both = FoldingRow(area, beside, wanted=(300, 300), stretch=(5, 3), gap=14)
        made = QWidget()
        made.setLayout(column(8, options, both, gap=8))
        return made

    def _images_tab(self) -> QWidget:
        self.grid = ImageGrid("Test images")
        self.grid.opened.connect(lambda place: ImageDialog(self.grid.pictures, place, self).exec())
        self.grid.offer("Explain", self.context.tasks.explain_pictures)
        self.marker, self._said = Marker(self.controller), dict[str, str]()
        self.marker.marked.connect(self._take_marks)
        self.mark_bar = MarkBar(self.controller, self.grid, self.marker)
        self._shown = label("", "muted")
        self._all = button("All mistakes", self.show_mistakes)
        made = QWidget()
        made.setLayout(column(8, row(self._shown, None, self._all), self.grid, self.mark_bar, gap=8))
        return made

    def _take_marks(self, marks: list[MarkedImage]) -> None:
        self._said = said_of(marks)
        # The grid asks for a cell when it paints it, so other words need no other list.
        self.grid.viewport().update()

    def _test_again(self, **values: Any) -> None:
        """With a threshold, or what chooses one, or a temperature."""
        self.controller.guard(
            lambda: self.session.start(self.session.tasks.evaluate(self._split()).changed(**values))
        )

    def _split_chosen(self) -> None:
        """Another set than that of the tests is evaluated at once."""
        if self._split() != "test":
            self.controller.guard(lambda: self.context.tasks.evaluate(self._split()))

    def _split(self) -> Split:
        split: Split = self.split_box.currentData()
        return split

    def open_part(self, part: str) -> None:
        if part == "matrix":
            self.tabs.setCurrentIndex(0)
        elif part == "mistakes":
            self.show_mistakes()

    def refresh(self) -> None:
        scores, model = self.session.evaluation, self.session.model
        self.lead.setText(f"Model {model.title}" if model else "How well the model does on new images")
        self._either.show_content(scores is not None)
        self.outdated.refresh()
        if scores is None:
            self._say_why()
            return
        self.split_box.setCurrentIndex(max(self.split_box.findData(scores.split), 0))
        self._show_tiles(scores)
        self.matrix.show_counts(scores.classes, scores.confusion_matrix)
        self.pairs.show_rows(confused_pairs(scores.classes, scores.confusion_matrix))
        self.table.show_rows(class_rows(scores))
        self.scores.show_rows([(one.label, one.text, one.interval_text) for one in scores.score_rows()])
        self.skipped.show_rows([(item.path, item.reason) for item in scores.skipped])
        self.curves.show_scores(scores)
        self.calibration.show_scores(scores)
        self.sets.show_run(model.run if model else None)
        self.mark_bar.show_classes(scores.classes)
        place = self.tabs.indexOf(self.skipped)
        self.tabs.setTabText(
            place, f"Skipped files ({len(scores['skipped'])})" if scores.skipped else "Skipped files"
        )
        self._read_answers(scores)

    def _say_why(self) -> None:
        work, model = self.session.work, self.session.model
        there = bool(self.session.sets.images("test"))
        testing = work is not None and work.task.kind == "evaluate"
        self._try.setVisible(model is not None and there and not testing)
        self._need_images.setVisible(model is not None and not there)
        for made in self._need_model:
            made.setVisible(model is None)
        if testing:
            self._empty.say("Testing …", self.controller.progress.title)
            return
        if model is None:
            self._empty.say("No model yet", "Open a model or an earlier run, or start with the digits.")
            return
        reason = self.session.why_not("evaluate")
        ready = "Test the model to see how often it is correct, and which images it gets wrong."
        self._empty.say(
            "Not tested yet", ready if reason is None else _TO_DO.get(reason.code, f"{reason.sentence}.")
        )

    def _show_tiles(self, scores: RunEvaluation) -> None:
        low, high = scores.accuracy_interval
        self.tiles["accuracy"].show_value(
            percent_text(scores.accuracy), f"95% CI {100 * low:.1f}–{percent_text(high)}"
        )
        self.tiles["baseline"].show_value(percent_text(scores.baseline_accuracy), "the most common class")
        self.tiles["loss"].show_value(f"{scores['loss']:.4f}", "cross-entropy")
        top = scores.top_k_accuracy
        note = (
            f"top-{scores['top_k']} accuracy {percent_text(top)}"
            if top is not None
            else "mean over the classes"
        )
        self.tiles["f1"].show_value(f"{scores['macro_f1']:.4f}", note)
        # A share times a count is a whole number only up to an error of rounding.
        wrong = scores.images - round(scores.accuracy * scores.images)
        self.tiles["wrong"].show_value(f"{wrong:,}", f"of {counted(scores['images'], 'image')}")

    def _read_answers(self, scores: RunEvaluation) -> None:
        """The row of each image, read in the background; then the mistakes are shown."""
        root = root_of(self.session, scores)
        # Testing again writes the table anew, with the same numbers perhaps, and gives another document.
        if self._read is not None and self._read[0] is scores and self._read[1] == root:
            return
        self._read, self._cell = (scores, root), None

        def read(_: Watch) -> Answers:
            return self.session.images.answers(root, scores)

        self.controller.background.call("answers", read, self._take, self._cannot_read)

    def _cannot_read(self, error: Exception) -> None:
        self._answers = None
        self._shown.setText(str(error))
        self.grid.show_pictures(())

    def _take(self, answers: Answers) -> None:
        self._answers = answers
        self.marker.read()
        self._fill()

    def show_mistakes(self) -> None:
        """All mistakes, highest confidence first."""
        self._cell = None
        self._fill()
        self.tabs.setCurrentIndex(2)

    def show_cell(self, true: str, predicted: str) -> None:
        """The images of one cell of the matrix."""
        self._cell = true, predicted
        self._fill()
        self.tabs.setCurrentIndex(2)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self) -> None:
        answers = self._answers
        if answers is None:
            return
        if self._cell is None:
            chosen = answers.mistakes()
            words = (
                f"{count_text(len(chosen), 'mistake')}, highest confidence first"
                if len(chosen)
                else "No mistakes"
            )
        else:
            chosen = answers.cell(*self._cell)
            words = f"{count_text(len(chosen), 'image')} of {self._cell[0]}, predicted as {self._cell[1]}"
        self._shown.setText(words)
        self._all.setVisible(self._cell is not None)
        self.tabs.setTabText(2, "Images" if self._cell else f"Mistakes ({len(chosen):,})")
        self.grid.show_many(len(chosen), lambda place: picture_of(answers[int(chosen[place])], self._said))

    def close_page(self) -> None:
        self.grid.close_threads()


_HINT = 260
"""Width of the hint beside the check box, in pixels."""
_TO_DO: dict[Code, str] = {
    "no_test_images": "Choose a folder of images that the model has not seen, with one folder per class."
}
_TILES = {
    "accuracy": "Accuracy",
    "baseline": "Baseline",
    "loss": "Loss",
    "f1": "Macro F1",
    "wrong": "Mistakes",
}
