"""Which recipe a training follows, from what was given."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.errors import InputError, ParamError
from convonet.params import recipes
from convonet.params.recipes import TRAIN_RECIPES, recipe_of


@pytest.fixture(params=["auto", "none"], autouse=True)
def default(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The rule holds whatever the default is."""
    monkeypatch.setattr(recipes, "DEFAULT_RECIPE", request.param)
    return str(request.param)


@pytest.mark.parametrize("hyper", [(), ("epochs",), ("seed", "batch_size")])
def test_single_values_leave_the_default(default: str, hyper: tuple[str, ...]) -> None:
    assert recipe_of(None, hyper) == default


@pytest.mark.parametrize(
    "given",
    [
        {"hyper": ["family"]},
        {"hyper": ["base", "epochs"]},
        {"hyper_given": True},
        {"from_model": True},
    ],
)
def test_what_names_a_network_is_trained_as_it_is(given: dict[str, Any]) -> None:
    assert recipe_of(None, **given) == "none"
    assert recipe_of("none", **given) == "none"


@pytest.mark.parametrize("name", TRAIN_RECIPES)
def test_a_named_recipe_is_taken(name: str) -> None:
    assert recipe_of(name, ["epochs"]) == name
    assert recipe_of(name, ["epochs"], hyper_given=True) == name


def test_minutes_go_with_a_recipe_that_plans(default: str) -> None:
    assert recipe_of("fast", minutes=0.5) == "fast"
    if default == "auto":
        assert recipe_of(None, minutes=2) == "auto"
    else:
        with pytest.raises(InputError, match="needs a recipe"):
            recipe_of(None, minutes=2)


@pytest.mark.parametrize(
    ("recipe", "more", "field", "sentence"),
    [
        ("fsat", {}, "recipe", "Did you mean fast"),
        ("Auto ", {}, "recipe", "expected auto, fast, best, none"),
        ("auto", {"from_model": True}, "recipe", "starts from a model"),
        ("best", {"hyper": ["family", "base"]}, "recipe", "received base and family"),
        ("auto", {"minutes": 0}, "minutes", "expected a number above 0; received 0"),
        ("auto", {"minutes": -1.5}, "minutes", "received -1.5"),
        ("auto", {"minutes": float("nan")}, "minutes", "positive number"),
        ("auto", {"minutes": True}, "minutes", "positive number"),
        ("auto", {"minutes": "5"}, "minutes", "positive number"),
        ("none", {"minutes": 5}, "minutes", "needs a recipe that plans"),
        (None, {"minutes": 5, "hyper_given": True}, "minutes", "needs a recipe that plans"),
        (None, {"minutes": 5, "from_model": True}, "minutes", "needs a recipe that plans"),
    ],
)
def test_what_does_not_go_together(
    recipe: str | None, more: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ParamError) as caught:
        recipe_of(recipe, **more)
    assert list(caught.value.faults) == [field]
    assert sentence in caught.value.sentence()
