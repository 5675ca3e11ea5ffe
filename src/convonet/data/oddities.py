"""Images that stand out of their set: dark, bright, blurred, of an odd size. Measured on the prepared pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.lookalikes import grey_blocks
from convonet.data.pixels import Pixels
from convonet.events import Watch

_DARK = 40
_BRIGHT = 215
_SOFTER = 3.5
_FEWEST = 20
_COMMON_SHARE = 0.95
_AREA_TIMES = 16.0
_ASPECT_TIMES = 3.0

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class Light(NamedTuple):
    """Brightness and sharpness of images, (N,) each.

    Attributes:
        mean: grey value, 0..255.
        low, high: 1st and 99th percentile of the grey values.
        border, border_spread: mean and deviation of the outermost pixels.
        sharpness: variance of the Laplacian by the variance of the image, so that contrast does not count.
    """

    mean: Floats
    low: Floats
    high: Floats
    border: Floats
    border_spread: Floats
    sharpness: Floats


class Oddities(NamedTuple):
    """Which images stand out, (N,) bool each; a dark or bright image is not called blurred besides."""

    dark: Flags
    bright: Flags
    blurred: Flags
    odd_sized: Flags


def light_of(images: Pixels, watch: Watch | None = None) -> Light:
    """Measure prepared images, (N, H, W, C) uint8.

    Raises:
        Cancelled: between blocks.
    """
    light = Light(*(np.zeros(len(images)) for _ in Light._fields))
    for rows, grey in grey_blocks(images, watch):
        flat = grey.reshape(len(grey), -1)
        light.mean[rows] = flat.mean(axis=1)
        light.low[rows], light.high[rows] = np.percentile(flat, (1, 99), axis=1)
        ring = np.concatenate([grey[:, 0], grey[:, -1], grey[:, 1:-1, 0], grey[:, 1:-1, -1]], axis=1)
        light.border[rows], light.border_spread[rows] = ring.mean(axis=1), ring.std(axis=1)
        light.sharpness[rows] = _laplacian(grey).var(axis=(1, 2)) / np.maximum(flat.var(axis=1), 1.0)
    return light


def oddities_of(light: Light, sizes: npt.NDArray[np.int64]) -> Oddities:
    """Which images stand out.

    Dark: hardly a pixel above 40; bright: hardly one below 215. Blurred: far softer than the set's own images,
    in robust deviations of the logarithm. Odd-sized: another size where nearly all have the same; elsewhere an
    area 16 times, or a shape 3 times, away from the middle one.

    Args:
        light: of N images.
        sizes: (N, 2), height and width before fitting.
    """
    dark, bright = light.high <= _DARK, light.low >= _BRIGHT
    return Oddities(dark, bright, _is_soft(light.sharpness, ~dark & ~bright), _is_odd(sizes))


def _laplacian(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Difference to the four neighbours, without the outermost pixels."""
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return around - 4 * inner if inner.size else np.zeros((len(grey), 1, 1), np.float32)


def _is_soft(sharpness: Floats, asked: Flags) -> Flags:
    if np.count_nonzero(asked) < _FEWEST:
        return np.zeros(len(asked), np.bool_)
    logs = np.log(np.maximum(sharpness, 1e-6))
    middle = np.median(logs[asked])
    # 1.4826 makes the median deviation that of a normal distribution.
    deviation = max(1.4826 * float(np.median(np.abs(logs[asked] - middle))), 0.05)
    soft: Flags = asked & (logs < middle - _SOFTER * deviation)
    return soft


def _is_odd(sizes: npt.NDArray[np.int64]) -> Flags:
    kinds, kind_of, counts = np.unique(sizes, axis=0, return_inverse=True, return_counts=True)
    if len(sizes) < _FEWEST or len(kinds) == 1:
        return np.zeros(len(sizes), np.bool_)
    if counts.max() >= _COMMON_SHARE * len(sizes):
        odd: Flags = kind_of.reshape(-1) != counts.argmax()
        return odd
    height, width = np.log(sizes.astype(np.float64)).T
    area, aspect = height + width, height - width
    far_area = np.abs(area - np.median(area)) > np.log(_AREA_TIMES)
    far_aspect = np.abs(aspect - np.median(aspect)) > np.log(_ASPECT_TIMES)
    return np.asarray(far_area | far_aspect, np.bool_)
