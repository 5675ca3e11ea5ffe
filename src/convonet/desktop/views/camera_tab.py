"""The camera on the page Use: what it sees, and a button that asks the model about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QWidget

from convonet.desktop.widgets.basic import button, column, label, row
from convonet.desktop.widgets.picture import PictureView

_OFF = "The camera is off. Its pictures never leave this machine."
_OFF_REMOTE = "The camera is off. A picture that you take is sent only to the server."
_MISSING = (
    "No camera was found, or the camera is in use by another program. Connect a camera, or allow Convonet to use it, "
    "then click Start camera."
)


if TYPE_CHECKING:
    from convonet.desktop.widgets.camera import Camera


class CameraTab(QWidget):
    """Off until it is started; it goes off when the page is left.

    Args:
        open_camera: gives the camera; it is called when the person starts it.
        is_remote: the model is on a server.

    Signals:
        taken: carries the picture that the model is to be asked about.
    """

    taken = Signal(QImage)

    def __init__(self, open_camera: Callable[[], Camera] | None = None, *, is_remote: bool = False) -> None:
        super().__init__()
        self._off = _OFF_REMOTE if is_remote else _OFF
        self._open = open_camera or _first_camera
        self._camera: Camera | None = None
        self._image = QImage()
        self.view = PictureView("Camera", self._off)
        self.start_button = button("Start camera", self._toggle)
        self.take_button = button("Take picture", self._take, primary=True)
        self.take_button.setEnabled(False)
        self.note = label(self._off, "muted", wrap=True)
        line = row(self.note, None, self.start_button, self.take_button, gap=8)
        self.setLayout(column(10, line, self.view, gap=10))

    def _toggle(self) -> None:
        if self._camera is None:
            self._start()
        else:
            self.stop()

    def _start(self) -> None:
        self._camera = self._open()
        self._camera.seen.connect(self._show)
        self._camera.missing.connect(self._lose)
        self._camera.start()
        self.start_button.setText("Stop camera")
        self.note.setText("Starting the camera …")

    def stop(self) -> None:
        """Let go of the camera; the last picture stays."""
        if self._camera is not None:
            self._camera.stop()
            self._camera = None
            self.start_button.setText("Start camera")
            self.note.setText(self._off)

    def _show(self, image: QImage) -> None:
        self._image = image
        self.view.show_image(image)
        self.take_button.setEnabled(True)
        if self._camera is not None:
            self.note.setText("The picture is classified when you click Take picture.")

    def _lose(self) -> None:
        self.stop()
        self.note.setText(_MISSING)

    def _take(self) -> None:
        self.taken.emit(self._image)

    def hideEvent(self, event: QHideEvent) -> None:
        # Nobody is to be seen by a camera that they do not see.
        self.stop()
        super().hideEvent(event)


def _first_camera() -> Camera:
    # OpenCV is loaded when somebody wants the camera.
    from convonet.desktop.widgets.camera import Camera

    return Camera()
