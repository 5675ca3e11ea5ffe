"""Lists of images of a map: what is selected, suspicious labels, outliers, and images like one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.views.marking import MarkBar, Marker, said_of
from convonet.desktop.widgets.basic import button, column, label, row
from convonet.desktop.widgets.image_grid import ImageGrid, Picture

if TYPE_CHECKING:
    from convonet.data.marking import MarkedImage
    from convonet.desktop.controller import Controller
    from convonet.documents.image_map import ImageMap

_TITLES = {
    "selected": "Selected",
    "wrong": "Suspicious labels",
    "outliers": "Outliers",
    "similar": "More like this",
}
_MEANINGS = {
    "selected": "Select images on the map: click them, or hold Shift and draw around them.",
    "wrong": "Images whose neighbors belong to a different class, most suspicious first.",
    "outliers": "Images far from all others, farthest first.",
    "similar": "Select an image, then click More like this.",
}
_MOST_OUTLIERS = 200


class MapLists(QWidget):
    """Shows rows of a map as pictures, which can be marked.

    Signals:
        chosen: the rows that are selected in the list.
        wanted: rows that are to be brought into sight on the map.
    """

    chosen = Signal(object)
    wanted = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._map: ImageMap | None = None
        self._address: Callable[[int], str] = lambda row: ""
        self._marks: dict[str, str] = {}
        self.rows: dict[str, list[int]] = {name: [] for name in _TITLES}
        self.list_box = QComboBox()
        self.list_box.setAccessibleName("Which images")
        for name, title in _TITLES.items():
            self.list_box.addItem(title, name)
        self.grid = ImageGrid("Images on the map")
        self.grid.opened.connect(lambda place: ImageDialog(self.grid.pictures, place, self).exec())
        self.grid.offer("More like this", lambda _: self.show_similar())
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._selected())
        self.marker = Marker(controller)
        self.marker.marked.connect(self._marked)
        self.bar = MarkBar(controller, self.grid, self.marker)
        self.similar = button(
            "More like this", self.show_similar, tip="Images that look like the selected one"
        )
        self._words = label("", "muted", wrap=True)
        self.list_box.currentIndexChanged.connect(lambda _: self._show())
        head = row(self.list_box, self.similar, gap=8)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._words, self.grid, gap=8))
        self._selected()

    def show_map(self, found: ImageMap, address: Callable[[int], str]) -> None:
        """Show the lists of another map."""
        self._map, self._address = found, address
        wrong, alone = np.array(found.wrong_label_scores), np.array(found.outlier_scores)
        order = np.argsort(-wrong, kind="stable")
        self.rows = {
            "selected": [],
            "wrong": order[: int((wrong > 0).sum())].tolist(),
            "outliers": np.argsort(-alone, kind="stable")[:_MOST_OUTLIERS].tolist(),
            "similar": [],
        }
        self.bar.show_classes(found.classes)
        self.marker.read()
        self.show_list("wrong" if self.rows["wrong"] else "outliers")

    def show_selected(self, rows: Sequence[int]) -> None:
        """Show what was selected on the map."""
        self.rows["selected"] = list(rows)
        self.show_list("selected")

    def show_similar(self) -> None:
        """Show the images that look most like the one that is selected."""
        chosen = self._chosen_rows()
        if self._map is not None and chosen:
            self.rows["similar"] = [chosen[0], *self._map.neighbors[chosen[0]]]
            self.show_list("similar")
            self.wanted.emit(self.rows["similar"])

    def show_list(self, name: str) -> None:
        """Show one of the lists."""
        if self.shown == name:
            self._show()
        else:
            self.list_box.setCurrentIndex(self.list_box.findData(name))

    @property
    def shown(self) -> str:
        """The name of the list that is shown."""
        return str(self.list_box.currentData())

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.grid.close_threads()

    def _show(self) -> None:
        for index, (name, title) in enumerate(_TITLES.items()):
            count = len(self.rows[name])
            self.list_box.setItemText(index, f"{title} ({count:,})" if count else title)
        needs_choice = self.shown in ("selected", "similar") and self.rows[self.shown]
        self._words.setText(_MEANINGS[self.shown])
        self._words.setVisible(not needs_choice)
        rows = self.rows[self.shown]
        self.grid.show_many(len(rows), lambda place: self._picture(rows[place]))
        self._selected()

    def _picture(self, index: int) -> Picture:
        found = self._map
        if found is None:
            return Picture("", "")
        name, address = found.classes[found.labels[index]], self._address(index)
        if address in self._marks:
            return Picture(address, f"{name}: {self._marks[address]}")
        if found.wrong_label_scores[index] > 0:
            return Picture(address, f"{name}? {found.classes[found.suggested[index]]}")
        if found.predicted is not None and found.predicted[index] != found.labels[index]:
            return Picture(address, f"{name}, predicted {found.classes[found.predicted[index]]}", wrong=True)
        return Picture(address, name)

    def _chosen_rows(self) -> list[int]:
        rows = self.rows[self.shown]
        return [rows[index.row()] for index in self.grid.selectedIndexes() if index.row() < len(rows)]

    def _selected(self) -> None:
        chosen = self._chosen_rows()
        self.similar.setEnabled(bool(chosen))
        if chosen and self._map is not None:
            self.bar.classes.setCurrentText(self._map.classes[self._map.suggested[chosen[-1]]])
            self.chosen.emit(chosen)

    def _marked(self, marks: list[MarkedImage]) -> None:
        self._marks = said_of(marks)
        self.grid.viewport().update()
