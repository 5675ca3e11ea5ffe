"""The points of a map as a picture of squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPixmap


def faded(colors: Sequence[QColor], alpha: float) -> NDArray[np.uint32]:
    """Colors as ARGB values of an opacity of `alpha`, 0..1."""
    values = []
    for each in colors:
        value = QColor(each)
        value.setAlphaF(alpha)
        values.append(value.rgba())
    return np.array(values, np.uint32)


def squares_picture(
    places: NDArray[Any], values: NDArray[np.uint32], side: float, size: tuple[int, int], ratio: float
) -> QPixmap:
    """Squares around places. Qt would take a second for forty thousand; filling pixels takes milliseconds.

    Args:
        places: the middle of each square, (N, 2), in the picture's coordinates.
        values: the color of each square as ARGB, (N,).
        side: of each square.
        size: width and height of the picture.
        ratio: pixels of the screen in a unit of the coordinates.
    """
    wide, tall = (max(round(length * ratio), 1) for length in size)
    pixels = np.zeros((tall, wide), np.uint32)
    left, top = np.round((places - side / 2) * ratio).astype(np.int64).T
    for down in range(round(side * ratio)):
        for across in range(round(side * ratio)):
            x, y = left + across, top + down
            fits = (x >= 0) & (x < wide) & (y >= 0) & (y < tall)
            pixels[y[fits], x[fits]] = values[fits]
    # The copy has pixels of its own; the array is freed when this function returns.
    image = QImage(pixels.data, wide, tall, 4 * wide, QImage.Format.Format_ARGB32).copy()
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)
