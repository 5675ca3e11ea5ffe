"""Recipes: `auto`, `fast` and `best` plan a training for the images at hand; `none` trains exactly what is set.

The functions here give the hyperparameters of a small network trained from scratch, for images as they are. What
each part brings is measured in docs/recipes.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from convonet.errors import ParamError, nearest
from convonet.params.advice import looks_like_signs
from convonet.params.fields import ParamValues

Recipe = Literal["fast", "best"]
RECIPES: tuple[Recipe, ...] = ("fast", "best")

PlannedRecipe = Literal["auto", "fast", "best"]
PLANNED: tuple[PlannedRecipe, ...] = ("auto", "fast", "best")
TrainRecipe = Literal["auto", "fast", "best", "none"]
TRAIN_RECIPES: tuple[TrainRecipe, ...] = (*PLANNED, "none")
"""What a training takes; searches and files of parameters know `RECIPES` alone."""
RECIPE_TITLES: dict[TrainRecipe, str] = {"fast": "Fast", "auto": "Balanced", "best": "Best", "none": "Expert"}
"""How people read them in the window and on the page, from the least work to the most."""
DEFAULT_RECIPE: TrainRecipe = "auto"
"""Where neither a recipe nor hyperparameters that name a network are given."""

DEFAULT_MINUTES: dict[str, float] = {"fast": 5.0, "auto": 5.0, "best": 30.0}
"""Time budgets of the planned recipes on a machine without GPU."""

_NETWORK = ("family", "base", "base_weights", "base_sha256", "head", "layers")

_LARGE = 64
_EPOCHS: dict[Recipe, int] = {"fast": 10, "best": 30}

# One rate up and down over the whole training, with batch normalisation, needs a tenth of the epochs of a rate
# that only falls (Smith, Topin 2018).
_COMMON: ParamValues = {
    "batch_norm": "before",
    "optimizer": "adam",
    "schedule": "one_cycle",
    "peak_share": 0.25,
    # Short, but with statistics of batch normalisation that are of the last weights, not of the last 100 steps.
    "weight_average": 0.25,
}
_GREY: ParamValues = {
    "family": "convonet",
    "init_rate": 0.005,
    "batch_size": 128,
    "label_smoothing": 0.05,
    "rotation": 10.0,
    "shift": 0.07,
    "zoom": 0.08,
    "drop_out": 0.3,
}
_COLOUR: ParamValues = {
    "family": "vgg_small",
    "init_rate": 0.003,
    "batch_size": 32,
    "label_smoothing": 0.05,
    "shift": 0.06,
    "fill_mode": "reflect",
    "drop_out": 0.0,
    "l2": 0.0,
}
# In thirty epochs a network learns its images by heart; in ten it has no time to.
_LONG_COLOUR: ParamValues = {"mixup": 0.2, "label_smoothing": 0.1, "shift": 0.1, "drop_out": 0.2}


def recipe_of(
    recipe: str | None,
    hyper: Collection[str] = (),
    *,
    minutes: float | None = None,
    hyper_given: bool = False,
    from_model: bool = False,
) -> TrainRecipe:
    """The recipe of a training, from what was given: the one rule of every interface.

    Without a recipe, a training is planned (`DEFAULT_RECIPE`) unless something else says which network is trained.

    Args:
        recipe: the name that was given; None where none was.
        hyper: names of the hyperparameters that are set.
        minutes: the time budget that was given.
        hyper_given: the hyperparameters are a file or an object, which says everything, not single values.
        from_model: training starts from the weights of a model.

    Raises:
        ParamError: an unknown recipe, or values that do not go together; `faults` are `recipe` and `minutes`.
    """
    if recipe is not None and recipe not in TRAIN_RECIPES:
        near = nearest(recipe, TRAIN_RECIPES) if isinstance(recipe, str) else None
        raise _fault(
            "recipe",
            "Unknown recipe",
            expected=", ".join(TRAIN_RECIPES),
            received=recipe,
            hint=None if near is None else f"Did you mean {near}?",
        )
    named = sorted(set(_NETWORK) & set(hyper))
    found: TrainRecipe
    if recipe is not None:
        found = next(name for name in TRAIN_RECIPES if name == recipe)
        if found != "none":
            _check_free(found, named, from_model)
    else:
        found = "none" if hyper_given or named or from_model else DEFAULT_RECIPE
    if minutes is not None:
        _check_minutes(minutes, found)
    return found


def _check_free(recipe: TrainRecipe, named: Sequence[str], from_model: bool) -> None:
    """A recipe that plans chooses the network, so nothing else may."""
    if from_model:
        raise _fault(
            "recipe",
            "Training that starts from a model keeps its network, so it cannot use a recipe",
            received=f"recipe {recipe}",
            hint="Remove the recipe or the model",
        )
    if named:
        raise _fault(
            "recipe",
            f"Recipe {recipe} chooses the network, but the hyperparameters specify one",
            received=" and ".join(named),
            hint=f"Remove {' and '.join(named)}, or set the recipe to none",
        )


def _check_minutes(minutes: float, recipe: TrainRecipe) -> None:
    number = isinstance(minutes, (int, float)) and not isinstance(minutes, bool)
    if not number or not math.isfinite(minutes) or minutes <= 0:
        raise _fault(
            "minutes",
            "The time budget must be a positive number of minutes",
            expected="a number above 0",
            received=minutes,
        )
    if recipe == "none":
        raise _fault(
            "minutes",
            "A time budget needs a recipe that plans the training",
            expected=f"the recipe {', '.join(PLANNED[:-1])} or {PLANNED[-1]}",
            received=f"minutes={minutes:g} with recipe=none",
            hint="Choose a recipe, or remove the minutes; the hyperparameter time_limit ends training early",
        )


def _fault(name: str, what: str, **rest: Any) -> ParamError:
    error = ParamError(what, **rest)
    error.faults[name] = error.sentence()
    return error


def recipe(
    name: Recipe, *, channels: int, size: tuple[int, int], classes: Sequence[str], images: int
) -> ParamValues:
    """The hyperparameters of a recipe for such images, by name.

    Args:
        name: `fast` is ten epochs; `best` is three times as long, and varies coloured images more.
        channels: 1 grey, 3 colour.
        size: (height, width).
        classes: names; those of digits and letters forbid flips.
        images: how many there are to train on; few of them take smaller batches.
    """
    own = _GREY if channels == 1 else _COLOUR
    values = _COMMON | own | {"epochs": _EPOCHS[name]}
    batch = own["batch_size"]
    assert isinstance(batch, int)
    values["batch_size"] = _batch(batch, images)
    if channels != 1 and not looks_like_signs(classes):
        values["flip_horizontal"] = True
    if name == "best" and channels != 1:
        values |= _LONG_COLOUR
    if max(size) > _LARGE:
        # Flattened maps of a large image would be nearly all of the network's weights.
        values["global_pooling"] = "average"
    return values


def names_network(values: Collection[str]) -> bool:
    """Whether hyperparameters of these names say which network is trained, so that there is nothing to plan."""
    return "family" in values or "base" in values


def without_network(values: Mapping[str, Any]) -> ParamValues:
    """Those hyperparameters that can be imposed on a plan: it chooses the network itself."""
    return {name: value for name, value in values.items() if name not in _NETWORK}


def _batch(batch: int, images: int) -> int:
    """At least some thirty steps an epoch, down to 16 images a step."""
    while batch > 16 and images < 30 * batch:
        batch //= 2
    return batch
