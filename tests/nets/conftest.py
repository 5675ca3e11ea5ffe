"""What the tests of this room share: a small network of any family, and images for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convonet.inference.net_input import NetInput
from convonet.inference.scaling import PixelScaling
from convonet.nets import NetModel, create_model
from convonet.params import HyperParams, PixelParams

Make = Callable[..., NetModel]


@pytest.fixture
def make_model() -> Make:
    """`make_model(shape, classes, scaling=…, seed=…, family=…, num_filters=…)`: a network by its values."""

    def make(
        shape: tuple[int, int, int] = (12, 10, 1),
        classes: int = 3,
        *,
        scaling: Any = "unit",
        mean: Any = None,
        deviation: Any = None,
        seed: int = 1,
        **hyper: Any,
    ) -> NetModel:
        return create_model(
            HyperParams.of({"seed": seed} | hyper),
            NetInput(
                PixelParams(*shape),
                tuple(f"class {i}" for i in range(classes)),
                None if scaling is None else PixelScaling.of(scaling, mean, deviation),
            ),
        )

    return make


@pytest.fixture
def images() -> Callable[..., NDArray[np.uint8]]:
    """`images(shape, count)`: noise, the same each time."""

    def make(shape: tuple[int, int, int] = (12, 10, 1), count: int = 7) -> NDArray[np.uint8]:
        return np.random.default_rng(5).integers(0, 256, (count, *shape), dtype=np.uint8)

    return make
