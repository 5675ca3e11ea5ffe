"""A figure that was drawn for white paper, turned light on dark."""

from __future__ import annotations

import json
import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from convonet.desktop.style import color

PICTURES = "Pictures"
"""The text of a PNG that says where its pictures are, as `convonet.plots` writes it."""
_EDGE = 1
"""Pixels at the edge of a picture through which paper shines."""


def inverted(figure: QImage) -> QImage:
    """Paper becomes the surface, ink becomes light, and colours keep their hue.

    What the figure's text names a picture is left as it is, but for its gaps, which are paper.
    """
    # With four bytes a pixel, lines have no padding and can be seen as one array.
    made = figure.convertToFormat(QImage.Format.Format_RGB32)
    made.setDevicePixelRatio(figure.devicePixelRatio())
    height, width = made.height(), made.width()
    pixels = np.frombuffer(made.bits(), np.uint8).reshape(height, width, 4)[..., :3]
    # Turning the lightness over and keeping the hue moves every channel by the same; small integers, since a figure
    # has millions of them.
    channels = [pixels[..., place] for place in range(3)]
    most = np.maximum(np.maximum(channels[0], channels[1]), channels[2])
    least = np.minimum(np.minimum(channels[0], channels[1]), channels[2])
    move = 255 - most.astype(np.int16) - least
    # A second array, since the pictures inside are taken from the pixels as they were.
    changed = np.empty_like(pixels)
    for place, (paper, ink) in enumerate(zip(_channels("surface"), _channels("ink"), strict=True)):
        shades = np.linspace(paper, ink, 256).round().astype(np.uint8)
        changed[..., place] = shades[channels[place] + move]
    for left, top, wide, high, gaps in json.loads(figure.text(PICTURES) or "[]"):
        # One pixel more, since the edge is rounded.
        lines = slice(max(math.floor(top * height) - 1, 0), math.ceil((top + high) * height) + 1)
        places = slice(max(math.floor(left * width) - 1, 0), math.ceil((left + wide) * width) + 1)
        inked = np.asarray((pixels[lines, places] < 255).any(axis=2))
        inside = _inside(inked)
        changed[lines, places][inked & ~inside] = _channels("surface")
        kept = inside & inked if gaps else inside
        changed[lines, places][kept] = pixels[lines, places][kept]
    # The pixels are the memory of the picture that is returned.
    pixels[:] = changed
    return made


def _inside(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All places from the first to the last line and column that are not paper, without the edge."""
    inside = np.zeros_like(inked)
    lines, places = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if len(lines):
        inside[lines[0] + _EDGE : lines[-1] + 1 - _EDGE, places[0] + _EDGE : places[-1] + 1 - _EDGE] = True
    return inside


def _channels(name: str) -> tuple[int, int, int]:
    """Blue, green and red of a colour, as they stand in memory."""
    shade = color(name)
    return shade.blue(), shade.green(), shade.red()
