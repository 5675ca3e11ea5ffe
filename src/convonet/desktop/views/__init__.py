"""One page of the window a file. Every page is made with the same `PageContext`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convonet.desktop.views.page import Page, PageContext

_PAGES: dict[str, tuple[str, str]] = {
    "start": ("start", "StartPage"),
    "data": ("data_page", "DataPage"),
    "sort": ("sort_page", "SortPage"),
    "map": ("map_page", "MapPage"),
    "params": ("params_page", "ParamsPage"),
    "network": ("network_page", "NetworkPage"),
    "tune": ("tune_page", "TunePage"),
    "train": ("train_page", "TrainPage"),
    "test": ("evaluate_page", "EvaluatePage"),
    "use": ("use_page", "UsePage"),
    "explain": ("explain_page", "ExplainPage"),
    "runs": ("runs_page", "RunsPage"),
}
"""Page → module of this room, and class. Named, not imported: a page is loaded when it is first shown."""


def import_pages() -> None:
    """Import the modules of all pages, which takes a while: for a thread."""
    for module, _ in _PAGES.values():
        importlib.import_module(f"{__name__}.{module}")


def make_page(name: str, context: PageContext) -> Page:
    """The page of that name.

    Raises:
        KeyError: there is no such page.
    """
    module, cls = _PAGES[name]
    page: type[Page] = getattr(importlib.import_module(f"{__name__}.{module}"), cls)
    return page(context)
