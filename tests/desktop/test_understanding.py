"""Curves, calibration, marks, quality and explanations in the window, from documents as workers make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QItemSelectionModel

from convonet.desktop.app_win import AppWin
from convonet.desktop.views.evaluate_calibration import CalibrationTab
from convonet.desktop.views.evaluate_curves import CurvesTab
from convonet.desktop.views.quality import findings
from convonet.desktop.widgets.picture import PictureView
from convonet.documents.evaluation import RunEvaluation
from convonet.documents.explanation import (
    DeletionCurve,
    ExplainDocument,
    ExplainedImage,
    ExplanationFiles,
    FaithfulnessCheck,
)
from convonet.documents.inspection import InspectionDocument
from convonet.documents.predictions import UnreadableImage
from convonet.documents.suspects import SuspectRow, SuspectsDocument
from convonet.tasks import EvaluateTask
from made_scores import made_document

Wait = Callable[..., None]


def two_class_scores(**more: Any) -> RunEvaluation:
    """A test of two classes, with values that are easy to know again."""
    values: dict[str, Any] = {
        "positive": "ill",
        "threshold": 0.3,
        "sensitivity": 0.8,
        "specificity": 0.9,
        "chosen": {"on": "val", "images": 20, "temperature": 1.5, "ece_uncalibrated": 0.1},
        "confidence_sentence": "All is well.",
        "reliability": {
            "edges": [0.0, 0.5, 1.0],
            "counts": [0, 4],
            "accuracy": [None, 0.75],
            "confidence": [None, 0.8],
        },
        "confidence_histogram": {"edges": [0.0, 0.5, 1.0], "right": [1, 3], "wrong": [0, 0]},
    }
    return made_document(Path("run"), ("well", "ill"), ((9, 1), (2, 8)), **(values | more))


def test_the_threshold_of_two_classes_is_given_or_chosen(qtbot: Any) -> None:
    asked: list[dict[str, Any]] = []
    tab = CurvesTab(lambda **values: asked.append(values))
    qtbot.addWidget(tab)
    tab.show_scores(two_class_scores())
    tab.show()
    assert tab.threshold_line.isVisible()
    assert (tab.positive.currentText(), tab.threshold.value()) == ("ill", 0.3)
    assert "sensitivity 80.0%, specificity 90.0%" in tab._note.text()
    # The test chose a temperature only.
    assert "chosen on validation images" not in tab._note.text()
    tab.keep.setChecked(True)
    tab._start(min_recall=0.95)
    tab._start_costs()
    assert asked[0] == {"positive": "ill", "keep": True, "min_recall": 0.95}
    assert asked[1]["costs"] == (1.0, 5.0)
    assert all(EvaluateTask(model="m", data=_data(), **values) for values in asked)
    tab.show_scores(two_class_scores(classes=["a", "b", "c"], curves=[]))
    assert not tab.threshold_line.isVisible()
    assert "Test again" in tab._note.text()
    tab.grab()


def _data() -> Any:
    from convonet.params import DataParams

    return DataParams()


def test_calibration_says_what_the_temperature_changed(qtbot: Any) -> None:
    asked: list[dict[str, Any]] = []
    tab = CalibrationTab(lambda **values: asked.append(values))
    qtbot.addWidget(tab)
    tab.show_scores(two_class_scores())
    assert "Temperature 1.5" in tab.sentence.text()
    assert "0.1000" in tab.sentence.text()
    assert "All is well." in tab.sentence.text()
    assert tab.confidence.accessibleDescription() == "correct (4), wrong (0)"
    tab.grab()
    # Where none could be fitted, 1 is stored, which nobody should take for a result.
    unfitted = {"on": "val", "images": 20, "temperature": 1.0, "ece_uncalibrated": 0.1, "note": "None fits."}
    tab.show_scores(two_class_scores(chosen=unfitted))
    assert "Temperature" not in tab.sentence.text()
    assert "None fits. All is well." in tab.sentence.text()


def test_marking_from_the_mistakes_and_the_way_back(
    loaded: AppWin, digits: Path, qtbot: Any, answers: Any, tmp_path: Path
) -> None:
    import shutil

    own, session = tmp_path / "own", loaded.controller.session
    shutil.copytree(digits / "test", own)
    session.params.set_data(session.params.data.changed(train_dir=str(own), test_dir=None))
    loaded.controller.scan()
    qtbot.waitUntil(lambda: session.sets.images("train") == 359)
    loaded.show_page("data/marks")
    page: Any = loaded.page("data")
    page.marker.mark([str(own / "3" / name.name) for name in sorted((own / "3").iterdir())[:2]], label="8")
    qtbot.waitUntil(lambda: len(page.marks.table.rows.rows) == 2)
    qtbot.waitUntil(lambda: session.sets["train"].counts()["3"] == 35)
    assert page.marks.table.rows.rows[0][2:4] == ("3", "8")
    page.marks.table.selectAll()
    page.marks._take_away()
    qtbot.waitUntil(lambda: not page.marks.table.rows.rows)
    qtbot.waitUntil(lambda: session.sets["train"].counts()["3"] == 37)
    assert answers.errors == []
    page.marker.mark([str(own / "3" / "none.png")])
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert "none.png" in answers.errors[0].sentence()


def test_selected_images_are_marked_through_the_bar(loaded: AppWin, qtbot: Any) -> None:
    from convonet.desktop.widgets.image_grid import Picture

    loaded.show_page("test")
    page: Any = loaded.page("test")
    said: list[tuple[list[str], dict[str, Any]]] = []
    page.mark_bar._marker.mark = lambda paths, **values: said.append((paths, values))
    page.mark_bar.show_classes(["a", "b"])
    page.grid.show_pictures([Picture("/x/1.png", "1"), Picture("/x/2.png", "2")])
    assert not page.mark_bar.set_button.isEnabled()
    page.grid.selectionModel().select(
        page.grid.pictures.index(1, 0), QItemSelectionModel.SelectionFlag.Select
    )
    page.mark_bar.classes.setCurrentText("b")
    for made in (page.mark_bar.set_button, page.mark_bar.leave_button, page.mark_bar.undo_button):
        made.click()
    assert said == [(["/x/2.png"], {"label": "b"}), (["/x/2.png"], {}), (["/x/2.png"], {"undo": True})]


def test_findings_of_an_inspection_name_their_images() -> None:
    side = {"min": 8, "median": 8.0, "max": 8}
    one: dict[str, Any] = {
        "classes": {"a": 2, "b": 1},
        "images": 3,
        "skipped": [],
        "sizes": {"height": side, "width": side},
        "exact_duplicates": [["a/1.png", "a/2.png"]],
        "near_duplicates": [],
        "dark": ["b/3.png"],
        "bright": [],
        "blurred": [],
        "odd_sized": [],
        "shortcuts": [],
        "near_leaks": [],
        "leaks": [],
        "conflicts": [["a/1.png", "b/1.png"]],
        "marks": [],
        "warnings": [],
    }
    document = InspectionDocument.of(one | {"leaks": [{"train": "a/1.png", "test": "a/9.png"}], "test": one})
    found = list(findings(document, Path("/train"), Path("/test")))
    assert [(item.set, item.name, len(item.pictures)) for item in found] == [
        ("Both", "In training and test", 2),
        ("Training", "In more than one class", 2),
        ("Training", "Exact duplicates", 2),
        ("Training", "Dark", 1),
        ("Test", "In more than one class", 2),
        ("Test", "Exact duplicates", 2),
        ("Test", "Dark", 1),
    ]
    assert found[0].pictures[1].address == str(Path("/test/a/9.png"))
    assert found[0].pictures[1].title == "test: a"
    assert found[-1].pictures[0].address == str(Path("/test/b/3.png"))


def test_suspicious_labels_become_a_finding(loaded: AppWin, digits: Path) -> None:
    loaded.show_page("data/quality")
    quality: Any = loaded.page("data").quality  # type: ignore[attr-defined]
    row = SuspectRow(
        rank=1,
        path="3/001.png",
        class_="3",
        suggested="8",
        margin=0.7,
        p_class=0.1,
        p_suggested=0.8,
        likely=True,
    )
    document = SuspectsDocument(
        run="",
        state="done",
        images=1438,
        folds=5,
        repeats=3,
        accuracy=0.98,
        likely=1,
        suspects=(row,),
        seconds=1.0,
    )
    quality.show_suspects(document)
    assert quality.table.rows.rows[0][:3] == ("Training", "Suspicious labels", 1)
    assert "1 of 1,438 labels is probably wrong" in quality.table.rows.rows[0][3]
    picture = quality.grid.pictures.at(0)
    assert (picture.title, picture.address) == ("3? 8", str(digits / "train" / "3" / "001.png"))


def test_an_explanation_is_shown_with_its_check(window: AppWin, tmp_path: Path, qtbot: Any) -> None:
    for name in ("image", "overlay"):
        Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / f"{name}.png")
    deletion = DeletionCurve(
        shares=(0.0, 0.5, 1.0),
        curve=(0.9, 0.2, 0.1),
        random_curve=(0.9, 0.6, 0.1),
        area=0.35,
        random_area=0.55,
        beaten=10,
        orders=10,
    )
    explained = ExplainedImage(
        path="/x/东.png",
        predicted="东",
        confidence=0.9,
        class_="主",
        probability=0.05,
        layer="conv_2",
        faithful=FaithfulnessCheck(deletion=deletion, likeness=0.1, sentence="It can be believed."),
        files=ExplanationFiles(
            picture="picture.png",
            overlay="overlay.png",
            heat="heat.png",
            image="image.png",
            values="values.npy",
        ),
    )
    broken = UnreadableImage(path="/x/none.png", error="is no image")
    document = ExplainDocument(
        method="grad_cam",
        title="Grad-CAM",
        meaning="",
        folder=str(tmp_path),
        explanations=(explained, broken),
    )
    window.show_page("explain")
    page: Any = window.page("explain")
    page.why.show_document(document)
    assert page.why._says.text() == "东, 90.0% confident; the map explains 主 (5.0%)"
    assert page.why._why.text() == "东.png: Grad-CAM, maps of conv_2. It can be believed."
    assert not page.why.deletion.isHidden()
    assert page.why.deletion.accessibleDescription() == "highest values first, reference maps"
    page.why.grid.setCurrentIndex(page.why.grid.pictures.index(1, 0))
    assert page.why._says.text() == "is no image"
    assert page.why.deletion.isHidden()
    page.why.grab()


def test_a_picture_is_drawn_crisp_or_smooth(qtbot: Any) -> None:
    from PySide6.QtGui import QImage

    view = PictureView("one", "Nothing yet")
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.grab()
    image = QImage(4, 4, QImage.Format.Format_RGB888)
    image.fill(0xFF0000)
    over = QImage(4, 4, QImage.Format.Format_RGB888)
    over.fill(0x0000FF)
    view.show_image(image, over)
    view.set_strength(0.0)
    assert view.grab().toImage().pixelColor(100, 100).red() == 255
    view.set_strength(1.0)
    assert view.grab().toImage().pixelColor(100, 100).blue() == 255


@pytest.mark.slow
def test_explained_layers_dreamt_checked_and_reported_with_workers(
    loaded: AppWin, qtbot: Any, answers: Any, wait_work: Wait, tmp_path: Path
) -> None:
    from convonet.params import SearchSpace

    session, actions = loaded.controller.session, loaded.controller.actions
    session.params.set_space(
        SearchSpace.of({"family": "simple", "epochs": 1, "batch_size": 64, "num_units": 16})
    )
    session.params.set_data(session.params.data.changed(image_size=16))
    actions["train_val"].trigger()
    wait_work(loaded)
    loaded.show_page("explain")
    page: Any = loaded.page("explain")
    page.why.faithful.setChecked(True)
    page.why._explain_mistakes()
    qtbot.waitUntil(lambda: session.work is not None)
    wait_work(loaded)
    assert page.why.grid.pictures.rowCount() == 12
    assert "% confident" in page.why._says.text()
    page.draw_layers(Path(page.why._rows()[0].path))
    wait_work(loaded)
    assert page.layers.list.count() >= 3
    page.excite("output", 3, 8, 0)
    wait_work(loaded)
    assert not page.dream.picture._image.isNull()
    actions["check_quality"].trigger()
    wait_work(loaded)
    assert loaded.shown == "data"
    quality: Any = loaded.page("data").quality  # type: ignore[attr-defined]
    assert quality.warnings.text()
    answers.paths = [tmp_path / "report.html"]
    answers.choices = ["Digits of mine"]
    actions["save_report"].trigger()
    wait_work(loaded)
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")[:500]
    assert answers.errors == []
    assert json.dumps(session.evaluation.to_dict())
