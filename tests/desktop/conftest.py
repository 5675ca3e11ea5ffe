"""The window without a screen, answers instead of dialogs, and nothing left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import PySide6
from PIL import Image
from pytestqt.qtbot import QtBot

from convonet.desktop.app import check_versions, open_window
from convonet.desktop.app_win import AppWin
from convonet.desktop.style import apply_look
from convonet.desktop.window_state import WindowState
from convonet.errors import ConvonetError
from convonet.params import DataParams, SearchSpace

PATIENCE_MS = 120_000


class Answers:
    """Stands in for the dialogs: gives what a test has put in, and remembers the errors that were shown."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.choices: list[str] = []
        self.taken = ""
        self.errors: list[ConvonetError] = []
        self.offers: list[Sequence[str]] = []

    def open_file(self, *_: Any) -> Path | None:
        return self.paths.pop(0) if self.paths else None

    save_file = folder = open_file

    def open_files(self, *_: Any) -> list[Path]:
        found, self.paths = self.paths, []
        return found

    def choose(self, title: str, text: str, answers: Sequence[str], *, usual: int = 0) -> str:
        return self.choices.pop(0) if self.choices else answers[-1]

    def text(self, *_: Any) -> str | None:
        return self.choices.pop(0) if self.choices else None

    def pick(self, title: str, choices: Sequence[Any], accept: str) -> str | None:
        return self.choices.pop(0) if self.choices else None

    def error(self, error: ConvonetError, offers: Sequence[str] = ()) -> str:
        self.errors.append(error)
        self.offers.append(tuple(offers))
        return self.taken


Open = Callable[..., AppWin]


class PatientBot(QtBot):
    """Waits two minutes where a test names no limit: a wait ends with its condition, on a slow machine too."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: Any, request: pytest.FixtureRequest) -> QtBot:
    """Clicks, types and waits."""
    return PatientBot(request)


@pytest.fixture
def answers() -> Answers:
    """What the person answers."""
    return Answers()


@pytest.fixture
def open_app(qtbot: Any, qapp: Any, answers: Answers) -> Iterator[Open]:
    """Opens windows; what is still at work at the end is killed."""
    check_versions(PySide6.__version_info__[:3], sys.version_info[:3])
    windows: list[AppWin] = []

    def open_one(state: WindowState | None = None, *, restore: bool = False) -> AppWin:
        apply_look(qapp, "light")
        window = open_window(state or WindowState(), restore=restore)
        window.controller.ask = answers  # type: ignore[assignment]
        window.resize(1100, 720)
        window.show()
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        work = window.controller.session.work
        if work is not None:
            hand: Any = work.handle
            getattr(hand, "kill", hand.cancel)()
            window.controller.ask = Answers()  # type: ignore[assignment]
            qtbot.waitUntil(lambda session=window.controller.session: session.work is None)
        window.close()
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def window(open_app: Open) -> AppWin:
    """A window of somebody who opens it for the first time."""
    return open_app()


@pytest.fixture
def load_digits(qtbot: Any, digits: Path) -> Callable[[AppWin], None]:
    """Loads both sets into a window, and a network that learns in seconds."""

    def load(window: AppWin) -> None:
        session = window.controller.session
        data = {"train_dir": str(digits / "train"), "test_dir": str(digits / "test"), "image_size": 8}
        session.params.set_data(DataParams.of(data))
        session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": 3, "batch_size": 32}))
        window.controller.scan()
        qtbot.waitUntil(lambda: "test" in session.sets)

    return load


@pytest.fixture
def loaded(window: AppWin, load_digits: Callable[[AppWin], None]) -> AppWin:
    """A window with the digits loaded, at 8 × 8 pixels."""
    load_digits(window)
    return window


@pytest.fixture
def wait_work(qtbot: Any) -> Callable[..., None]:
    """Waits until the worker has ended and its end was told."""

    def wait(window: AppWin, seconds: float = 240) -> None:
        qtbot.waitUntil(lambda: window.controller.session.work is None, timeout=round(1000 * seconds))

    return wait


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """Small gray images of two classes that a network tells apart at once, for training and testing."""
    folder, rng = tmp_path / "blobs", np.random.default_rng(0)
    for part, count in (("train", 40), ("test", 12)):
        for name, level in (("dark", 60), ("light", 190)):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = np.clip(rng.normal(level, 25, (8, 8)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.png")
    return folder
