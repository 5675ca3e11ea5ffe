"""From raw values to what is shown: maps brought to the image's size, and heat from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TOP = 0.995
"""The fraction of pixels below full heat: a few single pixels must not make all others dark."""


def heat_of(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """What speaks for the class as 0..1, shape as given: 0 where nothing does, 1 for the strongest pixels."""
    positive = np.maximum(np.nan_to_num(values), 0.0)
    most = float(positive.max(initial=0.0))
    if most <= 0:
        return np.zeros(values.shape, np.float32)
    # The quantile is 0 if fewer than 0.5% of the pixels speak for the class, and cannot be divided by.
    level = float(np.quantile(positive, TOP))
    return np.asarray(np.minimum(positive / (level if level > 0 else most), 1.0), np.float32)


def enlarged(values: NDArray[np.floating[Any]], size: tuple[int, int]) -> NDArray[np.float32]:
    """Maps (N, h, w) at `size` (height, width), bilinear, centres of the corner pixels kept half a pixel inside."""
    shape = (size[1], size[0])
    made = [
        Image.fromarray(np.asarray(one, np.float32)).resize(shape, Image.Resampling.BILINEAR)
        for one in values
    ]
    return np.stack([np.asarray(one, np.float32) for one in made])
