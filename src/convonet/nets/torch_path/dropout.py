"""What dropout multiplies by: 0 or 1 / share kept (Srivastava et al. 2014), drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Tensor = Any
Draw = Callable[[int, Tensor], Tensor]
"""From a seed, 0 to 2³² − 1, and the numbers that are to be dropped: what they are multiplied by."""

_PARTS = 2**16
"""A number is dropped or kept by 16 random bits, so a rate is kept to within 8e-6."""


def draw_for(rate: float, tensor: Tensor) -> Draw:
    """How a layer draws: on a processor from numpy's SFC64, five times as fast as torch's own draws there.

    Args:
        rate: share of the numbers that become 0, between 0 and 1.
        tensor: any tensor of the device that computes.
    """
    return _by_numpy(rate) if tensor.is_cpu else _by_torch(rate, tensor.device)


def _by_numpy(rate: float) -> Draw:
    # Never all and never none: a rate of 1e-6 is a wish for some dropout.
    limit = min(max(round(rate * _PARTS), 1), _PARTS - 1)
    # By the rate as it was rounded, so that the mean stays exact.
    kept = np.float32(_PARTS / (_PARTS - limit))

    def draw(seed: int, rows: Tensor) -> Tensor:
        count = rows.numel()
        # Four draws of 16 bits come from each number of 64.
        drawn = np.random.SFC64(seed).random_raw(-(-count // 4)).view(np.uint16)[:count]
        return torch.from_numpy(np.multiply(drawn >= limit, kept)).view(rows.shape)

    return draw


def _by_torch(rate: float, device: Any) -> Draw:
    generator = torch.Generator(device)

    def draw(seed: int, rows: Tensor) -> Tensor:
        generator.manual_seed(seed)
        return torch.empty_like(rows).bernoulli_(1 - rate, generator=generator).div_(1 - rate)

    return draw
