"""The folders of the sets as a tree; a folder that is opened shows its images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from convonet.events import Watch
from convonet.session.folder_tree import FolderNode, folder_tree
from convonet.tasks import Split
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.desktop.background import Background

_HEAD = ("Folder", "Class", "Images", "Skipped files")
_NAMES: dict[Split, str] = {"train": "Training", "val": "Validation", "test": "Test"}
_FOLDER = Qt.ItemDataRole.UserRole
_SPLIT = Qt.ItemDataRole.UserRole + 1


class FoldersView(QTreeWidget):
    """Made when it is looked at; what lies in a folder is added when it is unfolded.

    Signals:
        opened: the set and the path of a folder whose images are to be shown.
    """

    opened = Signal(str, str)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._shown: object = None
        self._classes: tuple[str, ...] = ()
        self.setHeaderLabels(_HEAD)
        self.setAccessibleName("Folders of the sets")
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place, width in ((1, 220), (2, 110), (3, 110)):
            self.header().resizeSection(place, width)
        self.header().setStretchLastSection(False)
        for place in (2, 3):
            self.headerItem().setTextAlignment(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        self.itemExpanded.connect(self._fill)
        self.itemActivated.connect(
            lambda item: self.opened.emit(item.data(0, _SPLIT), item.data(0, _FOLDER).path)
        )

    def look_at(self, listings: Mapping[Split, ImageListing]) -> None:
        """Show the folders of these sets, unless they are what is shown."""
        key = tuple(id(listing) for listing in listings.values())
        if key == self._shown:
            return
        self._shown = key
        self._classes = next(iter(listings.values())).classes

        def read(watch: Watch) -> dict[Split, FolderNode]:
            found = {}
            for split, listing in listings.items():
                watch.check()
                found[split] = folder_tree(listing)
            return found

        self._background.call("folders", read, self.show_trees)

    def show_trees(self, trees: Mapping[Split, FolderNode]) -> None:
        """Show these trees, their first level unfolded."""
        self.clear()
        for split, tree in trees.items():
            item = self._item(split, tree, f"{_NAMES[split]}: {tree.name}")
            self.addTopLevelItem(item)
            item.setExpanded(True)

    def _item(self, split: Split, folder: FolderNode, name: str) -> QTreeWidgetItem:
        only = next(iter(folder.classes)) if len(folder.classes) == 1 else None
        words = (
            self._classes[only]
            if only is not None
            else counted(len(folder.classes), "class", "classes")
            if folder.classes
            else ""
        )
        item = QTreeWidgetItem([name, words, f"{folder.images:,}", f"{folder.skipped:,}"])
        for place in (2, 3):
            item.setTextAlignment(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(0, folder.path or folder.name)
        item.setData(0, _FOLDER, folder)
        item.setData(0, _SPLIT, split)
        if folder.folders:
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        return item

    def _fill(self, item: QTreeWidgetItem) -> None:
        if item.childCount():
            return
        folder: FolderNode = item.data(0, _FOLDER)
        split: Split = item.data(0, _SPLIT)
        item.addChildren([self._item(split, below, below.name) for below in folder.folders.values()])
