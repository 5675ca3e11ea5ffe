"""Where each pixel of a varied image comes from: one affine map an image, composed of all its variations.

Coordinates are pixels from the middle of the image, x to the right and y down. A map takes a position in the new
image to one in the old image.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convonet.nets.augment.draws import Draws
from convonet.params.augment_params import AugmentParams

Array = NDArray[np.float64]


@dataclass
class Geometry:
    """How each of B images is moved; every part is an array of B numbers.

    Attributes:
        turn: counter-clockwise, in degrees.
        shift_x, shift_y: to the right and down, as fractions of the width and the height.
        zoom: 2 shows everything twice as large.
        slant_x, slant_y: how far a row moves sideways for each row down, and a column down.
        mirror_x, mirror_y: 1 or −1.
        window: side of the shown window as a share; window_x, window_y: where it is, −1 … 1.
    """

    count: int
    turn: Array = field(init=False)
    shift_x: Array = field(init=False)
    shift_y: Array = field(init=False)
    zoom: Array = field(init=False)
    slant_x: Array = field(init=False)
    slant_y: Array = field(init=False)
    mirror_x: Array = field(init=False)
    mirror_y: Array = field(init=False)
    window: Array = field(init=False)
    window_x: Array = field(init=False)
    window_y: Array = field(init=False)

    def __post_init__(self) -> None:
        for name in ("turn", "shift_x", "shift_y", "slant_x", "slant_y", "window_x", "window_y"):
            setattr(self, name, np.zeros(self.count))
        for name in ("zoom", "mirror_x", "mirror_y", "window"):
            setattr(self, name, np.ones(self.count))

    @classmethod
    def drawn(cls, params: AugmentParams, draws: Draws) -> Geometry:
        """What the parameters ask for."""
        made = cls(len(draws))
        if params.flip_horizontal:
            made.mirror_x = np.where(draws.uniform("flip_horizontal") < 0.5, -1.0, 1.0)
        if params.flip_vertical:
            made.mirror_y = np.where(draws.uniform("flip_vertical") < 0.5, -1.0, 1.0)
        made.turn = draws.signed("rotation", params.rotation)
        # The texts are seeds: other words would draw other numbers.
        made.shift_x, made.shift_y = draws.signed("right", params.shift), draws.signed("down", params.shift)
        made.zoom = 1 + draws.signed("zoom", params.zoom)
        made.slant_x = draws.signed("shear", params.shear)
        made.window = 1 - params.crop * draws.uniform("crop")
        made.window_x, made.window_y = draws.signed("crop_x", 1), draws.signed("crop_y", 1)
        return made

    def matrices(self, height: int, width: int) -> Array:
        """The maps from new positions to old ones, (B, 2, 3)."""
        turn = np.deg2rad(self.turn)
        cos, sin, one = np.cos(turn), np.sin(turn), np.ones(self.count)
        moved = _matrix(one, 0, 0, one, -self.shift_x * width, -self.shift_y * height)
        turned = _matrix(cos, -sin, sin, cos, 0, 0)
        zoomed = _matrix(1 / self.zoom, 0, 0, 1 / self.zoom, 0, 0)
        slanted = _matrix(one, -self.slant_x, -self.slant_y, one, 0, 0)
        mirrored = _matrix(self.mirror_x, 0, 0, self.mirror_y, 0, 0)
        room = (1 - self.window) / 2
        shown = _matrix(
            self.window, 0, 0, self.window, self.window_x * room * width, self.window_y * room * height
        )
        # One map for all of them: pixels are interpolated once, and the image is blurred once.
        whole: Array = (shown @ mirrored @ slanted @ zoomed @ turned @ moved)[:, :2]
        return whole


def _matrix(
    a: Array, b: Array | float, c: Array | float, d: Array, shift_x: Array | float, shift_y: Array | float
) -> Array:
    made = np.zeros((len(a), 3, 3))
    made[:, 0, 0], made[:, 0, 1], made[:, 0, 2] = a, b, shift_x
    made[:, 1, 0], made[:, 1, 1], made[:, 1, 2] = c, d, shift_y
    made[:, 2, 2] = 1
    return made
