"""Everything that is asked of the person through a dialog, in one place, so that tests can answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

from convonet.desktop.dialogs.error import ErrorDialog
from convonet.desktop.dialogs.pick import Choice, PickDialog
from convonet.errors import ConvonetError


class Asker:
    """Opens modal dialogs over a window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def open_file(self, title: str, kinds: str, folder: str) -> Path | None:
        """A file to read, or None."""
        path, _ = QFileDialog.getOpenFileName(self._window, title, folder, kinds)
        return Path(path) if path else None

    def open_files(self, title: str, kinds: str, folder: str) -> list[Path]:
        """Files to read; none when it was given up."""
        paths, _ = QFileDialog.getOpenFileNames(self._window, title, folder, kinds)
        return [Path(path) for path in paths]

    def save_file(self, title: str, kinds: str, suggestion: str) -> Path | None:
        """A file to write, or None."""
        path, _ = QFileDialog.getSaveFileName(self._window, title, suggestion, kinds)
        return Path(path) if path else None

    def folder(self, title: str, folder: str) -> Path | None:
        """A folder, or None."""
        path = QFileDialog.getExistingDirectory(self._window, title, folder)
        return Path(path) if path else None

    def choose(self, title: str, text: str, answers: Sequence[str], *, usual: int = 0) -> str:
        """One of the answers; the last when the dialog is closed.

        Args:
            usual: the index of the answer that Enter gives.
        """
        box = QMessageBox(self._window)
        box.setWindowTitle(title)
        # On macOS, message boxes do not show their title, so the text says it again.
        box.setText(title)
        box.setInformativeText(text)
        buttons = {box.addButton(answer, QMessageBox.ButtonRole.ActionRole): answer for answer in answers}
        box.setDefaultButton(list(buttons)[usual])
        # Without it Esc would do nothing, since no button has the role of a refusal.
        box.setEscapeButton(list(buttons)[-1])
        box.exec()
        chosen = buttons.get(box.clickedButton(), answers[-1])  # type: ignore[call-overload]
        # The box is a child of the window and would otherwise live as long as the window does.
        box.deleteLater()
        return str(chosen)

    def text(self, title: str, question: str, present: str) -> str | None:
        """A line of text, or None."""
        text, done = QInputDialog.getText(self._window, title, question, QLineEdit.EchoMode.Normal, present)
        return text if done else None

    def pick(self, title: str, choices: Sequence[Choice], accept: str) -> str | None:
        """The title of one of the choices, or None."""
        dialog = PickDialog(title, choices, accept, self._window)
        done = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.taken if done else None

    def error(self, error: ConvonetError, offers: Sequence[str] = ()) -> str:
        """Show an error; the offer that was taken, or empty."""
        dialog = ErrorDialog(error, offers, self._window)
        dialog.exec()
        dialog.deleteLater()
        return dialog.taken
