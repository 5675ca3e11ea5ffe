"""Image files and rows of array files as pictures of Qt."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from convonet.data.arrays import address_of, load_array
from convonet.data.decode import open_image, read_bytes
from convonet.data.pixels import flat
from convonet.errors import DataError


def decoded(address: str) -> QImage:
    """The picture in its own size, RGB.

    Args:
        address: a file, or a row of an array file such as `digits.npz#x_train/17`.

    Raises:
        DataError: it cannot be read; `what` is the reason.
    """
    file, _, member = address.partition(".npz#")
    array = _array_row(Path(f"{file}.npz"), address) if member else _pixels(address)
    height, width = array.shape[:2]
    # QImage counts on lines of 3 × width bytes without gaps, which a slice of a larger array does not have.
    pixels = np.ascontiguousarray(array)
    # The copy is Qt's own: the array is gone before the picture is.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _pixels(path: str) -> npt.NDArray[np.uint8]:
    try:
        with open_image(read_bytes(path)) as image:
            return np.asarray(flat(image, "drop").convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"cannot be read: {error}", where=path) from error


def _array_row(file: Path, address: str) -> Any:
    name, index = address_of(address)
    row = _array(file, name)[index]
    # Gray images are often stored without an axis for channels.
    row = row if row.ndim == 3 else row[:, :, None]
    # A fourth channel is transparency, which is dropped here as it is for image files.
    return np.repeat(row, 3, axis=2) if row.shape[2] == 1 else row[:, :, :3]


@lru_cache(maxsize=2)
def _array(file: Path, name: str) -> Any:
    """The whole array: a compressed file cannot be read row by row."""
    return load_array(file, name)
