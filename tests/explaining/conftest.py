"""What the tests of this room share: networks by their values, and images for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convonet.inference.net_input import NetInput
from convonet.nets import NetModel, create_model
from convonet.params import HyperParams, PixelParams

Make = Callable[..., NetModel]


def build(shape: tuple[int, int, int] = (16, 14, 1), classes: int = 3, **hyper: Any) -> NetModel:
    """A network of three classes for small images, or as the values say."""
    return create_model(
        HyperParams.of({"seed": 3} | hyper),
        NetInput(PixelParams(*shape), tuple(f"class {i}" for i in range(classes))),
    )


@pytest.fixture(scope="session")
def make_model() -> Make:
    """`make_model(shape, classes, family=…, num_filters=…)`."""
    return build


@pytest.fixture(scope="session")
def images() -> Callable[..., NDArray[np.uint8]]:
    """`images(shape, count)`: noise, the same each time."""

    def make(shape: tuple[int, int, int] = (16, 14, 1), count: int = 2) -> NDArray[np.uint8]:
        return np.random.default_rng(5).integers(0, 256, (count, *shape), dtype=np.uint8)

    return make
