"""A recipe for images on disk, and what a person's own values do to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.params import DataParams, SearchSpace
from convonet.session.recipes import recipe_for, with_recipe


def written(folder: Path, colour: bool) -> DataParams:
    for name in ("left", "right"):
        (folder / name).mkdir(parents=True)
        for number in range(4):
            shape = (8, 8, 3) if colour else (8, 8)
            pixels = np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return DataParams.of({"train_dir": str(folder), "image_size": 8})


@pytest.mark.parametrize(("colour", "family"), [(True, "vgg_small"), (False, "convonet")])
def test_it_follows_the_images(tmp_path: Path, colour: bool, family: str) -> None:
    values = recipe_for("fast", written(tmp_path / "set", colour))
    assert values["family"] == family
    assert values.get("flip_horizontal", False) is colour


def test_what_is_set_comes_before_it(tmp_path: Path) -> None:
    space = SearchSpace.of({"family": "simple", "epochs": [2, 3]})
    made = with_recipe(space, "fast", written(tmp_path / "set", colour=False))
    assert made.first().family == "simple"
    assert made.choices["epochs"] == (2, 3)
    assert made.first().schedule == "one_cycle"


def test_a_range_comes_before_it_too(tmp_path: Path) -> None:
    space = SearchSpace.of({"init_rate": {"low": 1e-4, "high": 1e-2, "log": True}})
    made = with_recipe(space, "fast", written(tmp_path / "set", colour=False))
    assert list(made.ranges) == ["init_rate"]
    assert made.first().rate == 1e-4
