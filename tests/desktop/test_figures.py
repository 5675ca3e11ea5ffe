"""Figures drawn for paper, shown on a dark ground."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from convonet.desktop.dialogs.plots import canvas_of
from convonet.desktop.style import DARK, LIGHT, apply_look
from convonet.desktop.widgets.on_dark import as_shown
from convonet.desktop.widgets.picture import FigureView
from convonet.params import HyperParams
from convonet.plots import dream_figure, filters_figure, save_figure, table_figure


@pytest.fixture
def dark(qapp: Any) -> Iterator[None]:
    apply_look(qapp, "dark")
    yield
    apply_look(qapp, "light")


def _colours(image: QImage) -> set[str]:
    named = image.convertToFormat(QImage.Format.Format_RGB32)
    return {
        QColor(named.pixel(x, y)).name()
        for x in range(0, named.width(), 2)
        for y in range(0, named.height(), 2)
    }


def test_paper_becomes_dark_and_a_picture_keeps_its_white(dark: None, tmp_path: Path) -> None:
    pixels = np.zeros((1, 8, 8, 1), np.uint8)
    pixels[0, 2:6] = 255
    save_figure(dream_figure(pixels, ["0"], "What excites"), tmp_path / "dream.png")
    figure = QImage(str(tmp_path / "dream.png"))
    shown = as_shown(figure)
    assert QColor(shown.pixel(1, 1)).name() == DARK.surface
    middle = shown.width() // 2
    column = [
        QColor(shown.pixel(middle, y)).name() for y in range(shown.height() // 4, shown.height() * 3 // 4)
    ]
    assert set(column) <= {"#000000", "#ffffff"}
    assert DARK.surface not in column
    assert "#222222" not in _colours(shown)


def test_the_gaps_between_filters_are_paper_too(dark: None, tmp_path: Path) -> None:
    tiles = np.ones((4, 3, 3), np.float32)
    tiles[::2] = -1
    for name, values in (("grey", tiles), ("colour", np.repeat(tiles[..., np.newaxis], 3, axis=3))):
        save_figure(filters_figure(values, "Filters"), tmp_path / f"{name}.png")
        assert "#ffffff" not in _colours(as_shown(QImage(str(tmp_path / f"{name}.png")))), name


def test_a_figure_follows_the_look(dark: None, qtbot: Any, qapp: Any, tmp_path: Path) -> None:
    save_figure(filters_figure(np.ones((2, 3, 3), np.float32), "Filters"), tmp_path / "filters.png")
    view = FigureView("The layer")
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show_figure(QImage(str(tmp_path / "filters.png")))
    for look, paper in (("light", LIGHT.surface), ("dark", DARK.surface)):
        apply_look(qapp, look)  # type: ignore[arg-type]
        assert QColor(view.grab().toImage().pixel(40, 4)).name() == paper


def test_a_long_table_is_not_squeezed_and_stays_light_on_paper(dark: None, qtbot: Any) -> None:
    figure = table_figure(HyperParams())
    canvas = canvas_of(figure)
    qtbot.addWidget(canvas)
    assert canvas.minimumHeight() > 700
    canvas.resize(600, canvas.minimumHeight())
    assert QColor(canvas.grab().toImage().pixel(3, 3)).name() == DARK.surface
    assert figure.get_facecolor()[:3] == (1, 1, 1)
