"""The tutorial's steps over the real window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.tutorial import SCENARIOS, TutorialDialog
from convonet.desktop.tours import TOURS
from convonet.desktop.widgets.tour import Tour


def test_every_scenario_has_steps() -> None:
    assert [title for title, _ in SCENARIOS] == list(TOURS)


@pytest.mark.parametrize("title", TOURS)
def test_each_step_points_at_something_in_the_window(window: AppWin, qtbot: Any, title: str) -> None:
    """The page is shown, the widget is in sight, and the card covers it nowhere."""
    window.show_tour(title)
    tour = window.findChild(Tour)
    assert tour is not None
    for place, step in enumerate(TOURS[title]):
        assert tour.heading.text() == step.title
        assert window.shown == step.page.partition("/")[0]
        assert window.rect().contains(tour.target.center())
        assert tour.rect().contains(tour.card.geometry())
        assert not tour.card.geometry().intersects(tour.target.adjusted(6, 6, -6, -6))
        assert tour.count.text() == f"Step {place + 1} of {len(TOURS[title])}"
        tour.next_button.click()
    qtbot.waitUntil(lambda: window.findChild(Tour) is None or not window.findChild(Tour).isVisible())


def test_keys_go_on_and_back_and_close(window: AppWin, qtbot: Any) -> None:
    window.show_tour("1  Train")
    tour = window.findChild(Tour)
    qtbot.keyClick(tour, Qt.Key.Key_Right)
    assert tour.index == 1
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.index == 0
    window.resize(900, 640)
    qtbot.waitUntil(lambda: tour.width() == window.width())
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Tour) is None)


def test_the_tutorial_leads_into_the_window(window: AppWin, qtbot: Any) -> None:
    window.controller.actions["tutorial"].trigger()
    dialog = window.findChild(TutorialDialog)
    dialog.tabs.setCurrentIndex(1)
    dialog.show_button.click()
    tour = window.findChild(Tour)
    assert tour is not None
    assert tour.heading.text() == TOURS["2  Tune"][0].title
