"""How 0..255 becomes the numbers that a network computes with: one factor and one offset a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError
from convonet.params.data_params import DataParams, Scaling
from convonet.params.fields import fields_of

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class PixelScaling(NamedTuple):
    """A scaling by its name.

    Attributes:
        mean, deviation: on the 0..1 scale, for `standard`; one number, or one per channel.
    """

    scaling: Scaling
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None

    @classmethod
    def of(
        cls, scaling: Scaling, mean: Sequence[float] | None = None, deviation: Sequence[float] | None = None
    ) -> PixelScaling:
        """From parameters."""
        return cls(scaling, *(None if part is None else tuple(part) for part in (mean, deviation)))


class Scale(NamedTuple):
    """x · factor + offset, for x in 0..255; one number for all channels, or one a channel."""

    factor: tuple[float, ...]
    offset: tuple[float, ...]


def scale_of(
    scaling: Scaling,
    channels: int,
    mean: Sequence[float] | None = None,
    deviation: Sequence[float] | None = None,
) -> Scale | None:
    """The scale that a name means, None for `none`.

    Args:
        channels: of the image; grey images take the mean of ImageNet's three values.
        mean, deviation: on the 0..1 scale, for `standard`; one number, or one a channel.

    Raises:
        ParamError: `standard` without its numbers, or with a wrong count of them.
    """
    if scaling == "none":
        return None
    if scaling == "unit":
        return Scale((1 / 255,), (0.0,))
    if scaling == "symmetric":
        return Scale((1 / 127.5,), (-1.0,))
    if scaling == "imagenet":
        mean, deviation = (_fitted(values, channels) for values in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    given = {"mean": mean, "deviation": deviation}
    faults = {name: sentence for name, v in given.items() if (sentence := _fault(name, v, channels))}
    if faults or mean is None or deviation is None:
        raise ParamError.of(faults)
    means, deviations = np.broadcast_arrays(np.array(mean, float), np.array(deviation, float))
    return Scale(tuple((1 / (255 * deviations)).tolist()), tuple((-means / deviations).tolist()))


def _fitted(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    return values if channels == len(values) else (sum(values) / len(values),)


def _fault(name: str, values: Sequence[float] | None, channels: int) -> str | None:
    if values is not None and len(values) in (1, channels):
        return None
    label = fields_of(DataParams)[name].label
    return (
        f"{name} ({label}): standard scaling expects one number"
        + (f" or {channels}, one per channel" if channels > 1 else "")
        + f", received {'none' if values is None else len(values)}"
    )


def scaled(images: NDArray[np.uint8], scale: Scale | None) -> NDArray[np.float32]:
    """Images (N, height, width, channels) as float32 in the network's own numbers."""
    values: NDArray[Any] = images.astype(np.float32)
    if scale is not None:
        values = values * np.asarray(scale.factor, np.float32) + np.asarray(scale.offset, np.float32)
    return values
