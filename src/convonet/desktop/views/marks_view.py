"""The repair list: every mark of the sets, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from convonet.desktop.views.marking import Marker
from convonet.desktop.widgets.basic import button, column, label, row
from convonet.desktop.widgets.table import TableView

if TYPE_CHECKING:
    from convonet.data.marking import MarkedImage

_HEAD = ("Set", "Image", "Class", "Mark", "Folder")
_NAMES = {"train": "Training", "val": "Validation", "test": "Test", None: "missing"}
_EMPTY = (
    "No images are marked. On Test › Mistakes or on Data › Quality, select images whose label is wrong, and set "
    "their label or leave them out."
)


class MarksView(QWidget):
    """Lists the marks; those that are selected can be taken away."""

    def __init__(self, marker: Marker) -> None:
        super().__init__()
        self._marker = marker
        self.table = TableView(_HEAD, "marks", empty=_EMPTY)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._update())
        self.table.rows.modelReset.connect(self._update)
        self._undo = button("Remove the marks", self._take_away)
        note = label(
            "Marks are stored in a file beside the images; no image is moved. Train again, then compare the runs.",
            "muted",
            wrap=True,
        )
        head = row(note, self._undo)
        # The sentence takes the width that there is, and a second line in a narrow window.
        head.setStretch(0, 1)
        self.setLayout(column(8, head, self.table, gap=8))
        marker.marked.connect(self.show_marks)
        self._update()

    def show_marks(self, marks: list[MarkedImage]) -> None:
        """Show these marks."""
        self.table.show_rows(
            [
                (_NAMES[item.set], item.mark.path, item.cls, item.mark.label or "left out", str(item.root))
                for item in marks
            ]
        )

    def _update(self) -> None:
        self._undo.setEnabled(bool(self.table.chosen()))

    def _take_away(self) -> None:
        self._marker.mark([str(Path(values[-1]) / values[1]) for values in self.table.chosen()], undo=True)
