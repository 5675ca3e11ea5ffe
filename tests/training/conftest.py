"""Small trainings on made pixels: fast enough to be repeated many times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convonet.inference.net_input import NetInput
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params import HyperParams, PixelParams
from convonet.training.net_training import ImageRows


@pytest.fixture(scope="session")
def shapes() -> tuple[np.ndarray, np.ndarray]:
    """60 noisy pictures of 8 × 8 in three classes: a bright row, a bright column, nothing."""
    rng = np.random.default_rng(5)
    images = rng.integers(0, 120, (60, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(60) % 3
    for image, label in zip(images, labels, strict=True):
        place = rng.integers(8)
        if label == 0:
            image[place, :] = 255
        elif label == 1:
            image[:, place] = 255
    return images, labels.astype(np.int64)


@pytest.fixture(scope="session")
def rows(shapes: tuple[np.ndarray, np.ndarray]) -> tuple[ImageRows, ImageRows]:
    """45 of them to train on, 15 to validate."""
    images, labels = shapes
    return ImageRows(images, labels, np.arange(45)), ImageRows(images, labels, np.arange(45, 60))


@pytest.fixture
def create() -> Callable[[HyperParams], NetModel]:
    """A new small network for the pictures."""

    def make(hyper: HyperParams) -> NetModel:
        return create_model(hyper, NetInput(PixelParams(8, 8, 1), ("row", "column", "none")))

    return make


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Where a checkpoint goes."""
    return tmp_path / "checkpoint.npz"
