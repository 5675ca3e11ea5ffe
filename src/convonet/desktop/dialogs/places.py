"""Folders and files of a server, to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QPushButton, QWidget

from convonet.desktop.background import Background
from convonet.desktop.dialogs.ask import Asker
from convonet.desktop.widgets.basic import button, column, label, resize_within_screen, row
from convonet.documents.folders import FolderDocument, FolderEntry
from convonet.errors import ConvonetError

Look = Callable[[str], FolderDocument]
"""A path → what is in that folder of the server."""
_CALL = "places"
_SIGNS = {"folder": "▸ ", "run": "● ", "file": "   "}


class PlacesDialog(QDialog):
    """Walks through the folders below the server's root.

    Args:
        look: asks the server, in the background.
        suffixes: files to show and to choose; empty: a folder is chosen.

    Attributes:
        chosen: the path on the server; empty when it was given up.
    """

    def __init__(
        self,
        title: str,
        look: Look,
        suffixes: Sequence[str],
        background: Background,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        resize_within_screen(self, 560, 460)
        self._look, self._suffixes, self._background = look, tuple(suffixes), background
        # An answer that comes once the dialog is closed has nothing left to fill.
        self.finished.connect(lambda _: background.cancel(_CALL))
        self._folder = FolderDocument(path="", parent=None, entries=(), more=False)
        self.chosen = ""
        self._where: QLabel = label("", "section")
        self._fault: QLabel = label("", "wrong", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.list.setSpacing(3)
        self.list.itemActivated.connect(self._enter)
        self.list.currentItemChanged.connect(lambda *_: self._update())
        self._up: QPushButton = button("↑ Up", lambda: self.go(self._folder.parent or ""))
        self._take: QPushButton = button("Choose", self._choose, primary=True)
        hint = label("Press Enter or double-click to open a folder", "muted")
        buttons = row(hint, None, button("Cancel", self.reject), self._take)
        whole = column(row(self._where, None, self._up), self.list, self._fault, buttons, margin=16)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.list.setFocus()
        self.go("")

    def go(self, path: str) -> None:
        """Show a folder when the server has told it; a fault is told in the dialog."""
        self._fault.hide()
        self._where.setText("Loading …")
        self.list.clear()
        self._take.setEnabled(False)
        self._background.call(_CALL, lambda _: self._look(path), self._show, self._show_fault)

    def _show_fault(self, error: ConvonetError) -> None:
        self._show(self._folder)
        self._fault.setText(error.sentence("window"))
        self._fault.show()

    def _show(self, folder: FolderDocument) -> None:
        self._folder = folder
        self._where.setText(folder.path or "The server's root folder")
        self._up.setEnabled(self._folder.parent is not None)
        self.list.clear()
        for entry in self._folder.entries:
            # No name ends in a null character, so a dialog that asks for a folder shows no files.
            if entry.kind == "file" and not entry.name.lower().endswith(self._suffixes or ("\0",)):
                continue
            item = QListWidgetItem(f"{_SIGNS[entry.kind]}{entry.name}")
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self._update()

    def _entry(self) -> FolderEntry | None:
        item = self.list.currentItem()
        entry: FolderEntry | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return entry

    def _enter(self, item: QListWidgetItem) -> None:
        entry = item.data(Qt.ItemDataRole.UserRole)
        if entry.kind == "folder":
            self.go(entry.path)
        else:
            self._choose()

    def _update(self) -> None:
        entry = self._entry()
        is_one = entry is not None and entry.kind != "folder"
        self._take.setEnabled(is_one if self._suffixes else bool(self._folder.path or entry))
        self._take.setText("Choose" if self._suffixes or entry else "Choose this folder")

    def _choose(self) -> None:
        entry = self._entry()
        self.chosen = entry.path if entry is not None else self._folder.path
        self.accept()


class ServerAsker(Asker):
    """Folders and models are the server's; parameter files and images to predict are of this machine."""

    def __init__(self, window: QWidget, look: Look, background: Background) -> None:
        super().__init__(window)
        self._look, self._background = look, background

    def open_file(self, title: str, kinds: str, folder: str) -> Path | None:
        # The patterns tell what is asked for; only models are looked for on the server.
        if ".keras" not in kinds:
            return super().open_file(title, kinds, folder)
        return self._walk(title, (".keras", ".h5", ".hdf5", ".onnx"))

    def folder(self, title: str, folder: str) -> Path | None:
        return self._walk(title, ())

    def _walk(self, title: str, suffixes: Sequence[str]) -> Path | None:
        dialog = PlacesDialog(title, self._look, suffixes, self._background, self._window)
        dialog.exec()
        # The dialog is a child of the window and would otherwise live as long as the window does.
        dialog.deleteLater()
        return Path(dialog.chosen) if dialog.chosen else None
