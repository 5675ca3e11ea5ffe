"""The camera of this computer as a stream of pictures, read with OpenCV in a thread."""

from __future__ import annotations

import threading

import cv2
from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

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
                image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_BGR888)
                self.seen.emit(image.copy())
                self.msleep(_PAUSE_MS)
        finally:
            camera.release()

    def stop(self) -> None:
        """Let go of the camera, and wait until it is free."""
        self._stopped.set()
        self.wait()
