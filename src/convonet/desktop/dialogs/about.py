"""About: versions, backend and device. Keras is asked in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFormLayout, QWidget

from convonet._version import __version__
from convonet.desktop.widgets.basic import button, column, label, row
from convonet.errors import ConvonetError
from convonet.events import Watch

if TYPE_CHECKING:
    from convonet.desktop.background import Background

_HOMEPAGE = "Free software under the MIT licence. Nothing leaves this machine: no upload, no telemetry."


class AboutDialog(QDialog):
    """What this installation is made of."""

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Convonet")
        self.setMinimumWidth(520)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(18)
        self._form.setVerticalSpacing(6)
        self._state = label("Asking Keras for its backend and device …", "muted")
        self._text = f"Convonet {__version__}"
        self.setLayout(
            column(
                label(f"Convonet {__version__}", "title"),
                label("Train, test and use image classifiers from folders of images.", "lead", wrap=True),
                self._state,
                self._form,
                label(_HOMEPAGE, "small", wrap=True),
                row(button("Copy", self._copy), None, button("Close", self.accept, primary=True)),
                margin=22,
            )
        )
        background.call("about", self._examine, self.show_report, self._failed)

    @staticmethod
    def _examine(_: Watch) -> dict[str, Any]:
        from convonet.workbench.doctor import examine

        return examine()

    def show_report(self, report: dict[str, Any]) -> None:
        """Fill in what was found."""
        machine = report["machine"]
        memory = f"{machine['memory_bytes'] / 2**30:,.0f} GiB"
        rows = {
            "Backend": machine.get("backend", "–"),
            "Device": machine.get("device", machine.get("error", "–")),
            "Processor": f"{machine['processor']}, {machine['cores']} cores, {memory}",
            "System": machine["platform"],
        } | {name: version for name, version in report["versions"].items() if name != "convonet"}
        rows["Your folder"] = report["folders"]["home"]
        for name, value in rows.items():
            self._form.addRow(label(name, "muted"), label(str(value), wrap=True, select=True))
        self._text += "\n" + "\n".join(f"{name}: {value}" for name, value in rows.items())
        self._state.hide()

    def _failed(self, error: ConvonetError) -> None:
        self._state.setText(error.sentence())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
