"""Brightness, contrast and their like, on images of torch or NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.nets.augment.draws import Draws
from convonet.params.augment_params import AugmentParams

Array = NDArray[np.float64]

_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601: how much of red, green and blue is seen as light."""


@dataclass
class Colors:
    """How the pixels of each of B images change, in this order; arrays of B numbers.

    Attributes:
        brightness, contrast, saturation: factors; 1 changes nothing.
        solarize: pixels from here on are turned round; 256 changes nothing.
        bits: so many of each pixel's 8 bits are kept.
        stretch: 1 where the pixels are stretched to 0..255, else 0.
    """

    count: int
    brightness: Array = field(init=False)
    contrast: Array = field(init=False)
    saturation: Array = field(init=False)
    solarize: Array = field(init=False)
    bits: Array = field(init=False)
    stretch: Array = field(init=False)

    def __post_init__(self) -> None:
        self.brightness, self.contrast, self.saturation = (np.ones(self.count) for _ in range(3))
        self.solarize, self.bits = np.full(self.count, 256.0), np.full(self.count, 8.0)
        self.stretch = np.zeros(self.count)

    @classmethod
    def drawn(cls, params: AugmentParams, draws: Draws) -> Colors:
        """What the parameters ask for."""
        made = cls(len(draws))
        made.brightness = 1 + draws.signed("brightness", params.brightness)
        made.contrast = 1 + draws.signed("contrast", params.contrast)
        return made

    def apply(self, images: Any, module: Any, put: Callable[[NDArray[np.float32]], Any]) -> Any:
        """Images (B, H, W, C) with changed pixels, 0..255.

        Args:
            module: `torch` or `numpy`, whose arrays they are.
            put: brings a NumPy array to where the images are.
        """

        def each(values: Array) -> Any:
            return put(values.astype(np.float32).reshape(-1, 1, 1, 1))

        images = images * each(self.brightness)
        if (self.contrast != 1).any():
            # About the mean of the image itself: contrast must not make it darker or brighter.
            mean = images.mean((1, 2, 3)).reshape(-1, 1, 1, 1)
            images = mean + (images - mean) * each(self.contrast)
        if (self.saturation != 1).any() and images.shape[3] == 3:
            light = (images * put(np.array(_LUMA, dtype=np.float32))).sum(3)[..., None]
            images = light + (images - light) * each(self.saturation)
        # Clipped here, since solarizing and posterizing are defined for pixels of 0 to 255.
        images = module.clip(images, 0, 255)
        if (self.solarize < 256).any():
            images = module.where(images >= each(self.solarize), 255 - images, images)
        if (self.bits < 8).any():
            step = each(2.0 ** (8 - self.bits))
            images = module.where(step > 1, module.floor(images / step) * step, images)
        if self.stretch.any():
            low = module.amin(images, (1, 2))[:, None, None]
            high = module.amax(images, (1, 2))[:, None, None]
            # A channel of one value has no range to stretch.
            wide = (images - low) * 255 / module.clip(high - low, 1, 255)
            images = module.where(each(self.stretch) > 0, wide, images)
        return images
