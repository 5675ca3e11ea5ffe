"""Occlusion (Zeiler, Fergus 2014): how far the class's probability falls when a square of the image is hidden."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError
from convonet.events import Watch
from convonet.explaining.base import ExplainSettings, Maps, register
from convonet.explaining.explained_model import ExplainedModel, Images

_BATCH = 128
_SHARE = 5
_STEPS = 3


@register(
    "occlusion",
    "Occlusion",
    "how much the class's probability falls when a square around this pixel is hidden",
)
def explain(
    model: ExplainedModel, images: Images, labels: NDArray[np.int64], settings: ExplainSettings, watch: Watch
) -> Maps:
    """Each pixel gets the mean of all squares that hid it.

    Raises:
        ParamError: a patch or stride that does not fit the images.
    """
    squares = squares_of(images.shape[1:3], settings)
    values = np.stack(
        [_one(model, image, int(label), squares, watch) for image, label in zip(images, labels, strict=True)]
    )
    return Maps(values)


def squares_of(size: tuple[int, ...], settings: ExplainSettings) -> list[tuple[slice, slice]]:
    """The squares that hide parts of an image of `size` (height, width); the last ones end at its edge.

    Raises:
        ParamError: a patch larger than the image, or a stride that leaves gaps.
    """
    patch = settings.patch or max(1, round(min(size) / _SHARE))
    stride = settings.stride or max(1, round(patch / _STEPS))
    faults = {}
    if not 1 <= patch <= min(size):
        faults["patch"] = f"patch: expected 1 to {min(size)} pixels, received {patch}"
    if not 1 <= stride <= max(patch, 1):
        faults["stride"] = f"stride: expected 1 to {patch} pixels (the size of the patch), received {stride}"
    if faults:
        raise ParamError.of(faults)
    tops, lefts = (sorted({*range(0, side - patch + 1, stride), side - patch}) for side in size)
    return [(slice(top, top + patch), slice(left, left + patch)) for top in tops for left in lefts]


def _one(
    model: ExplainedModel, image: Images, label: int, squares: list[tuple[slice, slice]], watch: Watch
) -> NDArray[np.float32]:
    whole = float(model.predict(image[np.newaxis])[0, label])
    total, count = np.zeros(image.shape[:2]), np.zeros(image.shape[:2])
    # A generator: with small patches there are thousands of covered copies of the image.
    drops = (whole - p for batch in _hidden(image, squares) for p in model.predict(batch, watch)[:, label])
    for (rows, columns), drop in zip(squares, drops, strict=True):
        total[rows, columns] += drop
        count[rows, columns] += 1
    # No count is 0: a stride is at most the patch, so every pixel has been hidden.
    return np.asarray(total / count, np.float32)


def _hidden(image: Images, squares: list[tuple[slice, slice]]) -> Iterator[Images]:
    """The image with each square in turn in its mean colour, in batches."""
    mean = np.round(image.mean(axis=(0, 1))).astype(np.uint8)
    for start in range(0, len(squares), _BATCH):
        some = squares[start : start + _BATCH]
        batch = np.repeat(image[np.newaxis], len(some), axis=0)
        for number, (rows, columns) in enumerate(some):
            batch[number, rows, columns] = mean
        yield batch
