"""MixUp (Zhang, Cisse, Dauphin, Lopez-Paz 2018) and CutMix (Yun and others 2019): images mixed in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.params.augment_params import AugmentParams

_STREAM = 3


@dataclass(frozen=True)
class Mixing:
    """Who is mixed with whom.

    Attributes:
        partners: index in the batch of each image's partner, (B,).
        keep: how much of the image itself stays at each pixel, (B, H, W, 1) or (B, 1, 1, 1), 0..1.
    """

    partners: NDArray[np.int64]
    keep: NDArray[np.float32]

    def images(self, images: Any, put: Callable[[np.ndarray], Any]) -> Any:
        """The mixed images."""
        keep = put(self.keep)
        return images * keep + images[put(self.partners)] * (1 - keep)

    def targets(self, fractions: NDArray[np.float32]) -> NDArray[np.float32]:
        """The targets of the mixed images: fractions of their classes, (B, K)."""
        # By the area that was really kept: a window at the border is cut off.
        own = self.keep.mean(axis=(1, 2))
        mixed: NDArray[np.float32] = fractions * own + fractions[self.partners] * (1 - own)
        return mixed


def draw_mixing(
    params: AugmentParams, seed: int, epoch: int, step: int, count: int, height: int, width: int
) -> Mixing:
    """The pairs of one batch. Where both kinds are asked for, a coin decides for the batch."""
    # By step, not by image: who is mixed with whom depends on the batch.
    rng = np.random.default_rng([seed, _STREAM, epoch, step])
    partners = rng.permutation(count)
    cuts = params.cutmix > 0 and (params.mixup == 0 or rng.random() < 0.5)
    strength = params.cutmix if cuts else params.mixup
    shares = rng.beta(strength, strength, size=count)
    if not cuts:
        return Mixing(partners, shares.astype(np.float32).reshape(-1, 1, 1, 1))
    return Mixing(partners, _outside(rng, shares, height, width))


def _outside(
    rng: np.random.Generator, shares: NDArray[np.float64], height: int, width: int
) -> NDArray[np.float32]:
    """1 outside a window of (1 − share) of the image's area, 0 inside; cut off at the borders."""
    side = np.sqrt(1 - shares)[:, np.newaxis]
    middle_y, middle_x = rng.random((2, len(shares), 1))
    y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    rows, columns = np.abs(y - middle_y) < side / 2, np.abs(x - middle_x) < side / 2
    inside = rows[:, :, np.newaxis] & columns[:, np.newaxis, :]
    outside: NDArray[np.float32] = (~inside[..., np.newaxis]).astype(np.float32)
    return outside
