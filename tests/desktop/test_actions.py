"""Every entry of the menus: the reference application's are all there, each does something, each says why not."""

from __future__ import annotations

import inspect
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QMenu, QTableView, QTabWidget, QWidget

from convonet.desktop.actions import ACTIONS, MENUS, PAGES
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.about import AboutDialog
from convonet.desktop.dialogs.tutorial import TutorialDialog
from installed import INSTALLED

REFERENCE = {
    "App": [
        "New Data Params",
        "Load Data Params",
        "Edit Data Params",
        "Save Data Params",
        "New Hyper Params",
        "Load Hyper Params",
        "Edit Hyper Params",
        "Save Hyper Params",
        "Load Training Dataset",
        "Load Test Dataset",
        "Load Network Model",
        "Save Network Model",
        "Exit",
    ],
    "Tasks": [
        "Edit Hyper Params",
        "Tuning",
        "Stop Tuning Task",
        "Initialize New Network Model",
        "Training Only",
        "Training With Validation",
        "Evaluation",
        "Prediction",
    ],
    "Help": ["About", "Tutorial", "Snap"],
}


def test_the_reference_menus_are_all_there(window: AppWin) -> None:
    # PySide 6.7 deletes a menu together with the object that `action.menu()` returned.
    bar = window.menuBar()
    menus = {menu.menuAction(): menu for menu in bar.findChildren(QMenu)}
    shown = {action.text().replace("&", ""): menus[action] for action in bar.actions()}
    assert list(shown) == list(MENUS)
    for menu, wanted in REFERENCE.items():
        titles = [action.text().removesuffix(" …") for action in shown[menu].actions()]
        assert [title for title in titles if title in wanted] == wanted


def test_no_key_is_given_twice() -> None:
    keys = [spec.key for spec in ACTIONS if spec.key]
    assert len(set(keys)) == len(keys)
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_an_id_means_one_thing() -> None:
    titles: dict[str, set[str]] = {}
    for spec in ACTIONS:
        titles.setdefault(spec.id, set()).add(spec.title)
    assert {name: found for name, found in titles.items() if len(found) > 1} == {}


def test_what_cannot_be_done_is_grey_and_says_why(window: AppWin) -> None:
    actions = window.controller.actions
    for name, word in (
        ("train_val", "images"),
        ("evaluate", "model"),
        ("save_model", "model"),
        ("tune", "images"),
    ):
        assert not actions[name].isEnabled()
        assert word in actions[name].toolTip()


def test_loading_images_makes_training_possible(loaded: AppWin) -> None:
    actions = loaded.controller.actions
    assert actions["train_val"].isEnabled()
    assert actions["initialise"].isEnabled()
    assert not actions["evaluate"].isEnabled()
    assert actions["evaluate"].toolTip() == "There is no model. Train a network or load one"


def test_every_page_opens_by_its_action(window: AppWin) -> None:
    for page in PAGES:
        window.controller.actions[f"show_{page}"].trigger()
        assert window.shown == page
        # Sorting and the map belong to the data.
        assert window.rail.buttons.get(page, window.rail.buttons["data"]).isChecked()


def test_everything_that_takes_the_keyboard_has_a_name(loaded: AppWin) -> None:
    nameless = []
    for widget in [part for page in PAGES for part in loaded.page(page).findChildren(QWidget)]:
        kinds = (QComboBox, QLineEdit, QMenu, QTableView, QAbstractButton)
        if not isinstance(widget, kinds) or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        inner = isinstance(widget.parent(), QComboBox) or "qt_" in widget.objectName()
        if not inner and not text and not widget.accessibleName():
            nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert nameless == []


def test_handlers_are_exactly_the_ids(window: AppWin) -> None:
    given = window.files.handlers() | window.tasks.handlers() | window.helps.handlers() | {"exit": None}
    assert set(given) == {spec.id for spec in ACTIONS}
    assert all(inspect.isroutine(act) or callable(act) for name, act in given.items() if name != "exit")


def test_about_tells_versions_backend_and_device(window: AppWin, qtbot: Any) -> None:
    dialog = AboutDialog(window.controller.background, lambda: INSTALLED, window)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: not window.controller.background.is_busy())
    dialog._copy()
    assert "Backend: torch\nDevice: CPU" in QGuiApplication.clipboard().text()


def test_tutorial_has_a_tab_for_each_scenario(window: AppWin, qtbot: Any) -> None:
    dialog = TutorialDialog(window)
    qtbot.addWidget(dialog)
    tabs = dialog.findChild(QTabWidget)
    assert tabs is not None
    assert [tabs.tabText(place)[0] for place in range(tabs.count())] == ["1", "2", "3", "4"]
