"""Many sets: a folder of sets is chosen, each is trained in turn, and one table says what they came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QDialog, QWidget

from convonet.desktop.many_queue import ManyQueue, QueuedSet
from convonet.desktop.widgets.basic import button, column, label, resize_within_screen, row
from convonet.desktop.widgets.table import TableView, percent, tenths
from convonet.errors import ConvonetError
from convonet.params.recipes import RECIPE_TITLES
from convonet.session.many_sets import FoundSet, find_sets

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_COLUMNS = (
    "Data set",
    "State",
    "Images",
    "Classes",
    "Epochs",
    "Validation",
    "Test accuracy",
    "Baseline",
    "Seconds",
    "Note",
)
_EMPTY = "Choose a folder of data sets: each subfolder holds one folder per class, or train and test folders."


class ManySetsDialog(QDialog):
    """Stays open beside the window; closing it stops nothing."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._session = controller, controller.session
        self.queue = ManyQueue.of(controller)
        self.setWindowTitle("Train on many data sets")
        resize_within_screen(self, 1120, 480)
        self._note = label("", "muted", wrap=True)
        self.choose_button = button("Choose folder …", self._choose)
        self.start_button = button("Train", self._start, primary=True)
        self.stop_button = button("Stop", self.queue.stop)
        self.table = TableView(_COLUMNS, "sets", empty=_EMPTY, gives_way="Note")
        self.table.opened.connect(lambda values: self._open_run(values[0]))
        head = row(self._note, self.choose_button, self.stop_button, self.start_button, gap=8)
        head.setStretch(0, 1)
        hint = label(
            "Right-click to save the table as CSV. Double-click a data set to open its run.", "muted"
        )
        self.setLayout(column(head, self.table, row(hint, None, button("Close", self.accept)), margin=16))
        self.queue.changed.connect(self.refresh)
        controller.changed.connect(lambda part: self.refresh() if part in ("work", "recipe") else None)
        self.refresh()

    def _choose(self) -> None:
        asker = self._controller.ask
        folder = (
            asker.folder("Choose a folder of data sets", self._controller.window_state.folder)
            if asker
            else None
        )
        if folder is not None:
            self.open_folder(folder)

    def open_folder(self, folder: Path) -> None:
        """List the sets in a folder."""
        images, data = self._session.images, self._session.params.data

        def look(watch: Any) -> list[FoundSet]:
            return find_sets(images, data, folder, watch)

        self._note.setText("Reading folders …")
        self._controller.background.call("many sets", look, self.queue.take, self._show_fault)

    def _show_fault(self, error: ConvonetError) -> None:
        self._controller.show_error(error)
        self.refresh()

    def _start(self) -> None:
        self._controller.guard(self.queue.start)

    def refresh(self) -> None:
        """Show where each set stands."""
        self.table.show_rows([_cells(one) for one in self.queue.sets])
        usable = [one for one in self.queue.sets if one.state != "unusable"]
        recipe = RECIPE_TITLES[self._session.params.recipe]
        count = f"Folders that can be used as data sets: {len(usable):,} of {len(self.queue.sets):,}."
        if usable:
            count += f" Each one is trained with the current recipe: {recipe}."
        self._note.setText(count if self.queue.sets else "")
        is_free = self._session.work is None
        self.choose_button.setEnabled(not self.queue.is_on)
        self.start_button.setEnabled(is_free and self.queue.waits)
        self.stop_button.setEnabled(self.queue.is_on)

    def _open_run(self, name: str) -> None:
        one = next((one for one in self.queue.sets if one.found.folder.name == name), None)
        if one is not None and one.row is not None and one.row.run is not None:
            run = Path(one.row.run)
            self._controller.open_model(run, lambda: self._controller.page_wanted.emit("train"))


def _cells(one: QueuedSet) -> tuple[Any, ...]:
    found, made = one.found, one.row
    scores = (
        (made.epochs, percent(made.val_accuracy), percent(made.test_accuracy), percent(made.baseline))
        if made is not None
        else (None, None, None, None)
    )
    seconds = tenths(made.seconds) if made is not None and made.seconds is not None else None
    return (
        found.folder.name,
        one.state,
        # Where nothing was counted, the cell stays empty: a zero would read like a count.
        found.images or None,
        found.classes or None,
        *scores,
        seconds,
        one.problem,
    )
