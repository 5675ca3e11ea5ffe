"""Checking parameters as a form holds them, and the words that do the same elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from convonet.errors import ParamError
from convonet.params import SearchSpace
from convonet.params.files import data_to_dict, hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.services import Parts
from convonet.workbench.shown_as import as_command, as_python

router = APIRouter(tags=["parameters"], responses=REFUSED)


@router.post("/params/check", response_model=schemas.CheckedParams)
def check(wish: schemas.ParamsToCheck, parts: Parts) -> Json:
    """Every fault of data and hyper parameters at once, and the values that would be taken."""
    faults: dict[str, dict[str, str]] = {}
    values: dict[str, dict[str, Any]] = {}
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


@router.post("/shown-as", response_model=schemas.Words)
def shown_as(wish: schemas.StartRun, parts: Parts) -> Json:
    """The command and the Python that do what a run would do."""
    task = parts.tasks.make(wish.kind, wish.data, wish.hyper, wish.options)
    try:
        return Json({"command": as_command(task), "python": as_python(task)})
    except KeyError as error:
        raise Refusal(404, "There is no command for this kind of run", received=wish.kind) from error


def _cannot_begin(space: SearchSpace) -> dict[str, str]:
    """What is wrong between the first values, which a training takes."""
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


def _unversioned(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != VERSION_KEY}
