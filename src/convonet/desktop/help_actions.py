"""The View, Tools and Help menus."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from convonet.atomic import replacing
from convonet.desktop.actions import PAGES
from convonet.desktop.style import Theme, apply_look
from convonet.errors import InputError, OutputError

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller


class HelpActions:
    """Each method is the action of that id."""

    def __init__(self, controller: Controller, window: QWidget) -> None:
        self._controller, self._window = controller, window

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Id → what it does."""
        names = "light dark system plots draw kernel_bench many_sets show_as open_results about tutorial snap"
        pages: dict[str, Callable[[], None]] = {
            f"show_{page}": partial(self._controller.page_wanted.emit, page) for page in PAGES
        }
        return pages | {name: getattr(self, name) for name in names.split()}

    def light(self) -> None:
        self.set_theme("light")

    def dark(self) -> None:
        self.set_theme("dark")

    def system(self) -> None:
        self.set_theme("system")

    def set_theme(self, theme: Theme) -> None:
        """Dress the window; it is remembered."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_look(app, theme)
        self._controller.window_state.theme = theme

    def plots(self) -> None:
        model = self._controller.session.model
        if model is None or model.run is None:
            raise InputError(
                "Nothing to plot",
                expected="the model of a run",
                hint="Train a network, or open a run on the Runs page",
            )
        self._open(_dialog("plots", "PlotsDialog")(model.run, self._window))

    def draw(self) -> None:
        self._controller.page_wanted.emit("use/draw")

    def kernel_bench(self) -> None:
        controller = self._controller
        self._open(
            _dialog("kernel_bench", "KernelBenchDialog")(
                controller.background,
                controller.ask,
                self._first_image(),
                controller.window_state.folder,
                self._window,
            )
        )

    def many_sets(self) -> None:
        self._open(_dialog("many_sets", "ManySetsDialog")(self._controller, self._window))

    def _first_image(self) -> Path | None:
        """An image of the sets that are loaded, where its file lies here."""
        listings = self._controller.session.sets.listings.values()
        found = (listing.root / listing.paths[0] for listing in listings if len(listing))
        # A row of an array file, and an image on a server, have a path but no file of their own here.
        return next((path for path in found if path.is_file()), None)

    def show_as(self) -> None:
        self._open(_dialog("shown_as", "ShownAsDialog")(self._controller.session, self._window))

    def open_results(self) -> None:
        model = self._controller.session.model
        if model is not None:
            folder = model.path if model.path.is_dir() else model.path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def about(self) -> None:
        self._open(
            _dialog("about", "AboutDialog")(
                self._controller.background, self._controller.session.backend.examine, self._window
            )
        )

    def tutorial(self) -> None:
        dialog = _dialog("tutorial", "TutorialDialog")(self._window)
        dialog.tour_wanted.connect(self._controller.tour_wanted)
        self._open(dialog)

    def snap(self) -> None:
        if self._controller.ask is None:
            return
        path = self._controller.ask.save_file(
            "Save a screenshot of the window", "PNG (*.png)", "convonet.png"
        )
        if path is not None:
            save_picture(self._window, path.with_suffix(".png"))
            self._controller.noted.emit(f"Saved: {path.with_suffix('.png')}")

    def _open(self, dialog: QDialog) -> None:
        """Beside the window, which stays usable."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()


def _dialog(module: str, name: str) -> Any:
    """A dialog's class. Its module is loaded when it is opened: one loads matplotlib, another numpy."""
    return getattr(importlib.import_module(f"convonet.desktop.dialogs.{module}"), name)


def save_picture(window: QWidget, path: Path) -> None:
    """Write what the window shows as PNG, in the screen's own pixels.

    Raises:
        OutputError: it cannot be written there.
    """
    with replacing(path) as temporary:
        if not window.grab().save(str(temporary), "PNG"):
            raise OutputError("The screenshot cannot be saved", where=path)
