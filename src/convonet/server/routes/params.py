"""Checking parameters as a form holds them, and the words that do the same elsewhere."""

from __future__ import annotations

from fastapi import APIRouter

from convonet.documents.plan import Plan
from convonet.errors import ParamError
from convonet.params import SearchSpace
from convonet.params.fields import ParamValues
from convonet.params.files import data_to_dict, hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.recipes import RECIPES, Recipe, recipe_of
from convonet.planning import plan_for
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.routes.images import DataSetId
from convonet.server.services import Parts, Services
from convonet.session.recipes import recipe_for
from convonet.tasks import Task, TrainTask
from convonet.tasks.shown_as import as_command, as_python

router = APIRouter(tags=["parameters"], responses=REFUSED)


@router.post("/params/check", response_model=schemas.CheckedParams)
def check(wish: schemas.ParamsToCheck, parts: Parts) -> Json:
    """Check data parameters and hyperparameters. Returns all errors, and the values that would be used."""
    faults: dict[str, dict[str, str]] = {}
    values: dict[str, ParamValues] = {}
    varied, combinations = [], None
    if wish.data is not None:
        found: dict[str, str] = {}
        data = parts.tasks.data(wish.data, found)
        faults["data"], values["data"] = _plain(found, "data"), _unversioned(data_to_dict(data))
    if wish.hyper is not None:
        found = {}
        space = parts.tasks.space(wish.hyper, found)
        if not found:
            found |= _cannot_begin(space)
        faults["hyper"], values["hyper"] = _plain(found, "hyper"), _unversioned(hyper_to_dict(space))
        varied, combinations = list(space.varied), _size(space)
    document = {"valid": not any(faults.values()), "faults": faults, "values": values}
    return Json(document | {"varied": varied, "combinations": combinations})


@router.post("/shown-as", response_model=schemas.RunCode)
def shown_as(wish: schemas.StartRun, parts: Parts) -> Json:
    """The command and the Python code that start this run."""
    task = task_of(parts, wish)
    try:
        return Json({"command": as_command(task), "python": as_python(task)})
    except KeyError as error:
        raise Refusal(404, "There is no command for this kind of run", received=wish.kind) from error


@router.get("/datasets/{dataset}/recipes/{recipe}", response_model=schemas.RecipeValues)
def recipe(dataset: DataSetId, recipe: Recipe, parts: Parts) -> Json:
    """Good hyperparameters for the training images of a data set that has already been read."""
    found = parts.datasets.find(dataset)
    hyper = recipe_for(recipe, found.data, found.listing("train"))
    return Json({"recipe": recipe, "hyper": hyper})


@router.post("/datasets/{dataset}/plan", response_model=Plan)
def plan(dataset: DataSetId, wish: schemas.PlanRequest, parts: Parts) -> Json:
    """What a recipe would train on the images of a data set that has already been read. Nothing is trained."""
    found = parts.datasets.find(dataset)
    listing = found.listing("train")
    faults: dict[str, str] = {}
    hyper = parts.tasks.space(wish.hyper or {}, faults).first()
    if faults:
        raise ParamError.of(faults)
    name = recipe_of(wish.recipe, hyper.set_values(), minutes=wish.minutes)
    assert name != "none"
    own = found.sets.listings.get("val")
    made = plan_for(
        found.data,
        hyper,
        name,
        listing,
        minutes=wish.minutes,
        validation=0 if own is None else len(own),
    )
    return Json(made)


def task_of(parts: Services, wish: schemas.StartRun) -> Task:
    """The spec of a run. For training, a recipe given outside the options is added to them."""
    if wish.kind != TrainTask.kind or wish.recipe is None:
        return parts.tasks.make(wish.kind, wish.data, wish.hyper, wish.options, _known_good(parts, wish))
    named = wish.options.get("recipe", wish.recipe)
    if named != wish.recipe:
        sentence = f"recipe: options have {named}, but the request has {wish.recipe}"
        raise ParamError.of({"options.recipe": sentence})
    return parts.tasks.make(wish.kind, wish.data, wish.hyper, {**wish.options, "recipe": wish.recipe})


def _known_good(parts: Services, wish: schemas.StartRun) -> ParamValues:
    """The recipe's values for the images of a search that was requested with a recipe."""
    if wish.recipe is None or wish.recipe == "none":
        return {}
    if wish.recipe not in RECIPES:
        sentence = f"recipe: expected {', '.join(RECIPES)} or none for {wish.kind}, received {wish.recipe}"
        raise ParamError.of({"recipe": sentence})
    faults: dict[str, str] = {}
    data = parts.tasks.data(wish.data or {}, faults)
    if faults:
        raise ParamError.of(faults)
    return recipe_for(wish.recipe, data, parts.datasets.look(data).listing("train"))


def _cannot_begin(space: SearchSpace) -> dict[str, str]:
    """Conflicts among the first values, which training uses."""
    try:
        space.first()
    except ParamError as error:
        return {f"hyper.{name}": sentence for name, sentence in error.faults.items()}
    return {}


def _size(space: SearchSpace) -> int | None:
    try:
        return space.size()
    except ParamError:
        return None


def _plain(faults: dict[str, str], group: str) -> dict[str, str]:
    return {name.removeprefix(f"{group}."): sentence for name, sentence in faults.items()}


def _unversioned(values: ParamValues) -> ParamValues:
    return {name: value for name, value in values.items() if name != VERSION_KEY}
