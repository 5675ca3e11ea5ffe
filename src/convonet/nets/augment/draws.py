"""Uniform numbers that follow from a seed, an epoch, an image and a name, and from nothing else.

So an image is varied alike whatever batch it stands in, and a new kind of variation changes no other's draws.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Draws:
    """The draws for some images in an epoch.

    Args:
        images: their rows in the set, (B,).
    """

    def __init__(self, seed: int, epoch: int, images: NDArray[np.integer]) -> None:
        self._head = f"{seed}/{epoch}"
        self._images = images.astype(np.uint64)

    def __len__(self) -> int:
        return len(self._images)

    def uniform(self, name: str) -> NDArray[np.float64]:
        """Numbers in [0, 1), one an image."""
        digest = hashlib.blake2b(f"{self._head}/{name}".encode(), digest_size=8).digest()
        base = np.uint64(int.from_bytes(digest, "big"))
        # A counter through a good scrambler: any image's number is had without drawing those before it.
        mixed = _scrambled(base + (self._images + np.uint64(1)) * _STEP)
        # 53 bits are all that a double holds; more could round up to 1.
        return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53

    def signed(self, name: str, strength: float) -> NDArray[np.float64]:
        """Numbers in [−strength, strength)."""
        return strength * (2 * self.uniform(name) - 1)


def _scrambled(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output function (Steele, Lea, Flood 2014); it wraps around 2⁶⁴ on purpose."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))
