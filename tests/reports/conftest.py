"""One small trained run and one small search for all tests of reports."""

from __future__ import annotations

from pathlib import Path

import pytest

import convonet
from convonet.runs import Run

HYPER = {"family": "logistic", "epochs": 3, "batch_size": 64, "init_rate": 0.05}


@pytest.fixture(scope="session")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network that reads the small digits, tested."""
    data = {"train_dir": str(digits / "train"), "test_dir": str(digits / "test"), "image_size": 8}
    done = convonet.train(data, HYPER, test=True, out=tmp_path_factory.mktemp("runs"), name="digits")
    return Run.open(done.path)
