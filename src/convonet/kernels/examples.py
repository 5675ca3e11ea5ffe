"""The worked examples of the pages, to be followed with a pencil."""

from __future__ import annotations

EDGE_IMAGE = [[1, 0, 1, 0, 1], [0, 1, 1, 1, 0], [1, 1, 0, 1, 1], [0, 0, 1, 0, 0], [1, 0, 0, 1, 1]]
EDGE_KERNEL = [[-1, 0, 1]] * 3
POOL_MAP = [[12, 20, 8, 11], [18, 5, 14, 7], [3, 9, 22, 16], [6, 13, 4, 19]]
COLOURS = {
    "yellow": (255, 255, 0),
    "white": (255, 255, 255),
    "pink": (255, 163, 177),
    "black": (0, 0, 0),
    "blue": (51, 0, 255),
}
