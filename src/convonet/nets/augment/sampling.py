"""Reads images at moved positions, between pixels linearly: by torch where the images are its, else by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.params.augment_params import FillMode

_TORCH_MODES = {"constant": "zeros", "nearest": "border", "reflect": "reflection", "wrap": "border"}


def sample_torch(images: Any, matrices: NDArray[np.float64], fill: FillMode) -> Any:
    """Torch images (B, H, W, C) at the positions of `Geometry.matrices`, by one `grid_sample`."""
    # Torch need not be installed where another backend computes.
    import torch
    from torch.nn import functional

    height, width = images.shape[1:3]
    # grid_sample measures positions in halves of the image.
    halves = np.array([[1, height / width, 2 / width], [width / height, 1, 2 / height]])
    theta = torch.from_numpy((matrices * halves).astype(np.float32)).to(images.device)
    flat = images.permute(0, 3, 1, 2)
    grid = functional.affine_grid(theta, list(flat.shape), align_corners=False)
    if fill == "wrap":
        # The first row and column stand once more behind the last, so that there is something between both.
        flat, grid = functional.pad(flat, (0, 1, 0, 1), mode="circular"), _wrapped(grid, height, width)
    moved = functional.grid_sample(flat, grid, padding_mode=_TORCH_MODES[fill], align_corners=False)
    return moved.permute(0, 2, 3, 1).contiguous()


def _wrapped(grid: Any, height: int, width: int) -> Any:
    """Positions (B, H, W, 2) brought into an image that has one row and one column more."""
    sizes = grid.new_tensor([width, height])
    pixels = (((grid + 1) * sizes - 1) / 2).remainder(sizes)
    return (2 * pixels + 1) / (sizes + 1) - 1


def sample_numpy(
    images: NDArray[np.float32], matrices: NDArray[np.float64], fill: FillMode
) -> NDArray[np.float32]:
    """The same on NumPy images."""
    height, width = images.shape[1:3]
    rows, columns = np.mgrid[:height, :width]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    positions = np.stack([columns.ravel() - middle[0], rows.ravel() - middle[1], np.ones(height * width)])
    found = matrices @ positions + middle[:, np.newaxis]
    x, y = _inside(found[:, 0], width, fill), _inside(found[:, 1], height, fill)
    left, top = np.floor(x), np.floor(y)
    share_x, share_y = x - left, y - top
    total = np.zeros((len(images), height * width, images.shape[3]))
    for add_x, weight_x in ((0, 1 - share_x), (1, share_x)):
        for add_y, weight_y in ((0, 1 - share_y), (1, share_y)):
            pixels = _pixels(images, left + add_x, top + add_y, fill)
            total += pixels * (weight_x * weight_y)[:, :, np.newaxis]
    return total.reshape(images.shape).astype(np.float32)


def _inside(positions: NDArray[np.float64], size: int, fill: FillMode) -> NDArray[np.float64]:
    """Positions outside the image brought into it, except for `constant`, where they read as black."""
    if fill == "constant":
        return positions
    if fill == "wrap":
        return np.mod(positions, size)
    if fill == "reflect":
        around = np.mod(positions + 0.5, 2 * size)
        positions = np.minimum(around, 2 * size - around) - 0.5
    return np.clip(positions, 0, size - 1)


def _pixels(
    images: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64], fill: FillMode
) -> NDArray[np.float64]:
    height, width = images.shape[1:3]
    if fill == "wrap":
        x, y = np.mod(x, width), np.mod(y, height)
    known = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    rows = np.clip(y, 0, height - 1).astype(np.intp)
    columns = np.clip(x, 0, width - 1).astype(np.intp)
    own = np.arange(len(images))[:, np.newaxis]
    # Clipped to have an index at all; what is outside then counts as black.
    found: NDArray[np.float64] = images[own, rows, columns] * known[:, :, np.newaxis]
    return found
