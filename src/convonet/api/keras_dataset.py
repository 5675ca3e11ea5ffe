"""Prepared images as a Keras dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError
from convonet.nets.backend import keras

if TYPE_CHECKING:
    from convonet.api.preparing import ImageSet


class KerasImages(keras.utils.PyDataset):  # type: ignore[misc]
    """Batch i contains images (B, H, W, C) float32 in 0..255 and labels (B,); `classes` contains the class names."""

    def __init__(self, images: ImageSet, batch_size: int, shuffle: bool, seed: int, **options: Any) -> None:
        super().__init__(**options)
        if batch_size < 1:
            raise ParamError.of({"batch_size": f"batch_size: expected 1 or more, received {batch_size}"})
        self.classes = images.classes
        self._images, self._size, self._shuffle, self._seed = images, batch_size, shuffle, seed
        self._epoch = 0
        self._order = self._drawn()

    def __len__(self) -> int:
        # Rounded up, since the last batch may be smaller.
        return -(-len(self._images) // self._size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        rows = self._order[index * self._size : (index + 1) * self._size]
        return self._images.images[rows].astype(np.float32), self._images.labels[rows]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._drawn()

    def _drawn(self) -> NDArray[np.int64]:
        count = len(self._images)
        if not self._shuffle:
            return np.arange(count)
        # The epoch is part of the seed, so that an order does not depend on those drawn before it.
        return np.random.default_rng((self._seed, self._epoch)).permutation(count)
