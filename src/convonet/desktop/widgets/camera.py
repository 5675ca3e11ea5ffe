"""The camera of this computer as a stream of pictures, read with OpenCV in a thread."""

from __future__ import annotations

import threading

import cv2
from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

# A video file gives its pictures faster than they can be watched; the pause bounds them at about 33 a second.
_PAUSE_MS = 30


class Camera(QThread):
    """Reads pictures until it is stopped.

    Args:
        source: the number of a camera, or a video file.

    Signals:
        seen: carries the picture.
        missing: no camera could be opened, or it gives no more pictures.
    """

    seen = Signal(QImage)
    missing = Signal()

    def __init__(self, source: int | str = 0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        # The window's thread sets it while the camera's thread reads it.
        self._stopped = threading.Event()

    def run(self) -> None:
        camera = cv2.VideoCapture(self._source)
        try:
            while not self._stopped.is_set():
                is_read, pixels = camera.read()
                if not is_read:
                    self.missing.emit()
                    return
                height, width = pixels.shape[:2]
                # OpenCV delivers blue before green and red; a format that says so spares a conversion.
                image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_BGR888)
                # The image borrows the memory of `pixels`, which may be gone before the window paints it.
                self.seen.emit(image.copy())
                self.msleep(_PAUSE_MS)
        finally:
            camera.release()

    def stop(self) -> None:
        """Let go of the camera, and wait until it is free."""
        self._stopped.set()
        self.wait()
