"""One page of the window a file."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.desktop.file_actions import FileActions
    from convonet.desktop.task_actions import TaskActions
    from convonet.desktop.views.page import Page


class PageHome(NamedTuple):
    """Where a page is: a module of this room and its class; and what its maker takes beside the controller."""

    module: str
    page: str
    needs: tuple[str, ...] = ()


_HOMES = {
    "start": PageHome("start", "StartPage", ("files",)),
    "data": PageHome("data_page", "DataPage"),
    "params": PageHome("params_page", "ParamsPage", ("files",)),
    "network": PageHome("network_page", "NetworkPage"),
    "tune": PageHome("tune_page", "TunePage"),
    "train": PageHome("train_page", "TrainPage"),
    "test": PageHome("evaluate_page", "EvaluatePage", ("tasks",)),
    "use": PageHome("use_page", "UsePage", ("tasks",)),
    "explain": PageHome("explain_page", "ExplainPage"),
    "runs": PageHome("runs_page", "RunsPage", ("files", "tasks")),
}


def import_pages() -> None:
    """Import the modules of all pages, which takes a while: for a thread."""
    for home in _HOMES.values():
        importlib.import_module(f"{__name__}.{home.module}")


def make_page(name: str, controller: Controller, files: FileActions, tasks: TaskActions) -> Page:
    """The page of that name; its module is imported now and not before.

    Raises:
        KeyError: there is no such page.
    """
    home = _HOMES[name]
    made: Callable[..., Page] = getattr(importlib.import_module(f"{__name__}.{home.module}"), home.page)
    given = {"files": files, "tasks": tasks}
    return made(controller, **{need: given[need] for need in home.needs})
