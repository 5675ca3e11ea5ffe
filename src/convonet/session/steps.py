"""The way from images to a usable model, step by step: what is done, what can be done next, what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from convonet.params.recipes import RECIPE_TITLES
from convonet.session.conditions import Code
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.session.session import Session

Standing = Literal["done", "next", "open", "blocked", "wrong"]


class PathStep(NamedTuple):
    """One step.

    Attributes:
        standing: done; next: the first that is not done and can be; open: can be done too; blocked; wrong: something
            in it has to be put right.
        note: what is there, or what is missing.
    """

    name: str
    title: str
    standing: Standing
    note: str


def steps(session: Session) -> list[PathStep]:
    """The six steps as they stand."""
    found: list[PathStep] = []
    offered = False
    for name, title, look in _STEPS:
        standing, note = look(session)
        # A plan chooses the network: nobody has to look at one before.
        is_optional = name == "network" and session.params.recipe != "none"
        if standing == "open" and not offered and not is_optional and not _is_training(session):
            standing, offered = "next", True
        found.append(PathStep(name, title, standing, note))
    return found


def _is_training(session: Session) -> bool:
    return session.work is not None and session.work.task.kind == "train"


def _data(session: Session) -> tuple[Standing, str]:
    train, test = session.sets.images("train"), session.sets.images("test")
    if not train and not test:
        return "open", "Choose a folder"
    shown = counted(train, "image") if train else counted(test, "test image")
    return "done", f"{shown}, {counted(len(session.sets.classes), 'class', 'classes')}"


def _params(session: Session) -> tuple[Standing, str]:
    if wrong := session.params.faults.count:
        return "wrong", "A value is invalid" if wrong == 1 else f"{wrong:,} values are invalid"
    if session.params.recipe != "none":
        there = bool(session.sets.images("train")) or session.model is not None
        return ("done" if there else "open"), RECIPE_TITLES[session.params.recipe]
    hyper = session.params.hyper
    note = f"{hyper.family}, {counted(hyper.epochs, 'epoch')}"
    return ("done" if session.params.space.choices or session.model else "open"), note


def _network(session: Session) -> tuple[Standing, str]:
    if session.summary is not None:
        return "done", counted(session.summary.params, "parameter")
    if session.model is not None:
        return "done", "From the model"
    return _offered(session, "initialise", "See the layers")


def _train(session: Session) -> tuple[Standing, str]:
    if _is_training(session):
        return "next", "Training …"
    if session.model is not None:
        return "done", session.model.title
    return _offered(session, "train", "Ready")


def _test(session: Session) -> tuple[Standing, str]:
    if session.evaluation is not None:
        return "done", f"Accuracy {100 * session.evaluation.accuracy:.1f}%"
    return _offered(session, "evaluate", "Ready")


def _use(session: Session) -> tuple[Standing, str]:
    return _offered(session, "predict", "Drop images, or draw")


def _offered(session: Session, action: str, ready: str) -> tuple[Standing, str]:
    reason = session.why_not(action, while_working=True)
    return ("open", ready) if reason is None else ("blocked", _SHORT.get(reason.code, reason.sentence))


_SHORT: dict[Code, str] = {
    "invalid_value": "A value is invalid",
    "no_training_images": "Needs images",
    "no_test_images": "Needs test images",
    "no_model": "Needs a model",
}
"""Reasons in two or three words; the whole sentence stands at the action."""


_Look = Callable[["Session"], tuple[Standing, str]]
_STEPS: tuple[tuple[str, str, _Look], ...] = (
    ("data", "Data", _data),
    ("params", "Parameters", _params),
    ("network", "Network", _network),
    ("train", "Train", _train),
    ("test", "Test", _test),
    ("use", "Use", _use),
)
