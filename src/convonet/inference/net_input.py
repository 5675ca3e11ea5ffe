"""What a network is built for, without keras: what the images and the classes ask of its two ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from convonet.errors import DataError
from convonet.inference.scaling import PixelScaling
from convonet.params.data_params import DataParams, PixelParams


@dataclass(frozen=True)
class NetInput:
    """The images that a network is built for, and the classes that it tells apart.

    Attributes:
        pixels: how a file becomes pixels (height, width, channels) of 0..255; kept in the model.
        classes: names in the order of their labels, at least two.
        scaling: how the network scales the pixels. None: nobody has chosen, so a backbone's own scaling, else 0..1.

    Raises:
        DataError: fewer than two classes.
    """

    pixels: PixelParams
    classes: tuple[str, ...]
    scaling: PixelScaling | None = None

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise DataError("A network needs at least two classes", received=len(self.classes))

    @classmethod
    def of(cls, data: DataParams, pixels: PixelParams, classes: Sequence[str]) -> Self:
        """The input that data parameters describe, with pixels and classes as the images have them."""
        # The default is no choice: it must not override the scaling that a backbone was trained with.
        chosen = PixelScaling.of(data.scaling, data.mean, data.deviation) if data.is_set("scaling") else None
        return cls(pixels, tuple(classes), chosen)
