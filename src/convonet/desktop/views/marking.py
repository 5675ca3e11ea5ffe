"""The repair list in the window: images relabeled or left out, and how to undo it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from convonet.desktop.widgets.basic import button, column, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.image_grid import ImageGrid
from convonet.documents.marks import marks_file
from convonet.errors import ConvonetError, InputError
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.data.marking import MarkedImage
    from convonet.desktop.controller import Controller
    from convonet.events import Watch


class Marker(QObject):
    """Writes marks in the background, since a set is read again for it.

    Signals:
        marked: all marks as they are now.
    """

    marked = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller

    def read(self) -> None:
        """Read the marks of the sets."""
        data = self._controller.session.params.data
        if data.train_dir is None and data.test_dir is None:
            self.marked.emit([])
            return

        roots = {listing.root for listing in self._controller.session.sets.listings.values()}

        def read(watch: Watch) -> list[MarkedImage]:
            # A set without the file has no marks: a hundred thousand images are not listed again to learn that.
            here = [root for root in roots if root.exists()]
            if here and len(here) == len(roots) and not any(marks_file(root).is_file() for root in here):
                return []
            return self._controller.session.images.marks(data, watch)

        self._controller.background.call("marks", read, self.marked.emit)

    def mark(self, paths: Sequence[str], *, label: str | None = None, undo: bool = False) -> None:
        """Mark images, leave them out, or take their marks away; then the sets are read anew."""
        data = self._controller.session.params.data

        def write(watch: Watch) -> list[MarkedImage]:
            images = self._controller.session.images
            return images.mark(data, paths, label=label, undo=undo, watch=watch)

        self._controller.background.call("marking", write, self._done, self._failed)

    def _done(self, marks: list[MarkedImage]) -> None:
        self.marked.emit(marks)
        count = len(marks)
        some = counted(count, "image is", "images are")
        self._controller.noted.emit(
            f"{some} marked; training and testing use the marks" if count else "No images are marked"
        )
        self._controller.scan()

    def _failed(self, error: ConvonetError) -> None:
        self._controller.show_error(error)


class MarkBar(QWidget):
    """Marks the images that are selected in a grid."""

    def __init__(self, controller: Controller, grid: ImageGrid, marker: Marker) -> None:
        super().__init__()
        self._controller, self._grid, self._marker = controller, grid, marker
        self.classes = QComboBox()
        self.classes.setAccessibleName("The true class of the selected images")
        self.set_button = button("Set label", self._label, tip="The selected images belong to this class")
        self.leave_button = button(
            "Leave out", self._leave_out, tip="Do not use these images for training or testing"
        )
        self.undo_button = button("Remove marks", self._undo, tip="Remove the marks from the selected images")
        self._count = label("Select images whose label is wrong", "muted")
        named = holder(row(label("True class", "muted"), self.classes, gap=8))
        parts = FoldingRow(
            self._count,
            holder(FlowLayout(named, self.set_button, self.leave_button, self.undo_button)),
            wanted=(None, None),
            stretch=(1, 0),
            gap=8,
        )
        self.setLayout(column(parts))
        grid.selectionModel().selectionChanged.connect(lambda *_: self._update())
        grid.pictures.modelReset.connect(self._update)
        self._update()

    def show_classes(self, names: Sequence[str]) -> None:
        """The classes that can be chosen."""
        if [self.classes.itemText(place) for place in range(self.classes.count())] != list(names):
            self.classes.clear()
            self.classes.addItems(list(names))

    def _update(self) -> None:
        count = len(self._grid.selectedIndexes())
        for made in (self.set_button, self.leave_button, self.undo_button):
            made.setEnabled(count > 0)
        some = f"{counted(count, 'image')} selected"
        self._count.setText(some if count else "Select images whose label is wrong")

    def _paths(self) -> list[str]:
        """Rows of an array file have no file that could be marked."""
        paths = [picture.address for picture in self._grid.chosen() if picture.address]
        if any("#" in path for path in paths):
            raise InputError("Images in an .npz file cannot be marked here", hint="Use `convonet mark`")
        return paths

    def _label(self) -> None:
        name = self.classes.currentText()
        self._controller.guard(lambda: self._marker.mark(self._paths(), label=name))

    def _leave_out(self) -> None:
        self._controller.guard(lambda: self._marker.mark(self._paths()))

    def _undo(self) -> None:
        self._controller.guard(lambda: self._marker.mark(self._paths(), undo=True))


def said_of(marks: Sequence[MarkedImage]) -> dict[str, str]:
    """Address of an image → what was said of it, in a word or two."""
    return {
        str(marks_file(item.root).parent / item.mark.path): "left out"
        if item.mark.label is None
        else f"labeled {item.mark.label}"
        for item in marks
    }
