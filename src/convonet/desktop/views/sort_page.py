"""Unlabeled images become a label table: images are selected, answered with number keys, and accepted by row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QScrollArea

from convonet.desktop.views.evaluate_rows import count_text
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.answer_keys import AnswerKeys
from convonet.desktop.widgets.basic import EmptyState, button, column, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.sort_board import SortBoard
from convonet.errors import ConvonetError
from convonet.launch.work import WorkEnded
from convonet.sorting.answers import KEEP, NONE, SKIP
from convonet.sorting.opening import open_sorting, read_sorting
from convonet.sorting.session import ROWS, SortSession
from convonet.tasks import FeaturesTask
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.events import Watch
    from convonet.sorting.screen import Screen

_ORDERS = {
    "uncertain": "Least certain first",
    "certain": "Most certain first",
    "similar": "Similar images",
    "review": "Suspicious labels",
}
_ABOUT = (
    "Choose a folder of images and name a few classes. After you label a few images, each remaining image "
    "gets a suggestion, and one key accepts a whole row. No files are moved: the labels are stored in labels.csv in "
    "the folder."
)
_ON_SERVER = "The images are on the server. Sort them on its web page."


class SortPage(Page):
    """Sorts the images of a folder of this machine; a worker computes their features."""

    title = "Sort"
    parts = ("work",)

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.sorting: SortSession | None = None
        self._folder: Path | None = None
        self._opening = False
        self.choose_button = button("Choose a folder …", self.choose, primary=True)
        self.add_buttons(controller.button("stop"), self.choose_button)
        self.names = QLineEdit()
        self.names.setPlaceholderText("rose, tulip, daisy")
        self.names.setAccessibleName("Classes, separated by commas")
        self.names.returnPressed.connect(self._name_classes)
        self.keys = AnswerKeys(self.answer)
        self.state = label("", "muted")
        self.order_box = QComboBox()
        self.order_box.setAccessibleName("Order")
        for value, title in _ORDERS.items():
            self.order_box.addItem(title, value)
        self.order_box.activated.connect(lambda _: self._show_screen())
        self.folders_button = button(
            "Use folder names as labels",
            self._take_folders,
            tip="Label each image with the name of its subfolder",
        )
        self.undo_button = button("Undo", self.undo, tip="Undo the last step (Ctrl+Z)")
        self.train_button = button("Train with these labels", self._train)
        self.board = SortBoard()
        self.board.accepted.connect(self.accept_row)
        self.board.kept.connect(self.keep_row)
        self.board.selection_changed.connect(self._say_state)
        self.board.width_changed.connect(self._show_screen)
        self._empty = EmptyState(
            "Sort images", _ABOUT, button("Choose a folder …", self.choose, primary=True)
        )
        self._either = Either(self._empty, self._content())
        self.body.addWidget(self._either, 1)
        controller.ended.connect(self._ended)
        self._counts: dict[str, Any] = {}

    def _content(self) -> Any:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        # The arrow keys move on the board; a scroll area with the focus would scroll instead.
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.board)
        naming = row(label("Classes", "muted"), self.names, button("Set classes", self._name_classes), gap=8)
        naming.setStretch(1, 1)
        tools = FlowLayout(
            holder(row(label("Order", "muted"), self.order_box, gap=8)),
            self.undo_button,
            button("Copy into class folders …", self._copy),
            self.folders_button,
            self.train_button,
        )
        return column(naming, self.keys, self.state, tools, scroll, gap=8)

    def refresh(self) -> None:
        remote = self.session.backend.is_remote
        computing = self.session.work is not None and isinstance(self.session.work.task, FeaturesTask)
        busy = self._opening or computing
        self.choose_button.setEnabled(not remote and not busy)
        self._either.show_content(self.sorting is not None and not busy)
        if busy:
            self._empty.say(
                "Reading the images …",
                "A frozen backbone computes features once, which takes up to a minute per thousand images.",
            )
        else:
            self._empty.say("Sort images", _ON_SERVER if remote else _ABOUT)
        self.lead.setText(
            str(self._folder) if self.sorting else "Label unlabeled images and write a label table"
        )

    def choose(self) -> None:
        """Ask for the folder."""
        asker = self.controller.ask
        folder = asker.folder("Images to sort", self.controller.window_state.folder) if asker else None
        if folder is not None and not self.session.backend.is_remote:
            self.open_folder(folder)

    def open_folder(self, folder: Path) -> None:
        """Sort the images of a folder; their features are computed first where they are missing."""
        self._folder, self.sorting, self._opening = folder.resolve(), None, True
        self.controller.background.call(
            "sort-open", lambda watch: open_sorting(folder.resolve(), watch), self._opened, self._failed
        )
        self.refresh()

    def _opened(self, found: SortSession | None) -> None:
        self._opening = False
        if found is None:
            self.controller.guard(lambda: self.session.start(FeaturesTask(folder=str(self._folder))))
        else:
            self._take(found)
        self.refresh()

    def _failed(self, error: ConvonetError) -> None:
        self._opening = False
        self.controller.show_error(error)
        self.refresh()

    def _ended(self, ended: WorkEnded) -> None:
        if not isinstance(ended.task, FeaturesTask) or ended.task.folder != str(self._folder):
            return
        if ended.result is not None and self._folder is not None:
            folder, self._opening = self._folder, True
            self.controller.background.call(
                "sort-open", lambda _: read_sorting(folder), self._opened_again, self._failed
            )
        self.refresh()

    def _opened_again(self, found: SortSession) -> None:
        self._opening = False
        self._take(found)
        self.refresh()

    def _take(self, found: SortSession) -> None:
        self.sorting = found
        self.names.setText(", ".join(found.classes))
        self._show_keys()
        self._show_screen()
        self.board.setFocus()

    def answer(self, answer: str) -> None:
        """Say what the selected images are."""
        if not self.board.chosen:
            self.controller.noted.emit("Select images first: click them, or drag over them")
            return
        self._label(list(self.board.chosen), answer)

    def accept_row(self, index: int) -> None:
        """Accept what is suggested for a row; what is selected in it waits for an answer of its own."""
        suggestion = self.board.rows[index].suggestion
        if suggestion is not None:
            self._label(self._rest_of(index), suggestion, accepted=True)

    def keep_row(self, index: int) -> None:
        """The labels of a row that are in doubt are right."""
        self._label(self._rest_of(index), KEEP)

    def _rest_of(self, index: int) -> list[str]:
        return [image.path for image in self.board.rows[index].images if image.path not in self.board.chosen]

    def _label(self, paths: list[str], answer: str, *, accepted: bool = False) -> None:
        sorting = self.sorting
        if sorting is not None and paths:
            self.controller.guard(lambda: sorting.label(paths, answer, accepted=accepted))
            self._changed()

    def undo(self) -> None:
        """Take the last answer back."""
        if self.sorting is not None:
            self.controller.guard(self.sorting.undo)
            self._changed()

    def _name_classes(self) -> None:
        sorting = self.sorting
        if sorting is not None:
            names = [name.strip() for name in self.names.text().split(",") if name.strip()]
            self.controller.guard(lambda: sorting.name_classes(names))
            self._changed()
            self.board.setFocus()

    def _take_folders(self) -> None:
        if self.sorting is not None:
            self.controller.guard(self.sorting.take_folders)
            self.names.setText(", ".join(self.sorting.classes))
            self._changed()

    def _changed(self) -> None:
        self._show_keys()
        self._show_screen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.text().lower() in self.keys.by_key and not event.modifiers():
            self.answer(self.keys.by_key[event.text().lower()])
        else:
            super().keyPressEvent(event)

    def _show_keys(self) -> None:
        if self.sorting is None:
            return
        counts = self.sorting.counts()
        self.keys.show_answers(
            [(name, counts[name]) for name in self.sorting.classes],
            [(NONE, "None of these", "0", counts[NONE]), (SKIP, "Skip", "s", counts[SKIP])],
        )

    def _show_screen(self) -> None:
        """Ask for the next images in a thread: after many answers fitting the suggestions takes a moment."""
        sorting = self.sorting
        if sorting is None:
            return
        order, columns = self.order_box.currentData(), self.board.columns()

        def ask(_: Watch) -> tuple[Screen, dict[str, Any]]:
            return sorting.screen(order, ROWS, columns), sorting.state()

        def show(found: tuple[Screen, dict[str, Any]]) -> None:
            screen, self._counts = found
            self.board.show_rows(screen.rows, lambda path: str(sorting.folder / path))
            self._say_state()

        self.controller.background.call("sort-screen", ask, show)

    def _say_state(self) -> None:
        counts = self._counts
        if not counts:
            return
        words = f"{counts['left']:,} of {counted(counts['images'], 'image')} left"
        if counts["presses"]:
            words += f" after {count_text(counts['presses'], 'step')}"
        if not self.board.rows:
            review = self.order_box.currentData() == "review"
            words += ". No labels are suspicious" if review else ". Every image is labeled or skipped"
        if self.board.chosen:
            words += f" · {len(self.board.chosen):,} selected"
        self.state.setText(words)
        self.undo_button.setEnabled(counts["presses"] > 0)
        self.folders_button.setVisible(counts["in_folders"] > 0)
        self.train_button.setEnabled(sum(each["labelled"] > 0 for each in counts["classes"]) > 1)

    def _copy(self) -> None:
        sorting, asker = self.sorting, self.controller.ask
        out = asker.folder("Folder for the class folders", str(self._folder)) if asker else None
        if sorting is None or out is None:
            return

        def done(count: int) -> None:
            self.controller.noted.emit(f"{count_text(count, 'image')} copied to {out}")

        self.controller.background.call(
            "sort-copy", lambda _: sorting.copy_class_folders(out), done, self._failed
        )

    def _train(self) -> None:
        sorting = self.sorting
        if sorting is not None:
            self.controller.guard(lambda: self.context.files.take_folder(sorting.write_table()))

    def close_page(self) -> None:
        self.board.close_threads()
