"""The window exports a page for browsers: it asks before a download, and a worker writes the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.exporting.browsers import find_chromium
from convonet.exporting.runtime import find_runtime
from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.params import HyperParams, PixelParams


@pytest.fixture
def with_model(window: AppWin, qtbot: Any, tmp_path: Path, wait_work: Callable[..., None]) -> AppWin:
    """A window with a small network."""
    net = create_model(HyperParams(family="logistic"), NetInput(PixelParams(8, 8, 1), ("cat", "dog")))
    net.save(tmp_path / "model.keras")
    window.files.take_model(tmp_path / "model.keras")
    session = window.controller.session
    # A thread reads the file, then a worker tries it.
    qtbot.waitUntil(lambda: session.model is not None and session.work is not None)
    wait_work(window)
    return window


def test_nothing_is_downloaded_unless_the_person_says_so(
    with_model: AppWin, answers: Any, tmp_path: Path
) -> None:
    answers.choices = ["Web page", "Cancel"]
    answers.paths = [tmp_path / "site"]
    with_model.files.export_model()
    assert with_model.controller.session.work is None
    assert not (tmp_path / "site").exists()


@pytest.mark.slow
def test_a_page_for_browsers(
    with_model: AppWin, answers: Any, tmp_path: Path, ort: Path, wait_work: Callable[..., None]
) -> None:
    find_runtime(source=ort)
    answers.choices = ["Web page"] + ([] if find_chromium() else ["Export without the check"])
    answers.paths = [tmp_path / "site"]
    with_model.files.export_model()
    wait_work(with_model)
    assert answers.errors == []
    assert (tmp_path / "site" / "index.html").is_file()
