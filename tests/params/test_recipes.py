"""Recipes: sound values for every kind of image, and flips only where they are allowed."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.params import HyperParams, family_info, fields_of
from convonet.params.recipes import RECIPES, Recipe, recipe


def made(name: Recipe = "fast", **changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"channels": 3, "size": (32, 32), "classes": ["cat", "dog"], "images": 6000}
    return recipe(name, **(given | changed))


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(28, 28), (224, 160)])
def test_a_recipe_holds_valid_values_that_its_family_takes(
    name: Recipe, channels: int, size: tuple[int, int]
) -> None:
    values = made(name, channels=channels, size=size)
    hyper = HyperParams.of(values)
    assert values.keys() <= fields_of(HyperParams).keys()
    network = {key for key, field in fields_of(HyperParams).items() if field.group == "Network"}
    taken = family_info(hyper.family).values(hyper)
    assert {key for key in values if key in network - {"family", "output"}} <= set(taken)
    assert hyper.epochs == {"fast": 10, "best": 30}[name]


def test_flips_are_for_things_not_for_signs_or_grey_images() -> None:
    assert made()["flip_horizontal"]
    assert "flip_horizontal" not in made(classes=list("0123456789"))
    assert "flip_horizontal" not in made(classes=["东", "人"])
    assert "flip_horizontal" not in made(channels=1)


@pytest.mark.parametrize(("images", "batch"), [(6000, 32), (900, 16), (100, 16), (2, 16)])
def test_few_images_take_smaller_batches(images: int, batch: int) -> None:
    assert made(images=images)["batch_size"] == batch


def test_best_is_longer_and_varies_coloured_images_more() -> None:
    assert made("best")["mixup"] > 0
    assert made("best")["drop_out"] > made()["drop_out"]
    assert "mixup" not in made("best", channels=1)
    assert made("best")["epochs"] == 3 * made()["epochs"]


def test_large_images_are_averaged_before_the_dense_layer() -> None:
    assert made(size=(224, 224))["global_pooling"] == "average"
    assert "global_pooling" not in made()
