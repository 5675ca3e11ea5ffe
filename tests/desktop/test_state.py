"""What the window shows belongs to what is loaded: new images leave nothing of the old ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.desktop.app_win import AppWin
from convonet.documents.predictions import UnreadableImage
from convonet.params import DataParams, SearchSpace
from convonet.runs import Run
from convonet.session.demo import task_for
from convonet.session.opened import OpenedModel
from made_scores import write_scores

Wait = Callable[..., None]


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Colour images of two classes, larger than the digits."""
    rng = np.random.default_rng(1)
    for name in ("ants", "bees"):
        (tmp_path / "photographs" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 255, (64, 80, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photographs" / name / f"{number}.jpg")
    return tmp_path / "photographs"


def trained_on(folder: Path, digits: Path) -> Run:
    """A run of the demonstration as it stands in its folder, with a model that is only looked at."""
    run = Run.create(folder, task_for(str(digits / "train"), str(digits / "test")))
    run.update(state="done", scores={"test": {"accuracy": 0.986, "accuracy_interval": [0.97, 0.99]}})
    write_scores(run.path, ("0", "1"), [[70, 1], [0, 1]])
    rows = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n1,1,0.9,1,0.9,1\n"
    run.file("history.csv").write_text(rows)
    return run


def check_nothing_is_left(window: AppWin, photographs: Path) -> None:
    """The window is as if the photographs had been chosen first."""
    session = window.controller.session
    assert session.params.data.set_values() == {"train_dir": str(photographs)}
    assert (session.params.recipe, session.params.space) == ("auto", SearchSpace())
    assert session.model is session.evaluation is session.summary is session.explanations is None
    assert session.predictions == ()
    standing = {name: made.standing for name, made in window.rail.buttons.items()}
    assert standing["data"] == "done"
    assert standing["train"] == "next"
    assert standing["test"] == standing["use"] == "blocked"
    assert not any("98.6" in made.toolTip() for made in window.rail.buttons.values())
    window.show_page("train")
    train: Any = window.page("train")
    assert train._record.epochs_done == 0
    assert train.tabs.isHidden()
    window.show_page("test")
    test: Any = window.page("test")
    assert test._either.currentIndex() == 0


def test_photographs_after_the_digits_leave_nothing_of_the_digits(
    window: AppWin, answers: Any, qtbot: Any, digits: Path, tmp_path: Path, photographs: Path
) -> None:
    session = window.controller.session
    run = trained_on(tmp_path / "runs", digits)
    runs: Any = window.page("runs")
    runs._take_run(run, OpenedModel(run.path))
    qtbot.waitUntil(lambda: "test" in session.sets)
    assert session.params.data.image_size == (16, 16)
    assert "98.6%" in window.rail.buttons["test"].toolTip()
    window.show_page("train")
    session.predictions = (UnreadableImage(path="7.png", error="of the digits"),)
    window.files.take_folder(photographs)
    qtbot.waitUntil(lambda: session.sets.images("train") == 24)
    assert answers.errors == []
    check_nothing_is_left(window, photographs)


def test_a_folder_that_is_pointed_to_anew_keeps_what_was_set(
    window: AppWin, qtbot: Any, tmp_path: Path, photographs: Path
) -> None:
    session = window.controller.session
    session.params.set_data(DataParams.of({"train_dir": str(tmp_path / "gone"), "image_size": 32}))
    session.params.set_space(SearchSpace.of({"epochs": 4}))
    window.files.take_folder(photographs)
    qtbot.waitUntil(lambda: "train" in session.sets)
    assert (session.params.data.image_size, session.params.hyper.epochs) == ((32, 32), 4)


def test_another_test_folder_drops_the_score_and_keeps_the_model(
    window: AppWin, qtbot: Any, digits: Path, tmp_path: Path
) -> None:
    session = window.controller.session
    run = trained_on(tmp_path / "runs", digits)
    runs: Any = window.page("runs")
    runs._take_run(run, OpenedModel(run.path))
    qtbot.waitUntil(lambda: "test" in session.sets)
    window.files.take_folder(digits / "train", "test_dir")
    qtbot.waitUntil(lambda: session.sets.images("test") == 1438)
    assert session.model is not None
    assert session.evaluation is None
    assert window.rail.buttons["test"].standing == "next"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_digits_button_then_photographs(
    window: AppWin, answers: Any, qtbot: Any, photographs: Path, wait_work: Wait
) -> None:
    session = window.controller.session
    window.controller.actions["demo"].trigger()
    qtbot.waitUntil(lambda: session.work is not None)
    wait_work(window)
    assert session.evaluation is not None
    window.files.take_folder(photographs)
    qtbot.waitUntil(lambda: session.sets.images("train") == 24)
    assert answers.errors == []
    check_nothing_is_left(window, photographs)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_training_that_ends_after_other_images_were_chosen_is_only_listed(
    window: AppWin, answers: Any, qtbot: Any, photographs: Path, wait_work: Wait
) -> None:
    session = window.controller.session
    window.controller.actions["demo"].trigger()
    qtbot.waitUntil(lambda: window.controller.progress.epochs_done > 0)
    window.files.take_folder(photographs)
    qtbot.waitUntil(lambda: session.sets.images("train") == 24)
    wait_work(window)
    assert answers.errors == []
    check_nothing_is_left(window, photographs)
    assert len(list(session.runs.known())) == 1
