"""An overfitted network is too sure: a temperature from validation images lowers that on test images."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import convonet


@pytest.mark.slow
def test_a_temperature_lowers_the_error_of_an_overfitted_network(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    source, rng = real_data("mnist_png"), np.random.default_rng(0)
    for part, there, most in (("train", "training", 300), ("test", "testing", 400)):
        for name in "38":
            (tmp_path / part / name).mkdir(parents=True)
        for name in "38":
            for file in sorted((source / there / name).iterdir())[:most]:
                # One label in seven is wrong: learnt by heart, it makes a network sure of what it does not know.
                home = name if rng.random() > 1 / 7 else "38".replace(name, "")
                shutil.copy(file, tmp_path / part / home / f"{name}_{file.name}")
    data = {"train_dir": str(tmp_path / "train"), "test_dir": str(tmp_path / "test")}
    hyper = {"epochs": 40, "num_filters": 16, "num_units": 128, "optimizer": "adam", "init_rate": 0.001}
    hyper |= {"save_best": "none"}  # the epoch with the lowest validation loss would not be overfitted
    run = convonet.train(data, hyper, recipe="none", out=tmp_path)
    before = convonet.evaluate(run)
    after = convonet.evaluate(run, calibrate=True, keep=True)
    assert after["ece"] < 0.8 * before["ece"]
    assert after["accuracy"] == before["accuracy"]
    assert after["chosen"]["temperature"] > 1.2
    again = convonet.evaluate(run)
    assert again["ece"] == pytest.approx(after["ece"], abs=1e-5)
