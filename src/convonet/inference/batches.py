"""What both ways of predicting share: the check of the input and the walk over its batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convonet.errors import DataError
from convonet.events import Watch


def check_images(images: NDArray[np.uint8], shape: tuple[int, int, int]) -> None:
    """Make sure that images are uint8 of shape (N, *shape).

    Raises:
        DataError: they are not.
    """
    if images.ndim == 4 and images.shape[1:] == shape and images.dtype == np.uint8:
        return
    height, width, channels = shape
    raise DataError(
        "These images do not match the network's input",
        expected=f"uint8 values of shape (N, {height}, {width}, {channels})",
        received=f"{images.dtype} values of shape {images.shape}",
    )


_LARGEST, _PIXELS_AT_ONCE = 128, 2**20


def images_at_once(shape: tuple[int, int, int]) -> int:
    """How many images of a shape are computed together: 128 up to 90 × 90 pixels, 20 of 224 × 224.

    More of them are no faster, and what a network keeps of each grows with its pixels.
    """
    return max(1, min(_LARGEST, _PIXELS_AT_ONCE // (shape[0] * shape[1])))


def predict_in_batches(
    images: NDArray[np.uint8],
    probabilities: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    batch_size: int | None,
    watch: Watch,
) -> NDArray[np.float32]:
    """Probabilities of all images, shape (N, classes); `watch` is asked before each batch.

    Args:
        batch_size: images at a time; None: as many as suit their size.

    Raises:
        Cancelled: the person asked to stop.
    """
    parts = []
    batch_size = batch_size or images_at_once(images.shape[1:])
    # An empty set still goes through the network once: only the network knows how many classes there are.
    for start in range(0, max(len(images), 1), batch_size):
        watch.check()
        parts.append(probabilities(images[start : start + batch_size]))
    return np.concatenate(parts)
