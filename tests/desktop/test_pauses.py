"""No page lets the person wait: with 55 classes and 40,000 images, the event loop never stands still."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from convonet.data.listing import ImageListing
from convonet.desktop.actions import PAGES
from convonet.desktop.app_win import AppWin
from convonet.documents.evaluation import RunEvaluation
from convonet.evaluation.evaluation import score
from convonet.evaluation.writing import write_evaluation
from convonet.inference.decision import Decision
from convonet.params import DataParams
from convonet.session.sets import LoadedSets

CLASSES, IMAGES = 55, 40_000
LONGEST = 0.1
"""Seconds of work without a look at the person's input."""


def listing(root: Path, count: int) -> ImageListing:
    """Images that are not there: names and classes are all that the pages need."""
    labels = np.arange(count, dtype=np.int64) % CLASSES
    names = tuple(f"字{number:02}" for number in range(CLASSES))
    paths = tuple(f"{names[label]}/{number}.png" for number, label in enumerate(labels))
    return ImageListing(root, names, paths, labels, np.zeros((count, 4), np.int64))


def evaluated(folder: Path, images: ImageListing) -> RunEvaluation:
    """Scores of a model that is right four times of five, with the table of its answers."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(len(images), CLASSES))
    logits[np.arange(len(images)), images.labels] += 3.0
    shares = np.exp(logits)
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    result = score(
        images.labels,
        shares,
        Decision(None, None),
        classes=images.classes,
        paths=images.paths,
        root=str(images.root),
    )
    write_evaluation(folder, result)
    document = result.document()
    return RunEvaluation(**dict(document), run=str(folder))


class Pauses:
    """The work between two turns of the event loop, in seconds of this thread's own time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = time.thread_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(0)

    def _tick(self) -> None:
        now = time.thread_time()
        self.seconds.append(now - self._last)
        self._last = now

    def stop(self) -> None:
        self._timer.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_page_stops_the_event_loop(window: AppWin, qtbot: Any, tmp_path: Path) -> None:
    session = window.controller.session
    window.prepare_pages()
    qtbot.waitUntil(lambda: set(window.pages) == set(PAGES))
    train, test = listing(tmp_path / "train", IMAGES), listing(tmp_path / "test", 5_500)
    data = DataParams.of({"train_dir": str(train.root), "test_dir": str(test.root)})
    session.params.set_data(data)
    session.evaluation = evaluated(tmp_path, test)
    pauses = Pauses()
    session.take_sets(data, LoadedSets({"train": train, "test": test}))
    window.controller.changed.emit("scores")
    longest = {}
    for name in PAGES:
        pauses.seconds.clear()
        window.show_page(name)
        qtbot.wait(300)
        longest[name] = max(pauses.seconds)
    pauses.stop()
    page: Any = window.page("test")
    assert page.matrix.count(0, 0) > 0, "the page shows the scores"
    assert max(longest.values()) < LONGEST, longest
