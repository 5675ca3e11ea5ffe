"""Every page and dialog at the sizes of small screens, and with large letters."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.desktop.actions import PAGES
from convonet.desktop.app_win import AppWin
from convonet.params import SearchSpace
from fitting import misfits, nameless

SIZES = ((720, 450), (1024, 700))
"""A screen of 1440 × 900 pixels at 200%, and a small one."""


@pytest.mark.parametrize("size", SIZES)
def test_empty_pages_fit(window: AppWin, qtbot: Any, size: tuple[int, int]) -> None:
    faults = _misfits_of_pages(window, qtbot, size)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", SIZES)
def test_pages_with_images_fit(loaded: AppWin, qtbot: Any, size: tuple[int, int]) -> None:
    # With values to try, the Tune page shows its form.
    loaded.controller.session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": [1, 2]}))
    faults = _misfits_of_pages(loaded, qtbot, size)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["data", "explain"])
def test_every_tab_keeps_the_title_in_view(loaded: AppWin, qtbot: Any, name: str) -> None:
    loaded.resize(1280, 800)
    loaded.show_page(name)
    page: Any = loaded.page(name)
    for index in range(page.tabs.count()):
        page.tabs.setCurrentIndex(index)
        for _ in range(4):
            qtbot.wait(10)
        assert loaded._frames[name].verticalScrollBar().maximum() == 0, page.tabs.tabText(index)


def _misfits_of_pages(window: AppWin, qtbot: Any, size: tuple[int, int]) -> list[str]:
    """What does not fit on each page and each tab of it."""
    window.resize(*size)
    found: list[str] = []
    for name in PAGES:
        window.show_page(name)
        page: Any = window.page(name)
        tabs = getattr(page, "tabs", None)
        for index in range(tabs.count() if tabs else 1):
            if tabs:
                tabs.setCurrentIndex(index)
            # Words that wrap are laid out in several rounds: each new width gives another height.
            for _ in range(4):
                qtbot.wait(10)
            where = f"{name}/{tabs.tabText(index)}" if tabs else name
            found += [f"{where}: {fault}" for fault in (*misfits(page), *nameless(page))]
            if hidden := window._frames[name].horizontalScrollBar().maximum():
                found.append(f"{where}: scrolls sideways by {hidden} pixels")
    assert (window.width(), window.height()) == size
    return found
