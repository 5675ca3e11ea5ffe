"""The pieces: tables, grids, curves, matrix, pad, what is remembered."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QLabel

from convonet.desktop.style import DARK, LIGHT, Palette, apply_look
from convonet.desktop.widgets.amounts import rounded
from convonet.desktop.widgets.bars import Bar, BarView
from convonet.desktop.widgets.curves import CurveView, Series, ticks
from convonet.desktop.widgets.image_grid import ImageGrid, Picture
from convonet.desktop.widgets.matrix import MatrixView
from convonet.desktop.widgets.pad import SIDE, Pad
from convonet.desktop.widgets.table import TableView, shown
from convonet.desktop.widgets.thumbnails import read_picture, read_whole
from convonet.desktop.widgets.xy_plot import COLORS
from convonet.desktop.window_state import WindowState
from convonet.errors import ConvonetError
from convonet.events import RunState
from convonet.params import DataParams, SearchSpace
from convonet.session.recipes import RecipeChoice


def test_a_table_sorts_copies_and_saves_with_full_precision(qtbot: Any, tmp_path: Path) -> None:
    table = TableView(("Name", "Score"), "scores")
    qtbot.addWidget(table)
    table.show_rows([("b", 1 / 3), ("a", None), ("c", 2.0)])
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert [row[0] for row in table.rows.rows] == ["a", "c", "b"]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in table.rows.rows] == ["b", "c", "a"]
    table.selectRow(0)
    table.copy()
    assert QGuiApplication.clipboard().text() == f"Name\tScore\nb\t{1 / 3}\n"
    table.save(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == f"Name,Score\nb,{1 / 3}\nc,2.0\na,\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.12345, "0.1235"),
        (1e-6, "1.00e-06"),
        (1234567, "1,234,567"),
        ("x", "x"),
        (0.0, "0.0000"),
        (RunState.CANCELLED, "stopped"),
    ],
)
def test_how_values_are_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.91, 0.98, [0.92, 0.94, 0.96, 0.98]),
        (-3, 40, [0, 10, 20, 30, 40]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_small_counts_are_shown_in_full() -> None:
    assert [rounded(count) for count in (0, 9_450, 999_999, 1_000_000, 138_357_544)] == [
        "0",
        "9,450",
        "999,999",
        "1.0 M",
        "138.4 M",
    ]


def test_curves_draw_gaps_and_single_points(qtbot: Any) -> None:
    view = CurveView("Accuracy", percent=True)
    qtbot.addWidget(view)
    view.resize(400, 250)
    view.show()
    for values in ((), (0.5,), (0.5, math.nan, 0.7), tuple(np.linspace(0, 1, 200))):
        view.show_series([Series("training", "train", values)], max(len(values), 1), now=1.5)
        assert not view.grab().isNull()
    assert "training 100.0%" in view.accessibleDescription()


def test_forty_thousand_pictures_are_laid_out_at_once_and_few_are_read(qtbot: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(np.full((8, 8), 200, np.uint8)).save(file)
    grid = ImageGrid("many")
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.show()
    asked: list[int] = []

    def at(place: int) -> Picture:
        asked.append(place)
        return Picture(str(file), str(place))

    started = time.monotonic()
    grid.show_many(40_000, at)
    QGuiApplication.processEvents()
    grid.scrollToBottom()
    grid.grab()
    # It takes 0.1 s; with a widget for each picture it would take minutes.
    assert time.monotonic() - started < 15
    assert len(set(asked)) < 500
    qtbot.waitUntil(lambda: not grid.thumbnails.is_busy())
    assert grid.thumbnails.picture(str(file)) is not None
    grid.close_threads()


def test_pictures_of_any_kind_are_read(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 6, 4), np.uint8), "RGBA").save(tmp_path / "a.png")
    Image.fromarray(np.full((5, 5), 40_000, np.uint16)).save(tmp_path / "b.tif")
    np.savez(tmp_path / "c.npz", x_train=np.full((2, 7, 9), 9, np.uint8))
    assert read_whole(str(tmp_path / "a.png")).size().toTuple() == (6, 4)
    assert read_whole(str(tmp_path / "b.tif")).pixelColor(2, 2).red() == 40_000 >> 8
    assert read_whole(str(tmp_path / "c.npz#x_train/1")).pixelColor(0, 0).getRgb()[:3] == (9, 9, 9)
    (tmp_path / "d.png").write_bytes(b"nothing")
    assert read_picture(str(tmp_path / "d.png"), 50).isNull()
    with pytest.raises(ConvonetError):
        read_whole(str(tmp_path / "gone.png"))


def test_a_matrix_is_opened_by_mouse_and_by_keys(qtbot: Any) -> None:
    view = MatrixView()
    qtbot.addWidget(view)
    view.show_counts(("cat", "dog"), [[5, 1], [2, 7]])
    view.resize(300, 260)
    view.show()
    opened: list[tuple[str, str]] = []
    view.cell_opened.connect(lambda true, predicted: opened.append((true, predicted)))
    place = view._rect(1, 0).center().toPoint()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(place.x(), place.y()))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened == [("dog", "cat"), ("cat", "dog")]


def test_a_drawing_is_put_in_the_middle(qtbot: Any) -> None:
    pad = Pad()
    qtbot.addWidget(pad)
    pad.stroke(QPointF(40, 40), QPointF(40, 140))
    image = pad.centred(0.8)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(SIDE, -1)[:, :SIDE]
    rows, columns = np.flatnonzero(pixels.max(1) > 64), np.flatnonzero(pixels.max(0) > 64)
    assert abs((rows[0] + rows[-1]) / 2 - SIDE / 2) < 4
    assert abs((columns[0] + columns[-1]) / 2 - SIDE / 2) < 4
    assert abs(len(rows) - 0.8 * SIDE) < 8
    pad.clear()
    assert pad.is_empty


def test_bars_tell_their_values_to_a_screen_reader(qtbot: Any) -> None:
    view = BarView("Images")
    qtbot.addWidget(view)
    view.show_bars([Bar("cat", (3.0,), "3")])
    view.resize(200, 60)
    assert not view.grab().isNull()
    assert view.accessibleDescription() == "cat 3"


def test_a_session_comes_back_and_a_broken_one_is_forgotten(own_home: Path) -> None:
    state = WindowState(theme="dark", size=(1000, 700))
    state.used(Path("/a/b.json"))
    state.used(Path("/a/c.json"))
    state.used(Path("/a/b.json"))
    state.keep_params(DataParams.of({"image_size": 8}), SearchSpace.of({"epochs": [1, 2]}), RecipeChoice())
    state.save()
    again = WindowState.load()
    assert again == state
    assert again.recent == ["/a/b.json", "/a/c.json"]
    assert again.search_space().choices["epochs"] == (1, 2)
    assert again.data_params().image_size == (8, 8)
    (own_home / "desktop.json").write_text('{"size": 3}')
    assert WindowState.load() == WindowState()


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(look: Palette, one: str, other: str) -> float:
    dark, light = sorted((_luminance(getattr(look, one)), _luminance(getattr(look, other))))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_words_can_be_read_on_their_ground(look: Palette) -> None:
    for words in ("ink", "muted", "good", "warn", "bad", "accent"):
        for ground in ("ground", "surface", "raised"):
            assert _contrast(look, words, ground) >= 4.5, f"{words} on {ground}"
    assert _contrast(look, "on_accent", "accent") >= 4.5


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_borders_of_controls_can_be_seen_here_and_on_the_page(look: Palette) -> None:
    for border in ("strong_line", "accent", "bad"):
        for ground in ("ground", "surface", "raised"):
            assert _contrast(look, border, ground) >= 3, f"{border} on {ground}"
    css = resources.files("convonet.server").joinpath("web/css/base.css").read_text("utf-8")
    theirs = re.findall(r"--ground: (#\w+);.*--strong-line: (#\w+);", css)
    assert (look.ground, look.strong_line) in theirs


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_lines_of_a_plot_can_be_seen_and_told_apart(look: Palette) -> None:
    hues = [QColor(getattr(look, name)).hue() for name in COLORS[:-1]]
    apart = [abs(a - b) for a, b in itertools.combinations(hues, 2)]
    assert min(min(turn, 360 - turn) for turn in apart) >= 20
    for name in COLORS:
        assert _contrast(look, name, "surface") >= 3, name


def test_the_status_bar_says_what_was_noted(window: Any) -> None:
    window.controller.noted.emit("Saving 1,797 digits …")
    assert "Saving 1,797 digits …" in [item.text() for item in window.statusBar().findChildren(QLabel)]


def test_the_look_changes_with_one_click(window: Any, qapp: Any) -> None:
    window.controller.actions["dark"].trigger()
    assert DARK.ground in qapp.styleSheet()
    assert window.controller.window_state.theme == "dark"
    apply_look(qapp, "light")


def test_snap_from_the_command_line_starts_no_worker_and_no_network(tmp_path: Path) -> None:
    file = tmp_path / "window.png"
    code = (
        "import json, sys, subprocess\n"
        "started = []\n"
        "whole = subprocess.Popen.__init__\n"
        "def init(self, *a, **k):\n    started.append(str(a)); whole(self, *a, **k)\n"
        "subprocess.Popen.__init__ = init\n"
        "from pathlib import Path\n"
        "from convonet.desktop.app import run\n"
        f"run(Path({str(file)!r}))\n"
        "names = ('keras', 'torch', 'matplotlib', 'cv2', 'sklearn', 'onnxruntime', 'numpy', 'psutil', 'sqlite3',\n"
        "         'convonet.documents.run_record', 'convonet.documents.evaluation', 'convonet.tasks.tune_task')\n"
        "print(json.dumps([started, [name for name in names if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [[], []]
    with Image.open(file) as image:
        assert image.size == (1280, 800)
