"""The way from images to a usable model, step by step: what is done, what can be done next, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from convonet.session.session import Workbench

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


def steps(bench: Workbench) -> list[PathStep]:
    """The six steps as they stand."""
    found: list[PathStep] = []
    offered = False
    for name, title, look in _STEPS:
        standing, note = look(bench)
        # A plan chooses the network: nobody has to look at one before.
        is_optional = name == "network" and bench.recipe != "none"
        if standing == "open" and not offered and not is_optional and not _is_training(bench):
            standing, offered = "next", True
        found.append(PathStep(name, title, standing, note))
    return found


def _is_training(bench: Workbench) -> bool:
    return bench.work is not None and bench.work.task.kind == "train"


def _data(bench: Workbench) -> tuple[Standing, str]:
    train, test = bench.sets.images("train"), bench.sets.images("test")
    if not train and not test:
        return "open", "Choose a folder"
    shown = f"{train:,} images" if train else f"{test:,} test images"
    return "done", f"{shown}, {len(bench.sets.classes)} classes"


def _params(bench: Workbench) -> tuple[Standing, str]:
    if wrong := sum(map(len, bench.faults.values())):
        return "wrong", "A value is wrong" if wrong == 1 else f"{wrong} values are wrong"
    if bench.recipe != "none":
        there = bool(bench.sets.images("train")) or bench.model is not None
        return ("done" if there else "open"), f"Recipe {bench.recipe}"
    hyper = bench.hyper
    note = f"{hyper.family}, {hyper.epochs} epoch{'' if hyper.epochs == 1 else 's'}"
    return ("done" if bench.space.choices or bench.model else "open"), note


def _network(bench: Workbench) -> tuple[Standing, str]:
    if bench.summary is not None:
        return "done", f"{bench.summary['params']:,} parameters"
    if bench.model is not None:
        return "done", "As in the model"
    return _offered(bench, "initialise", "Look at the layers")


def _train(bench: Workbench) -> tuple[Standing, str]:
    if _is_training(bench):
        return "next", "Training …"
    if bench.model is not None:
        return "done", _when(bench.model.name)
    return _offered(bench, "train", "Ready")


def _when(name: str) -> str:
    """A run's name is mostly its time, which reads better as one."""
    found = re.fullmatch(r"train-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\dZ-\w+", name)
    return "Run of {}-{}-{}, {}:{}".format(*found.groups()) if found else name


def _test(bench: Workbench) -> tuple[Standing, str]:
    if bench.evaluation is not None:
        return "done", f"Accuracy {100 * bench.evaluation['accuracy']:.1f}%"
    return _offered(bench, "evaluate", "Ready")


def _use(bench: Workbench) -> tuple[Standing, str]:
    return _offered(bench, "predict", "Drop images, or draw")


def _offered(bench: Workbench, action: str, ready: str) -> tuple[Standing, str]:
    why = bench.why_not(action, while_working=True)
    return ("blocked", _short(bench, why)) if why else ("open", ready)


def _short(bench: Workbench, why: str) -> str:
    """The reason in two or three words; the whole sentence stands at the action."""
    words = (
        ("wrong value", "A value is wrong"),
        ("No training", "Needs images"),
        ("No model", "Needs a model"),
    )
    return next((short for part, short in words if part in why), "Needs test images")


_Look = Callable[["Workbench"], tuple[Standing, str]]
_STEPS: tuple[tuple[str, str, _Look], ...] = (
    ("data", "Data", _data),
    ("params", "Parameters", _params),
    ("network", "Network", _network),
    ("train", "Train", _train),
    ("test", "Test", _test),
    ("use", "Use", _use),
)
