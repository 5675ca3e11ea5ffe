"""RandAugment (Cubuk, Zoph, Shlens, Le 2020): some variations of twelve kinds for each image, one strength.

Of the paper's fourteen, equalize and sharpness are left out. All geometry is done first, in one sampling, then
all colours; the strongest are: 30° of rotation, slants and shifts of 0.3, factors of 1 ± 0.9, 4 bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convonet.nets.augment.colors import Colors
from convonet.nets.augment.draws import Draws
from convonet.nets.augment.geometry import Geometry

Chosen = NDArray[np.bool_]
Strength = NDArray[np.float64]


def add_rand_augment(number: int, magnitude: float, draws: Draws, geometry: Geometry, colors: Colors) -> None:
    """Add `number` variations of strength `magnitude` (0..10) for each image to what is already drawn."""
    for turn in range(number):
        # One kind for each turn and image; the same one twice is as likely as in the paper.
        kind = (draws.uniform(f"rand_kind_{turn}") * len(KINDS)).astype(int)
        sign = np.where(draws.uniform(f"rand_sign_{turn}") < 0.5, -1.0, 1.0)
        for index, vary in enumerate(KINDS):
            chosen = kind == index
            if chosen.any():
                vary(geometry, colors, chosen, sign * magnitude / 10)


def _nothing(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    """The identity, which the paper counts among the kinds."""


def _turn(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    geometry.turn += chosen * 30 * strength


def _slant_x(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    geometry.slant_x += chosen * 0.3 * strength


def _slant_y(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    geometry.slant_y += chosen * 0.3 * strength


def _shift_x(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    geometry.shift_x += chosen * 0.3 * strength


def _shift_y(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    geometry.shift_y += chosen * 0.3 * strength


def _brightness(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.brightness *= 1 + chosen * 0.9 * strength


def _contrast(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.contrast *= 1 + chosen * 0.9 * strength


def _saturation(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.saturation *= 1 + chosen * 0.9 * strength


def _solarize(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.solarize = np.where(
        chosen, np.minimum(colors.solarize, 256 * (1 - abs(strength))), colors.solarize
    )


def _posterize(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.bits = np.where(chosen, np.minimum(colors.bits, np.round(8 - 4 * abs(strength))), colors.bits)


def _stretch(geometry: Geometry, colors: Colors, chosen: Chosen, strength: Strength) -> None:
    colors.stretch = np.where(chosen, 1.0, colors.stretch)


KINDS: tuple[Callable[[Geometry, Colors, Chosen, Strength], None], ...] = (
    _nothing,
    _turn,
    _slant_x,
    _slant_y,
    _shift_x,
    _shift_y,
    _brightness,
    _contrast,
    _saturation,
    _solarize,
    _posterize,
    _stretch,
)
