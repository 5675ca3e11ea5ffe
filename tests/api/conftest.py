"""A small network that reads digits, trained once for all tests of the Python interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import convonet

SMALL: dict[str, Any] = {
    "family": "convonet",
    "num_filters": 8,
    "num_units": 32,
    "epochs": 2,
    "batch_size": 16,
    "optimizer": "adam",
    "init_rate": 0.005,
}
FASTEST: dict[str, Any] = {"family": "logistic", "epochs": 2, "batch_size": 64, "optimizer": "adam"}


@pytest.fixture(scope="session")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> convonet.TrainedRun:
    data = {"train_dir": digits / "train", "test_dir": digits / "test", "image_size": 8}
    return convonet.train(data, SMALL, out=tmp_path_factory.mktemp("runs"), name="digits", threads=1)


@pytest.fixture(scope="session")
def model(trained: convonet.TrainedRun) -> convonet.LoadedModel:
    return convonet.load(trained)
