"""Samples of augmented images, as a training would see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convonet.nets.augment import Augmenter
from convonet.params.hyper_params import HyperParams
from convonet.training.image_rows import ImageRows


def augmented_rows(
    rows: ImageRows, indices: NDArray[np.integer], hyper: HyperParams, variations: int
) -> NDArray[np.uint8]:
    """Each chosen image and its variations in the first epochs, one row an image.

    Args:
        indices: of `rows`, (n,).
        copies: variations of each, those of the epochs 1, 2, 3 …

    Returns:
        (n · (copies + 1), H, W, C) uint8: the image itself, then its variations.
    """
    images, _ = rows.take(indices)
    augmenter = Augmenter(hyper, images.shape[1:])
    made = [images]
    for epoch in range(1, variations + 1):
        change = augmenter.change(epoch, 0, rows.rows[indices])
        made.append(np.clip(np.rint(change.images(images.astype(np.float32))), 0, 255).astype(np.uint8))
    return np.stack(made, axis=1).reshape(-1, *images.shape[1:])
