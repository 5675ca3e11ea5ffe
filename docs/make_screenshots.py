"""Makes the pictures of the window: `python docs/make_screenshots.py FOLDER [--all]`.

Networks are trained in a folder of their own: on the digits, and on two of them as a set of two classes with Chinese
names. The pictures of the pages of documentation are taken; with `--all` every page and dialog, light and dark, on
screens of several sizes and at 200%, to look at every one of them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from convonet.home import home

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from convonet.desktop.style import Theme

PAGES = (
    "data",
    "params/data",
    "params/hyper",
    "network",
    "train",
    "tune",
    "test",
    "use/images",
    "use/draw",
    "explain",
    "runs",
)
DOCUMENTED = (
    "start_light",
    "data_light",
    "data_2_light",
    "data_5_dark",
    "params_wrong_light",
    "network_light",
    "training_dark",
    "plan_light",
    "summary_light",
    "test_light",
    "test_2_dark",
    "test_4_light",
    "tuned_light",
    "runs_compared_light",
    "two_test_dark",
    "use_images_light",
    "use_draw_dark",
    "explain_dark",
    "explain_1_light",
    "dialog_shown_as_light",
)
_SIZES = {
    "1": ((1440, 900), (1024, 768), (900, 700)),
    "2": ((720, 450),),  # a screen of 1440 × 900 at 200%
}
_TABS = {"data": 7, "network": 2, "train": 4, "test": 7, "explain": 3}
_TWO = {"6": "六", "8": "八"}


def main() -> None:
    """Train once, then take pictures in a process for each scale."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--take", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.take:
        Photographer(given.folder, given.all).take_all()
        return
    for scale in _SIZES if given.all else ("1",):
        with tempfile.TemporaryDirectory() as folder:
            surroundings = {"CONVONET_HOME": folder, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
            command = [sys.executable, __file__, str(given.folder), "--take"]
            command += ["--all"] if given.all else []
            subprocess.run(command, env=dict(os.environ) | surroundings, check=True)


class Photographer:
    """Opens the window, makes it do things, and takes pictures."""

    def __init__(self, folder: Path, everything: bool) -> None:
        from PySide6.QtWidgets import QApplication

        from convonet.desktop.app import open_window
        from convonet.desktop.style import apply_look
        from convonet.desktop.window_state import WindowState

        self._folder, self._everything = folder, everything
        self._app = QApplication([])
        self._dress = apply_look
        self._scale = os.environ.get("QT_SCALE_FACTOR", "1")
        apply_look(self._app, "light")
        self._window = open_window(WindowState.load())
        self._controller = self._window.controller
        self._window.show()
        self._wait(1)

    def take_all(self) -> None:
        """Every page in every dress."""
        session = self._controller.session
        self._looks("start", "start")
        if self._everything:
            self._empty_pages()
        self._controller.actions["demo"].trigger()
        self._until(lambda: session.work is not None)
        self._until(lambda: self._controller.progress.epochs_done >= 5)
        self._looks("train", "training")
        self._until(lambda: session.work is None, 600)
        self._until(lambda: bool(session.sets.listings))
        self._controller.actions["initialise"].trigger()
        self._until(lambda: session.work is None)
        images = sorted(session.sets["test"].root.glob("*/*.png"))[::23][:14]
        session.start(session.tasks.predict(images))
        self._until(lambda: session.work is None)
        self._draw()
        self._explain()
        self._controller.actions["check_quality"].trigger()
        self._until(lambda: session.work is None)
        self._window.page("data").tabs.setCurrentIndex(0)  # type: ignore[attr-defined]
        for page in PAGES:
            self._looks(page, page.replace("/", "_"))
        self._parts()
        self._dialogs()
        self._searched()
        self._two_classes()
        self._compared()
        self._planned()
        self._window.close()

    def _empty_pages(self) -> None:
        """What every page says while there is nothing to show."""
        for page in self._window.rail.buttons:
            if page not in ("start", "params"):
                self._looks(page, f"empty_{page}")

    def _explain(self) -> None:
        """Explanations with their check, the layers of an image, and what excites the classes."""
        session, page = self._controller.session, self._window.page("explain")
        self._window.show_page("explain")
        page.why.faithful.setChecked(True)  # type: ignore[attr-defined]
        page.why._explain_mistakes()  # type: ignore[attr-defined]
        self._until(lambda: session.work is not None)
        self._until(lambda: session.work is None)
        page.draw_layers(sorted(session.sets["test"].root.glob("3/*.png"))[0])  # type: ignore[attr-defined]
        self._until(lambda: session.work is None)
        page.layers.list.setCurrentRow(1)  # type: ignore[attr-defined]
        page.excite("output", None, 128, 0)  # type: ignore[attr-defined]
        self._until(lambda: session.work is None)

    def _searched(self) -> None:
        """The table and the plots of a small search."""
        from convonet.params import SearchSpace

        session, page = self._controller.session, self._window.page("tune")
        values = {"init_rate": [0.02, 0.005], "num_filters": [8, 16], "epochs": 1, "batch_size": 32}
        session.params.set_space(SearchSpace.of(values))
        page.search_panel.folds.setValue(2)  # type: ignore[attr-defined]
        self._looks("tune", "tune_ready")
        self._controller.actions["tune"].trigger()
        self._until(lambda: session.work is None, 300)
        self._wait(2)
        self._looks("tune", "tuned")
        page.search_panel.tabs.setCurrentIndex(1)  # type: ignore[attr-defined]
        self._wait(3)
        self._looks("tune", "tuned_plots", show=False)

    def _planned(self) -> None:
        """The plan for a folder of images, and what its training came to."""
        session, window = self._controller.session, self._window
        session.set_model(None)
        session.params.new_hyper()
        window.files.take_folder(home() / "samples" / "digits")
        self._until(lambda: "test" in session.sets)
        session.params.set_recipe("auto", 3)
        window.show_page("train")
        self._until(lambda: window.page("train").card.preview.plan is not None)  # type: ignore[attr-defined]
        self._looks("train", "plan")
        self._controller.actions["train_val"].trigger()
        self._until(lambda: session.work is None, 600)
        self._looks("train", "summary")

    def _compared(self) -> None:
        """What is different between runs; the first page with what was opened last."""
        page = self._window.page("runs")
        self._window.show_page("runs")
        self._wait(1)
        page.table.selectAll()  # type: ignore[attr-defined]
        page._compare()  # type: ignore[attr-defined]
        self._wait(2)
        self._looks("runs", "runs_compared", show=False)
        self._controller.remember(home() / "samples" / "two" / "train")
        self._looks("start", "start_later")

    def _two_classes(self) -> None:
        """A threshold, Chinese names, and images that say what they are not."""
        from convonet.params import DataParams, SearchSpace

        session, window = self._controller.session, self._window
        folder = home() / "samples" / "two"
        if not folder.exists():
            for split, old in itertools.product(("train", "test"), _TWO):
                source = home() / "samples" / "digits" / split / old
                shutil.copytree(source, folder / split / _TWO[old])
        data = {"train_dir": str(folder / "train"), "test_dir": str(folder / "test"), "image_size": 16}
        session.params.set_data(DataParams.of(data))
        self._controller.scan()
        self._until(lambda: "test" in session.sets)
        session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": 2, "batch_size": 32}))
        self._controller.actions["train_val"].trigger()
        self._until(lambda: session.work is None)
        page = window.page("test")
        window.show_page("test")
        page.curves._start(min_recall=0.95)  # type: ignore[attr-defined]
        self._until(lambda: session.work is None)
        self._looks("test", "two_test")
        page.tabs.setCurrentIndex(3)  # type: ignore[attr-defined]
        self._looks("test", "two_curves", show=False)
        self._looks("data", "two_data")

    def _parts(self) -> None:
        """Tabs that stand behind the first one."""
        for page, count in _TABS.items():
            self._window.show_page(page)
            for place in range(1, count):
                self._window.page(page).tabs.setCurrentIndex(place)  # type: ignore[attr-defined]
                self._wait(0.6)
                self._looks(page, f"{page}_{place}", show=False)
            self._window.page(page).tabs.setCurrentIndex(0)  # type: ignore[attr-defined]
        form = self._window.page("params").hyper_form  # type: ignore[attr-defined]
        self._window.show_page("params/hyper")
        for name, text in (("family", "convnet"), ("num_filters", "0"), ("init_rate", "fast")):
            form.rows[name].editor.set_text(text)
        form.edited.emit()
        self._looks("params/hyper", "params_wrong")
        for name in ("family", "num_filters", "init_rate"):
            form.rows[name].editor.set_text("")
        form.edited.emit()

    def _dialogs(self) -> None:
        from convonet.desktop.dialogs.about import AboutDialog
        from convonet.desktop.dialogs.error import ErrorDialog
        from convonet.desktop.dialogs.image import ImageDialog
        from convonet.desktop.dialogs.plots import PlotsDialog
        from convonet.desktop.dialogs.shown_as import ShownAsDialog
        from convonet.desktop.dialogs.tutorial import TutorialDialog
        from convonet.errors import ModelFileError

        session, error = (
            self._controller.session,
            ModelFileError(
                "The file is no Keras model, or it is damaged",
                where="/home/ada/models/lung.keras",
                expected="a .keras file as Keras 3 writes it",
                received="File is not a zip file",
                hint="Copy it again from where it was made",
            ),
        )
        assert session.model is not None
        assert session.model.run is not None
        self._controller.actions["initialise"].trigger()
        self._until(lambda: session.work is None)
        grid = self._window.page("test").grid.pictures  # type: ignore[attr-defined]
        dialogs = {
            "about": AboutDialog(self._controller.background, session.backend.examine, self._window),
            "error": ErrorDialog(error, (), self._window),
            "image": ImageDialog(grid, 0, self._window),
            "plots": PlotsDialog(session.model.run, self._window),
            "shown_as": ShownAsDialog(session, self._window),
            "tutorial": TutorialDialog(self._window),
        }
        for name, dialog in dialogs.items():
            themes = self._themes(f"dialog_{name}")
            if themes:
                dialog.show()
                self._wait(12 if name == "about" else 0.5)
            for theme in themes:
                self._dress(self._app, theme)
                self._wait(0.2)
                self._save(
                    dialog, f"dialog_{name}_{theme}" + (f"_{self._scale}x" if self._everything else "")
                )
            dialog.close()

    def _themes(self, name: str) -> list[Theme]:
        """The dresses in which something is wanted."""
        both: tuple[Theme, ...] = ("light", "dark")
        return [theme for theme in both if self._everything or f"{name}_{theme}" in DOCUMENTED]

    def _draw(self) -> None:
        from PySide6.QtCore import QPointF

        pad = self._window.page("use").pad  # type: ignore[attr-defined]
        self._window.show_page("use")
        points = [(129, 100), (272, 100), (243, 172), (200, 243), (179, 322)]
        for start, end in itertools.pairwise(points):
            pad.stroke(QPointF(*start), QPointF(*end))
        pad.drawn.emit()
        self._wait(1.5)

    def _looks(self, page: str, name: str, *, show: bool = True) -> None:
        """One page in the sizes and dresses that are wanted."""
        if show:
            self._window.show_page(page)
        themes = self._themes(name)
        sizes = _SIZES[self._scale] if self._everything else ((1280, 800),)
        for width, height in sizes:
            self._window.resize(width, height)
            for theme in themes:
                self._dress(self._app, theme)
                self._wait(0.4)
                size = f"_{width}_{self._scale}x" if self._everything else ""
                self._save(self._window, f"{name}_{theme}{size}")

    def _save(self, widget: QWidget, name: str) -> None:
        """As small as PNG can be: the flat colours of a window are few."""
        file = self._folder / f"{name}.png"
        # What has just been written may still wait for its place.
        self._app.sendPostedEvents()
        widget.grab().save(str(file), "PNG")
        with Image.open(file) as picture:
            few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(file, optimize=True)

    def _until(self, true: object, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:  # type: ignore[operator]
            self._wait(0.05)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._app.processEvents()
            time.sleep(0.01)


if __name__ == "__main__":
    main()
