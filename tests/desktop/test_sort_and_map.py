"""The pages Sort and Map with real workers: sorted with keys, brush and drag, drawn, selected from, marked."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from convonet.desktop.app_win import AppWin
from convonet.desktop.views.map_page import MapPage
from convonet.desktop.views.sort_page import SortPage
from convonet.desktop.widgets.map_geometry import View, inside, thinned
from convonet.desktop.widgets.sort_board import MIME
from convonet.params import DataParams

NAMES = ("0", "1", "7")


@pytest.fixture
def heap(digits: Path, tmp_path: Path) -> dict[str, str]:
    """90 digits without order in `tmp_path/heap`: file name → class."""
    (tmp_path / "heap").mkdir()
    truth = {}
    for number, name in enumerate(NAMES):
        for index, file in enumerate(sorted((digits / "train" / name).iterdir())[:30]):
            made = f"{(31 * index + 7 * number) % 97:02}{number}.png"
            shutil.copyfile(file, tmp_path / "heap" / made)
            truth[made] = name
    return truth


@pytest.fixture
def sorting(window: AppWin, qtbot: Any, heap: dict[str, str], tmp_path: Path) -> SortPage:
    """The page Sort with the heap, once a worker has computed its features, and three classes."""
    window.show_page("sort")
    page = window.page("sort")
    assert isinstance(page, SortPage)
    window.controller.ask.paths = [tmp_path / "heap"]  # type: ignore[union-attr]
    QTest.mouseClick(page.choose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.session.work is not None)
    assert not page.choose_button.isEnabled()
    qtbot.waitUntil(lambda: bool(page.board.rows), timeout=300_000)
    page.names.setText(" 0, 1 ,7")
    QTest.keyClick(page.names, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: list(page.keys.by_key) == ["1", "2", "3", "0", "s"])
    assert page.sorting is not None
    return page


def labelled(folder: Path) -> dict[str, str]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["label"] for row in csv.DictReader(file)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_heap_is_sorted_with_keys_brush_and_drag(
    sorting: SortPage, window: AppWin, qtbot: Any, heap: dict[str, str], tmp_path: Path
) -> None:
    board = sorting.board

    def answered(act: Callable[[], object]) -> None:
        before = board.rows
        act()
        qtbot.waitUntil(lambda: board.rows is not before)

    for number, name in enumerate(NAMES):
        wanted = [image.path for row in board.rows for image in row.images if heap[image.path] == name]
        board.choose(wanted[:4], True)
        answered(lambda number=number: QTest.keyClick(board, str(number + 1)))  # type: ignore[misc]
    assert labelled(tmp_path / "heap") == {path: heap[path] for path in labelled(tmp_path / "heap")}
    count = len(labelled(tmp_path / "heap"))
    assert count >= 6

    # The brush goes over two images of the first row.
    first = [image.path for image in board.rows[0].images[:2]]
    QTest.mousePress(board, Qt.MouseButton.LeftButton, pos=board.center_of(0, 0))
    QTest.mouseMove(board, board.center_of(0, 1))
    QTest.mouseRelease(board, Qt.MouseButton.LeftButton, pos=board.center_of(0, 1))
    assert board.chosen == first
    # A click takes one out again; what is left is dropped onto None of these.
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.center_of(0, 1))
    assert board.chosen == first[:1]
    answered(lambda: dropped(sorting.keys.buttons["none_of_these"]))
    assert sorting.sorting.labels()[first[0]] == "none_of_these"  # type: ignore[union-attr]

    # A row is accepted by its key, and Ctrl+Z takes that back.
    suggestion = board.rows[0].suggestion
    row = [image.path for image in board.rows[0].images]
    assert suggestion in NAMES
    answered(lambda: QTest.keyClick(board, Qt.Key.Key_A))
    assert {labelled(tmp_path / "heap")[path] for path in row} == {suggestion}
    answered(lambda: QTest.keyClick(board, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier))
    assert not set(row) & labelled(tmp_path / "heap").keys()
    assert len(labelled(tmp_path / "heap")) == count

    window.controller.ask.paths = [tmp_path / "copies"]  # type: ignore[union-attr]
    sorting._copy()
    qtbot.waitUntil(lambda: len(list((tmp_path / "copies").rglob("*.png"))) == count)
    QTest.mouseClick(sorting.train_button, Qt.MouseButton.LeftButton)
    session = window.controller.session
    qtbot.waitUntil(lambda: session.sets.images("train") == count)
    assert window.shown == "data"


def dropped(button: Any) -> None:
    """Drop what is dragged onto a button."""
    data = QMimeData()
    data.setData(MIME, b"")
    middle = QPointF(button.rect().center())
    event = QDropEvent(
        middle,
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    button.dropEvent(event)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_labels_in_doubt_are_reviewed(sorting: SortPage, qtbot: Any, heap: dict[str, str]) -> None:
    found, board = sorting.sorting, sorting.board
    assert found is not None
    planted = [path for path, name in heap.items() if name == "0"][:2]
    for name in NAMES:
        found.label([path for path in heap if heap[path] == name and path not in planted], name)
    found.label(planted, "7")
    sorting.order_box.setCurrentIndex(sorting.order_box.findData("review"))
    sorting._show_screen()
    qtbot.waitUntil(lambda: {image.path for row in board.rows for image in row.images} >= set(planted))
    row = next(index for index, row in enumerate(board.rows) if row.suggestion == "0")
    assert [image.label for image in board.rows[row].images] == ["7"] * len(board.rows[row].images)
    before = board.rows
    board.choose([planted[0]], True)
    sorting.keep_row(row)
    qtbot.waitUntil(lambda: board.rows is not before)
    # The selected one waits; the other one keeps its label and is not asked about again.
    left = {image.path for row in board.rows for image in row.images}
    assert planted[0] in left
    assert planted[1] not in left
    assert found.labels()[planted[1]] == "7"


_SORTING = """
import sys
from pathlib import Path
from convonet.inference.feature_file import FeatureFile
from convonet.sorting import SortSession
folder = Path(sys.argv[1])
session = SortSession(folder, FeatureFile.read(folder))
session.name_classes(["a", "b"])
for number, path in enumerate(session.paths * 50):
    session.label([path], "ab"[number % 2])
    print(path, "ab"[number % 2], flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_no_label_is_lost(sorting: SortPage, qtbot: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for _ in range(4):
        command = [sys.executable, "-c", _SORTING, str(tmp_path / "heap")]
        (tmp_path / "heap" / "convonet_sort.jsonl").unlink(missing_ok=True)
        (tmp_path / "heap" / "labels.csv").unlink(missing_ok=True)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told = [child.stdout.readline()]
            time.sleep(float(rng.uniform(0.01, 0.3)))
            child.send_signal(signal.SIGKILL)
            told += child.stdout.read().splitlines()
        expected = dict(line.split() for line in told if len(line.split()) == 2)
        sorting.open_folder(tmp_path / "heap")
        qtbot.waitUntil(lambda: sorting.sorting is not None)
        assert sorting.sorting is not None
        labels = sorting.sorting.labels()
        assert expected
        assert {path: labels.get(path) for path in expected} == expected


@pytest.fixture
def drawn(window: AppWin, qtbot: Any, digits: Path, tmp_path: Path) -> MapPage:
    """The page Map with 60 digits in three classes, one of them under a wrong one."""
    for name in NAMES:
        (tmp_path / "set" / name).mkdir(parents=True)
        for file in sorted((digits / "train" / name).iterdir())[:20]:
            shutil.copyfile(file, tmp_path / "set" / name / file.name)
    planted = next((tmp_path / "set" / "0").iterdir())
    planted.rename(tmp_path / "set" / "1" / "planted.png")
    session = window.controller.session
    session.params.set_data(DataParams.of({"train_dir": str(tmp_path / "set"), "image_size": 8}))
    window.controller.scan()
    qtbot.waitUntil(lambda: bool(session.sets.images("train")))
    window.show_page("map")
    page = window.page("map")
    assert isinstance(page, MapPage)
    QTest.mouseClick(page.draw_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.map is not None, timeout=300_000)
    return page


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_map_is_drawn_selected_from_and_marked(
    drawn: MapPage, window: AppWin, qtbot: Any, tmp_path: Path
) -> None:
    canvas, lists = drawn.canvas, drawn.lists
    assert drawn.map is not None
    assert drawn.map.images == 60
    qtbot.waitUntil(lambda: canvas.shown_pictures > 3)
    assert lists.shown == "wrong"
    assert drawn.map.paths[lists.rows["wrong"][0]] == "1/planted.png"

    lists.grid.setCurrentIndex(lists.grid.model().index(0, 0))
    assert canvas.rows == {lists.rows["wrong"][0]}
    assert lists.bar.classes.currentText() == "0"
    lists.bar.set_button.click()
    marks = tmp_path / "set" / "convonet-marks.json"
    qtbot.waitUntil(marks.is_file)
    assert json.loads(marks.read_text())["marks"] == {"1/planted.png": {"label": "0"}}
    qtbot.waitUntil(lambda: "labeled 0" in lists.grid.pictures.at(0).title)
    assert drawn.map is not None

    lists.similar.click()
    assert lists.shown == "similar"
    assert len(lists.rows["similar"]) == 16

    # A line around everything selects everything; of hidden classes nothing.
    canvas.show_all()
    drawn.legend.item(0).setCheckState(Qt.CheckState.Unchecked)
    corners = [QPoint(1, 1), QPoint(canvas.width() - 2, 1), QPoint(canvas.width() - 2, canvas.height() - 2)]
    QTest.mousePress(
        canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(1, canvas.height() - 2)
    )
    for corner in corners:
        QTest.mouseMove(canvas, corner)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, corners[-1])
    assert lists.shown == "selected"
    assert {drawn.map.labels[row] for row in lists.rows["selected"]} == {1, 2}
    assert len(lists.rows["selected"]) == 41

    # The wheel is at the keyboard too, and other images take the map away.
    scale = canvas.view.scale
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.scale > scale
    session = window.controller.session
    session.params.set_data(DataParams.of({"train_dir": str(tmp_path), "image_size": 8}))
    assert drawn.map is None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_drawing_a_map_can_be_stopped(drawn: MapPage, window: AppWin, qtbot: Any) -> None:
    drawn.seed_box.setValue(3)
    drawn.draw()
    session = window.controller.session
    assert session.work is not None
    window.controller.actions["stop"].trigger()
    qtbot.waitUntil(lambda: session.work is None)
    assert drawn.map is not None
    assert drawn.map.seed == 0


def test_where_points_are() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]])
    view = View()
    view.fit_all(points, 148, 148)
    np.testing.assert_allclose(view.places(points)[:2], [[24, 49], [124, 49]])
    place = view.places(points)[2]
    view.zoom(2, *place)
    np.testing.assert_allclose(view.places(points)[2], place)
    assert view.scale == 2 * view.least


def test_inside_a_line_and_thinned() -> None:
    corners = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], float)
    places = np.array([[1, 1], [2, 3], [3.5, 3], [5, 1]], float)
    assert inside(corners, places).tolist() == [True, False, True, False]
    assert thinned(np.array([[0, 0], [5, 5], [20, 0]], float), 10) == [0, 2]
