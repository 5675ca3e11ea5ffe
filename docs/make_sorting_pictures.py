"""Makes the pictures of the pages Sort and Map of the window: `python docs/make_sorting_pictures.py FLOWERS`.

FLOWERS is the folder `flowers_128`; 25 photographs of each class are sorted by a person who answers truthfully, and
their map is drawn.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from convonet.desktop.app import open_window
from convonet.desktop.app_win import AppWin
from convonet.desktop.style import apply_look
from convonet.desktop.window_state import WindowState
from convonet.params import DataParams

PICTURES = Path(__file__).parent / "pictures"
EACH, SIZE = 25, (1240, 860)
_PATIENCE_S = 900


def main() -> None:
    """Sort, draw, and save both pictures."""
    app = QApplication([])
    apply_look(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        truth = prepared(Path(sys.argv[1]), Path(folder))
        window = open_window(WindowState(), restore=False)
        window.resize(*SIZE)
        window.show()
        sorted_page(window, Path(folder) / "heap", truth)
        window.grab().save(str(PICTURES / "sort-window.png"))
        drawn_page(window, Path(folder) / "set")
        window.grab().save(str(PICTURES / "map-window.png"))
        window.close()


def prepared(flowers: Path, folder: Path) -> dict[str, str]:
    """A heap and a set of the same photographs; file name in the heap → class."""
    truth = {}
    (folder / "heap").mkdir()
    for cls in sorted((flowers / "train").iterdir()):
        (folder / "set" / cls.name).mkdir(parents=True)
        for file in sorted(cls.iterdir())[:EACH]:
            name = f"IMG_{len(truth) * 7919 % 10007:05}.jpg"
            shutil.copyfile(file, folder / "heap" / name)
            shutil.copyfile(file, folder / "set" / cls.name / file.name)
            truth[name] = cls.name
    return truth


def wait(until: Callable[[], Any], more_ms: int = 1500) -> None:
    """Let the window work until something is true, and a little longer."""
    end = time.monotonic() + _PATIENCE_S
    while not until():
        assert time.monotonic() < end
        QTest.qWait(100)
    QTest.qWait(more_ms)


def sorted_page(window: AppWin, heap: Path, truth: dict[str, str]) -> None:
    """The page Sort after three answers for each class, with some images selected."""
    window.show_page("sort")
    page: Any = window.page("sort")
    page.open_folder(heap)
    wait(lambda: page.sorting)
    names = sorted(set(truth.values()))
    page.names.setText(", ".join(names))
    page._name_classes()
    wait(lambda: page.board.rows)
    for name in 3 * names:
        shown = [image.path for row in page.board.rows for image in row.images]
        paths = [path for path in shown if truth[path] == name][:3]
        if paths:
            before = page.board.rows
            page.board.choose(paths, True)
            page.answer(name)
            wait(lambda before=before: page.board.rows is not before, 0)
    page.board.choose([image.path for image in page.board.rows[0].images[1:3]], True)
    wait(lambda: not page.board.thumbnails.is_busy())


def drawn_page(window: AppWin, folder: Path) -> None:
    """The page Map, zoomed until images are seen."""
    session = window.controller.session
    session.params.set_data(DataParams.of({"train_dir": str(folder)}))
    window.controller.scan()
    wait(lambda: session.sets.images("train"))
    window.show_page("map")
    page: Any = window.page("map")
    page.draw()
    wait(lambda: page.map)
    page.canvas.zoom(1.3)
    QTest.qWait(500)
    wait(lambda: not page.canvas.thumbnails.is_busy() and not page.lists.grid.thumbnails.is_busy())


if __name__ == "__main__":
    main()
