"""Every dialog: names for screen readers, and what fits on a small screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtWidgets import QDialog, QTabWidget

from convonet.desktop import dialogs
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.about import AboutDialog
from convonet.desktop.dialogs.error import ErrorDialog
from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.dialogs.kernel_bench import KernelBenchDialog
from convonet.desktop.dialogs.many_sets import ManySetsDialog
from convonet.desktop.dialogs.pick import Choice, PickDialog
from convonet.desktop.dialogs.places import PlacesDialog
from convonet.desktop.dialogs.plots import PlotsDialog
from convonet.desktop.dialogs.shown_as import ShownAsDialog
from convonet.desktop.dialogs.tutorial import TutorialDialog
from convonet.desktop.widgets.image_grid import Picture, PictureCells
from convonet.documents.folders import FolderDocument
from convonet.errors import ConvonetError
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import TrainTask
from fitting import misfits, nameless
from installed import INSTALLED
from made_scores import write_scores

SCREEN = (720, 450)
"""A screen of 1440 × 900 pixels at 200%."""
ERROR = ConvonetError(
    "No such thing", where="/here", expected="a thing", received="none", hint="Look in the other folder"
)


def _about(window: AppWin, folder: Path) -> QDialog:
    return AboutDialog(window.controller.background, lambda: INSTALLED, window)


def _error(window: AppWin, folder: Path) -> QDialog:
    return ErrorDialog(ERROR, ("Resume",), window)


def _image(window: AppWin, folder: Path) -> QDialog:
    cells = PictureCells()
    kept = Picture(str(_picture(folder)), "picture.png")
    cells.show(1, lambda _: kept)
    return ImageDialog(cells, 0, window)


def _kernel_bench(window: AppWin, folder: Path) -> QDialog:
    return KernelBenchDialog(window.controller.background, None, _picture(folder), str(folder), window)


def _many_sets(window: AppWin, folder: Path) -> QDialog:
    return ManySetsDialog(window.controller, window)


def _pick(window: AppWin, folder: Path) -> QDialog:
    choices = [Choice("ONNX", "One file"), Choice("LiteRT", "For phones", "Not installed")]
    return PickDialog("Export the model as", choices, "Export …", window)


def _places(window: AppWin, folder: Path) -> QDialog:
    shown = FolderDocument(path="", parent=None, entries=(), more=False)
    return PlacesDialog("Images", lambda _: shown, (), window.controller.background, window)


def _plots(window: AppWin, folder: Path) -> QDialog:
    run = Run.create(folder, TrainTask(data=DataParams(), hyper=HyperParams()))
    write_scores(run.path, ("a", "b"), ((9, 1), (2, 8)))
    return PlotsDialog(run, window)


def _shown_as(window: AppWin, folder: Path) -> QDialog:
    return ShownAsDialog(window.controller.session, window)


def _tutorial(window: AppWin, folder: Path) -> QDialog:
    return TutorialDialog(window)


def _picture(folder: Path) -> Path:
    file = folder / "picture.png"
    Image.linear_gradient("L").resize((28, 28)).save(file)
    return file


MAKERS: dict[str, Callable[[AppWin, Path], QDialog]] = {
    "about": _about,
    "error": _error,
    "image": _image,
    "kernel_bench": _kernel_bench,
    "many_sets": _many_sets,
    "pick": _pick,
    "places": _places,
    "plots": _plots,
    "shown_as": _shown_as,
    "tutorial": _tutorial,
}
NO_DIALOGS = {"__init__", "ask", "layer_arithmetic"}
"""Modules without a dialog of their own: message boxes of Qt, and a tab of the kernel bench."""


def test_every_dialog_is_tested() -> None:
    modules = {file.stem for file in Path(*dialogs.__path__).glob("*.py")}
    assert modules - NO_DIALOGS == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_every_dialog_has_names_and_fits_a_small_screen(
    window: AppWin, qtbot: Any, tmp_path: Path, name: str
) -> None:
    dialog = MAKERS[name](window, tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: not window.controller.background.is_busy(), timeout=20_000)
    least = dialog.minimumSizeHint().expandedTo(dialog.minimumSize())
    assert (least.width() <= SCREEN[0], least.height() <= SCREEN[1]) == (True, True), least.toTuple()
    dialog.resize(min(dialog.width(), SCREEN[0]), min(dialog.height(), SCREEN[1]))
    tabs = dialog.findChild(QTabWidget)
    faults = []
    for index in range(tabs.count() if tabs else 1):
        if tabs:
            tabs.setCurrentIndex(index)
        qtbot.wait(20)
        faults += [*nameless(dialog), *misfits(dialog)]
    assert not faults, "\n".join(faults)
