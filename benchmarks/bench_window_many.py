"""The window and 40,000 images: looked at, scrolled, trained on for an epoch, tested; how late its timers are.

`python benchmarks/bench_window_many.py [--images 40000] [--source DIR] [--folder DIR]`

The set is made of hard links: each image of the source stands in it under many names, so that it takes no room and
every file is still read, decoded and shown as one of its own. The source is a folder of class folders; the small
digits that ship with scikit-learn where none is given. With `--folder`, the class folders in it are listed, shown and
scrolled as they are, and nothing is trained.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_window import Ticks, loops

_HEAVY = ("keras", "torch", "jax", "tensorflow", "sklearn")


def make_copies(source: Path, target: Path, count: int) -> None:
    """Class folders with `count` images in all, each a hard link to one of the source's."""
    classes = sorted(folder for folder in source.iterdir() if folder.is_dir())
    for place, folder in enumerate(classes):
        (target / folder.name).mkdir(parents=True)
        files = sorted(path for path in folder.iterdir() if path.is_file())
        wanted = count // len(classes) + (place < count % len(classes))
        for number, file in enumerate(itertools.islice(itertools.cycle(files), wanted)):
            os.link(file, target / folder.name / f"{number:06}{file.suffix}")


class Stages:
    """Does one thing after the other in a window and prints how late a 10 ms timer was meanwhile."""

    def __init__(self, app: Any) -> None:
        import psutil

        self._app, self._process = app, psutil.Process()

    def do(self, name: str, act: Callable[[], object], until: Callable[[], bool]) -> None:
        """Begin something and wait for its end."""
        ticks = Ticks()
        act()
        loops(self._app, until, 600)
        late = ticks.stop()
        print(
            f"{name:34} timer late p99 {late:6.1f} ms, most {max(ticks.late):6.1f} ms; {self.megabytes():.0f} MB",
            flush=True,
        )

    def megabytes(self) -> float:
        """Memory of this process."""
        return float(self._process.memory_info().rss / 1e6)


def scroll(grid: Any, app: Any, steps: int = 60) -> None:
    """From the top to the bottom of a grid, page by page."""
    bar = grid.verticalScrollBar()
    for step in range(steps + 1):
        bar.setValue(bar.maximum() * step // steps)
        loops(app, lambda: True, 1)


def walk(train: Path, test: Path | None = None) -> None:
    """Look in a window; train and test where there are test images."""
    from PySide6.QtWidgets import QApplication

    from convonet.desktop.app import open_window
    from convonet.desktop.style import apply_look
    from convonet.desktop.window_state import WindowState
    from convonet.params import DataParams, SearchSpace

    app = QApplication([])
    apply_look(app, "light")
    window = open_window(WindowState(), restore=False)
    window.show()
    session, stages = window.controller.session, Stages(app)
    stages.do("the empty window", lambda: None, _after(2))
    folders = {"train_dir": str(train), "image_size": 28} | ({"test_dir": str(test)} if test else {})
    session.params.set_data(DataParams.of(folders))
    window.show_page("data")
    page: Any = window.page("data")
    stages.do("folders listed", window.controller.scan, lambda: ("test" if test else "train") in session.sets)
    page.class_box.setCurrentIndex(1)
    stages.do("all images shown", page._show_images, lambda: not page.grid.thumbnails.is_busy())
    stages.do("grid scrolled to its end", lambda: scroll(page.grid, app), lambda: True)
    stages.do("sizes and pixels", lambda: page.tabs.setCurrentIndex(2), _idle(window))
    page.tabs.setCurrentIndex(0)
    if test is None:
        print(f"{session.sets.images('train'):,} images")
        window.close()
        return
    session.params.set_space(SearchSpace.of({"family": "simple", "epochs": 1, "batch_size": 64}))
    train_now = window.controller.actions["train_val"].trigger
    stages.do("trained for an epoch and tested", train_now, lambda: session.work is None)
    window.show_page("test")
    tested: Any = window.page("test")
    stages.do("mistakes read and shown", tested.show_mistakes, _idle(window))
    stages.do("mistakes scrolled", lambda: scroll(tested.grid, app), lambda: True)
    heavy = [name for name in _HEAVY if name in sys.modules]
    scores = session.evaluation or {}
    print(
        f"{session.sets.images('train'):,} images, {scores.get('images', 0):,} tested; loaded: {heavy or 'no keras'}"
    )
    window.close()


def _after(seconds: float) -> Callable[[], bool]:
    import time

    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _idle(window: Any) -> Callable[[], bool]:
    wait = _after(0.5)
    return lambda: wait() and not window.controller.background.is_busy()


def main() -> None:
    """Make the set, then walk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=40_000)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONVONET_HOME"] = str(Path(folder) / "home")
        if given.folder is not None:
            walk(given.folder)
            return
        source = given.source
        if source is None:
            from convonet.session.demo import demo_task

            source = Path(str(demo_task().data.train_dir))
        for name in ("train", "test"):
            make_copies(source, Path(folder) / name, given.images)
        walk(Path(folder) / "train", Path(folder) / "test")


if __name__ == "__main__":
    main()
