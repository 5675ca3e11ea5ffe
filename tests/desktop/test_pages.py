"""Pages that need no worker: folders, runs compared, models that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.ask import Asker
from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.widgets.image_grid import Picture, PictureCells
from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.tasks import TrainTask


def test_the_folder_tree_is_filled_when_unfolded_and_opens_its_images(loaded: AppWin, qtbot: Any) -> None:
    loaded.show_page("data")
    page: Any = loaded.page("data")
    page.tabs.setCurrentWidget(page.folders)
    qtbot.waitUntil(lambda: page.folders.topLevelItemCount() == 2)
    root = page.folders.topLevelItem(1)
    assert [root.text(place) for place in range(4)] == ["Test: test", "10 classes", "359", "0"]
    assert root.childCount() == 10
    seven = root.child(7)
    assert [seven.text(place) for place in range(3)] == ["7", "7", "36"]
    page.folders.itemActivated.emit(seven, 0)
    assert page.tabs.currentIndex() == 0
    assert page.grid.pictures.rowCount() == 36
    assert (page.set_box.currentText(), page.class_box.currentText()) == ("Test", "Folder 7")


def test_runs_are_compared_in_the_background(window: AppWin, qtbot: Any, tmp_path: Path) -> None:
    store = RunStore()
    for rate, answers in ((0.1, "ab"), (0.2, "aa")):
        task = TrainTask(data=DataParams(), hyper=HyperParams.of({"init_rate": rate}))
        run = Run.create(tmp_path, task)
        rows = "".join(f"{true}.png,{true},{said},1,1,0\n" for true, said in zip("ab", answers, strict=True))
        run.file("predictions.csv").write_text(f"path,true,predicted,confidence,p:a,p:b\n{rows}")
        store.add(run)
    window.show_page("runs")
    page: Any = window.page("runs")
    qtbot.waitUntil(lambda: len(page.table.rows.rows) == 2)
    page.table.selectAll()
    page._compare()
    qtbot.waitUntil(lambda: bool(page.compared.differences.rows.rows))
    assert sorted(page.compared.differences.rows.rows[-1][1:]) == ["0.1", "0.2"]
    assert "became correct" in page.compared.sentences.text()
    assert [row[:2] for row in page.compared.changed.rows.rows] == [("b.png", "b")]


def test_classes_of_a_nameless_model_are_ordered_before_it_is_used(
    window: AppWin, answers: Any, tmp_path: Path
) -> None:
    session = window.controller.session
    model, labels = tmp_path / "model.h5", tmp_path / "labels.txt"
    model.write_bytes(b"opened by a worker only")
    labels.write_text("0 dog\n1 cat\n", encoding="utf-8")
    session.load_model(model)
    window.show_page("use")
    page: Any = window.page("use")
    note = page.foreign
    assert note.isVisible()
    assert note.names.currentText() == "Names from the file next to the model"
    assert note._order.text() == "0 = dog, 1 = cat"
    other = tmp_path / "mine.txt"
    other.write_text("鸟\n鱼\n", encoding="utf-8")
    answers.paths = [other]
    note.names.setCurrentText("Names from a file …")
    note.names.activated.emit(note.names.currentIndex())
    assert session.tasks.predict([tmp_path]).classes == session.tasks.evaluate().classes == ("鸟", "鱼")
    assert note._order.text() == "0 = 鸟, 1 = 鱼"
    note.scaling.setCurrentText("−1 to 1")
    note.scaling.activated.emit(note.scaling.currentIndex())
    task = session.tasks.evaluate()
    assert (task.scaling, task.classes) == ("symmetric", ("鸟", "鱼"))


def test_the_order_of_folders_by_number_or_by_letter(
    window: AppWin, qtbot: Any, tmp_path: Path, digits: Path
) -> None:
    import shutil

    session = window.controller.session
    for name in ("2", "10"):
        shutil.copytree(digits / "test" / "2", tmp_path / "set" / name)
    session.params.set_data(DataParams.of({"test_dir": str(tmp_path / "set")}))
    window.controller.scan()
    qtbot.waitUntil(lambda: "test" in session.sets)
    (tmp_path / "model.h5").write_bytes(b"")
    session.load_model(tmp_path / "model.h5")
    window.show_page("use")
    note: Any = window.page("use").foreign  # type: ignore[attr-defined]
    assert note._order.text() == "0 = 2, 1 = 10"
    note.names.setCurrentIndex(1)
    note.names.activated.emit(1)
    assert note._order.text() == "0 = 10, 1 = 2"
    qtbot.waitUntil(lambda: session.sets.classes == ("10", "2"))
    assert session.tasks.evaluate().classes == ("10", "2")


def test_a_run_is_renamed_and_differences_have_labels(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path
) -> None:
    store = RunStore()
    for rate in (0.1, 0.2):
        data = DataParams.of({"train_dir": "/sets/ants-bees/train"})
        store.add(Run.create(tmp_path, TrainTask(data=data, hyper=HyperParams.of({"init_rate": rate}))))
    window.show_page("runs")
    page: Any = window.page("runs")
    qtbot.waitUntil(lambda: len(page.table.rows.rows) == 2)
    assert page.table.rows.rows[0][0].startswith("ants-bees · ")
    assert page.table.rows.rows[0][1:3] == ("ants-bees", "Training")
    page.table.selectRow(0)
    answers.choices = ["Higher rate"]
    page._rename_button.click()
    qtbot.waitUntil(lambda: page.table.rows.rows[0][0] == "Higher rate")
    page.table.selectAll()
    page._compare()
    qtbot.waitUntil(lambda: bool(page.compared.differences.rows.rows))
    assert "Higher rate" in page.compared.differences.rows.columns
    assert page.compared.differences.rows.rows[-1][0] == "Learning rate"


def test_a_run_is_deleted_only_by_the_button(window: AppWin, qtbot: Any, tmp_path: Path) -> None:
    """Enter and Esc both leave the run as it is."""
    run = Run.create(tmp_path, TrainTask(data=DataParams(), hyper=HyperParams()))
    run.update(state=RunState.CANCELLED, owner=0)
    RunStore().add(run)
    window.controller.ask = Asker(window)
    window.show_page("runs")
    page: Any = window.page("runs")
    qtbot.waitUntil(lambda: len(page.table.rows.rows) == 1)
    page.table.selectRow(0)

    def box() -> QMessageBox:
        found = QApplication.activeModalWidget()
        assert isinstance(found, QMessageBox)
        assert [button.text() for button in found.buttons()] == ["Delete", "Cancel"]
        return found

    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        QTimer.singleShot(0, lambda key=key: qtbot.keyClick(box(), key))  # type: ignore[misc]
        page._delete_button.click()
    assert run.path.is_dir()
    QTimer.singleShot(0, lambda: box().buttons()[0].click())
    page._delete_button.click()
    qtbot.waitUntil(lambda: not run.path.exists())


def test_a_class_map_is_shown_and_taken_with_one_click(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path
) -> None:
    for part, names in (("train", ("cat_left", "dog_left")), ("test", ("cat", "dog"))):
        for name in names:
            (tmp_path / part / name).mkdir(parents=True)
            for number in range(3):
                Image.new("L", (8, 8), 9 * number).save(tmp_path / part / name / f"{number}.png")
    session = window.controller.session
    window.files.take_folder(tmp_path / "train")
    qtbot.waitUntil(lambda: "train" in session.sets)
    window.files.take_folder(tmp_path / "test", "test_dir")
    page: Any = window.page("data")
    qtbot.waitUntil(lambda: page._fault.isVisible())
    assert answers.errors == [], "no dialog hides the offer"
    assert page._fault.mapping.text() == "cat  →  cat_left\ndog  →  dog_left"
    page._fault._map.click()
    qtbot.waitUntil(lambda: session.sets.images("test") == 6)
    assert session.params.data.class_map == {"cat": "cat_left", "dog": "dog_left"}


def test_the_image_dialog_shows_shape_and_values(qtbot: Any, tmp_path: Path) -> None:
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).save(tmp_path / "grey.png")
    colours = np.zeros((2, 2, 3), np.uint8)
    colours[0, 1] = (10, 20, 30)
    Image.fromarray(colours).save(tmp_path / "colour.png")
    cells = PictureCells()
    kept = [Picture(str(tmp_path / name), name) for name in ("grey.png", "colour.png")]
    cells.show(2, kept.__getitem__)
    dialog = ImageDialog(cells, 0)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.facts.text() == "Shape 3 × 4 (grayscale)\nValues 0 to 220, mean 110.0"
    shown = dialog._image.pixmap().deviceIndependentSize()
    left = (dialog._image.width() - shown.width()) / 2
    dialog.point_at(QPointF(left + shown.width() - 1, shown.height() - 1))
    assert dialog.pixel.text() == "Row 2, column 3: 220"
    dialog._go(1)
    assert dialog.facts.text().startswith("Shape 2 × 2 × 3 (red, green, blue)")
    shown = dialog._image.pixmap().deviceIndependentSize()
    left = (dialog._image.width() - shown.width()) / 2
    dialog.point_at(QPointF(left + 0.75 * shown.width(), 0.25 * shown.height()))
    assert dialog.pixel.text() == "Row 0, column 1: 10, 20, 30"
