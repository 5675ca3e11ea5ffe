"""About: versions, backend and device. Keras is asked in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFormLayout, QLayout, QWidget

from convonet._version import __version__
from convonet.desktop.widgets.basic import button, column, label, row
from convonet.documents.installation import InstallationDocument
from convonet.errors import ConvonetError
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.background import Background

_WIDTH = 340
_HOMEPAGE = "Free software under the MIT license. No telemetry; nothing is uploaded automatically."


class AboutDialog(QDialog):
    """What the installation that works is made of.

    Args:
        examine: asks it, in a thread.
    """

    def __init__(
        self,
        background: Background,
        examine: Callable[[], InstallationDocument],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Convonet")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(18)
        self._form.setVerticalSpacing(6)
        self._state = label("Detecting backend and device …", "muted")
        self._text = f"Convonet {__version__}"
        close = button("Close", self.accept, primary=True)
        whole = column(
            label(f"Convonet {__version__}", "title"),
            label("Train, test and use image classifiers from folders of images.", "lead"),
            self._state,
            self._form,
            label(_HOMEPAGE, "small"),
            row(button("Copy", self._copy), None, close),
            margin=22,
        )
        # It grows when the answer comes; no line of it is cut.
        whole.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self.setLayout(whole)
        close.setFocus()
        background.call("about", lambda _: examine(), self.show_report, self._failed)

    def show_report(self, report: InstallationDocument) -> None:
        """Fill in what was found."""
        machine = report.machine
        memory = "" if machine.memory_bytes is None else f"{machine.memory_bytes / 2**30:,.0f} GiB"
        cores = counted(machine.cores, "core") if machine.cores else ""
        rows = {
            "Backend": machine.backend or "–",
            "Device": machine.device or machine.error or "–",
            "Processor": ", ".join(filter(None, (machine.processor, cores, memory))),
            "System": machine.platform,
        } | {name: version for name, version in report.versions.items() if name != "convonet"}
        rows |= {"Convonet folder": report.folders.home}
        for name, value in rows.items():
            said = label(str(value), wrap=True, select=True)
            said.setFixedWidth(_WIDTH)
            self._form.addRow(label(name, "muted"), said)
        self._text += "\n" + "\n".join(f"{name}: {value}" for name, value in rows.items())
        self._state.hide()

    def _failed(self, error: ConvonetError) -> None:
        self._state.setText(error.sentence("window"))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
