"""What is done to a batch of training images, drawn beforehand and applied in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.nets.augment.colors import Colors
from convonet.nets.augment.draws import Draws
from convonet.nets.augment.geometry import Geometry
from convonet.nets.augment.mixing import Mixing, draw_mixing
from convonet.nets.augment.rand_augment import add_rand_augment
from convonet.nets.augment.sampling import sample_numpy, sample_torch
from convonet.params.augment_params import FillMode
from convonet.params.hyper_params import HyperParams


@dataclass(frozen=True)
class BatchChange:
    """How one batch is varied; a part that is None is left out."""

    matrices: NDArray[np.float64] | None
    fill: FillMode
    colors: Colors | None
    mixing: Mixing | None

    def images(self, images: Any) -> Any:
        """Images (B, H, W, C), float32, 0..255, of torch or NumPy: varied, of the same kind and on the same device."""
        if isinstance(images, np.ndarray):
            return self._varied(images, np, np.asarray, sample_numpy)
        # Torch need not be installed where another backend computes.
        import torch

        def put(values: np.ndarray) -> Any:
            return torch.from_numpy(values).to(images.device)

        return self._varied(images, torch, put, sample_torch)

    def targets(self, targets: np.ndarray) -> np.ndarray:
        """The targets of the varied images; only mixing changes them, and then they must be fractions of classes."""
        return targets if self.mixing is None else self.mixing.targets(targets)

    def _varied(self, images: Any, module: Any, put: Any, sample: Any) -> Any:
        # Geometry first: contrast is about the mean of what is shown.
        if self.matrices is not None:
            images = sample(images, self.matrices, self.fill)
        if self.colors is not None:
            images = self.colors.apply(images, module, put)
        return images if self.mixing is None else self.mixing.images(images, put)


class Augmenter:
    """Draws the variations that hyperparameters ask for.

    Args:
        shape: (height, width, channels) of the images.
    """

    def __init__(self, hyper: HyperParams, shape: Sequence[int]) -> None:
        self._hyper = hyper
        self._height, self._width = shape[0], shape[1]
        some = hyper.rand_augment > 0
        moving = (hyper.flip_horizontal, hyper.flip_vertical, hyper.rotation, hyper.shift)
        self._moves = some or any((*moving, hyper.zoom, hyper.shear, hyper.crop))
        self._colors = some or any((hyper.brightness, hyper.contrast))

    def change(self, epoch: int, step: int, images: NDArray[np.integer]) -> BatchChange:
        """How a batch is varied.

        Args:
            epoch, step: from 1 and from 0; the step matters only where images are mixed.
            images: rows of the images in their set, (B,).
        """
        hyper, draws = self._hyper, Draws(self._hyper.seed, epoch, images)
        # Everything is drawn, also what is off: switching one variation on must not change the draws of the
        # others.
        geometry, colors = Geometry.drawn(hyper, draws), Colors.drawn(hyper, draws)
        if hyper.rand_augment:
            add_rand_augment(hyper.rand_augment, hyper.rand_magnitude, draws, geometry, colors)
        matrices = geometry.matrices(self._height, self._width) if self._moves else None
        return BatchChange(
            matrices,
            hyper.fill_mode,
            colors if self._colors else None,
            self._mixing(epoch, step, len(images)),
        )

    def _mixing(self, epoch: int, step: int, count: int) -> Mixing | None:
        hyper = self._hyper
        if not hyper.mixes:
            return None
        return draw_mixing(hyper, hyper.seed, epoch, step, count, self._height, self._width)
