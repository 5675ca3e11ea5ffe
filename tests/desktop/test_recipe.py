"""Training by a recipe in the window: the plan before, candidates while it trains, the summary afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.kept_session import restore_session
from convonet.desktop.widgets.basic import Tile
from convonet.desktop.window_state import WindowState
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.runs import Run
from convonet.session.opened import OpenedModel
from convonet.session.shown_actions import shown_actions
from convonet.tasks import TrainTask
from convonet.tasks.shown_as import as_command
from made_scores import write_scores

Wait = Callable[..., None]


def choose(window: AppWin, qtbot: Any, folder: Path) -> Any:
    """Choose a folder of images; gives the page Train with its plan."""
    session = window.controller.session
    window.files.take_folder(folder)
    qtbot.waitUntil(lambda: "train" in session.sets)
    window.show_page("train")
    page: Any = window.page("train")
    qtbot.waitUntil(lambda: not page.card.preview.is_busy)
    return page


def test_images_are_enough_to_train(window: AppWin, qtbot: Any, blobs: Path) -> None:
    page = choose(window, qtbot, blobs)
    card = page.card
    assert [made.text() for made in card.recipe.buttons.values()] == ["Fast", "Balanced", "Best", "Expert"]
    assert card.recipe.current == "auto"
    assert card.minutes.text() == "5 (default)"
    assert card.sentence.text().startswith("80 small images, 2 classes → ")
    assert len(card.candidates.lines) >= 1
    assert page.tabs.isHidden(), "nothing has been trained yet"
    assert window.rail.buttons["train"].standing == "next"
    params: Any = window.page("params")
    params.refresh()
    assert params.data_form.rows["image_size"].editor.widget.placeholderText() == "auto"
    assert params._family.text().startswith("Balanced: ")
    assert not params.cards.isVisibleTo(params), "a plan chooses its backbone itself"


def test_the_plan_follows_what_is_set(window: AppWin, qtbot: Any, blobs: Path) -> None:
    page = choose(window, qtbot, blobs)
    card, session = page.card, window.controller.session
    window.page("params")
    form: Any = window.pages["params"].hyper_form  # type: ignore[attr-defined]
    form.rows["epochs"].editor.set_text("3")
    form.edited.emit()
    qtbot.waitUntil(lambda: "Epochs 3" in card.notes.text())
    card.minutes.setValue(2)
    assert session.tasks.train().minutes == 2
    shown = {item.title: item for item in shown_actions(session)}["Training With Validation"]
    assert shown.command.endswith("--set epochs=3 --minutes 2")
    assert "convonet.train(data, hyper, minutes=2)" in shown.python
    card.recipe.buttons["fast"].click()
    qtbot.waitUntil(lambda: len(card.candidates.lines) > 0 and not card.preview.is_busy)
    assert session.tasks.train().recipe == "fast"
    form.rows["family"].editor.set_text("logistic")
    form.edited.emit()
    assert card.recipe.current == "none"
    assert card.minutes.isHidden()
    assert card.sentence.text() == "80 images in 2 classes, network logistic, 3 epochs, batches of 64"


def test_a_file_of_hyper_parameters_is_trained_as_it_is(
    window: AppWin, qtbot: Any, blobs: Path, tmp_path: Path
) -> None:
    page = choose(window, qtbot, blobs)
    file = tmp_path / "hyper.json"
    file.write_text(json.dumps({"epochs": [2], "batch_size": [32]}))
    window.files.take_params(file)
    window.show_page("train")
    assert page.card.recipe.current == "none"
    task = window.controller.session.tasks.train()
    assert (task.recipe, task.hyper.epochs) == ("none", 2)
    window.controller.actions["new_hyper"].trigger()
    assert page.card.recipe.current == "auto"


def test_the_recipe_is_remembered(open_app: Any, tmp_path: Path) -> None:
    first: AppWin = open_app()
    first.controller.session.params.set_recipe("best", 12)
    first.close()
    later: AppWin = open_app(WindowState.load())
    restore_session(later.controller)
    recipes = later.controller.session.params.recipes
    assert (recipes.chosen, recipes.minutes) == ("best", 12)
    # Windows without recipes trained what the form said.
    old: AppWin = open_app(WindowState(hyper={"epochs": 4}))
    restore_session(old.controller)
    assert old.controller.session.params.recipe == "none"


@pytest.mark.timeout(600)
def test_train_and_what_is_shown_while_and_after(
    window: AppWin, qtbot: Any, answers: Any, blobs: Path, wait_work: Wait
) -> None:
    """Choose a folder, press Train, and a real worker does the rest."""
    page = choose(window, qtbot, blobs)
    session = window.controller.session
    session.params.set_recipe("fast")
    window.controller.actions["train_val"].trigger()
    assert session.work is not None
    task = session.work.task
    assert isinstance(task, TrainTask)
    assert task.recipe == "fast"
    assert page.card.isHidden()
    assert page.tabs.currentWidget() is page._curves
    headings: set[str] = set()
    notes: set[str] = set()

    def look() -> None:
        headings.add(page._now.text()[:3])
        notes.update(line.note for line in page.candidates.lines if line.accuracy is not None)

    window.controller.progressed.connect(look)
    wait_work(window)
    assert "[1/" in headings
    assert "Best so far" in notes
    assert answers.errors == []
    summary = page.summary.summary
    assert page.tabs.currentWidget() is page.summary
    assert [line.state for line in page.summary.tried.lines].count("chosen") == 1
    assert page.summary._score.text() == f"{100 * summary.accuracy:.1f}%"
    assert "50.0%" in page.summary.score_note.text()
    assert [button.text() for button in page.summary.buttons][-1] == "Apply and train again"
    assert page.card.isVisible()


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(600)
def test_a_folder_of_photographs_reaches_what_the_command_line_reaches(
    flowers_by_command: dict[str, Any],
    window: AppWin,
    qtbot: Any,
    answers: Any,
    real_data: Callable[[str], Path],
    wait_work: Wait,
) -> None:
    page = choose(window, qtbot, real_data("flowers_128"))
    page.card.minutes.setValue(1)
    window.controller.actions["train_val"].trigger()
    wait_work(window)
    assert answers.errors == []
    reached = page.summary.summary.accuracy
    assert reached == pytest.approx(flowers_by_command["test"]["accuracy"], abs=0.01)
    assert reached > 0.65


def record_run(folder: Path, images: Path) -> Run:
    """A run as `auto` leaves it, and a model that is only looked at."""
    data = DataParams.of({"train_dir": str(images / "train")})
    run = Run.create(folder, TrainTask(data=data, hyper=HyperParams(), recipe="auto", minutes=1))
    candidate = {"kind": "frozen", "hyper": {}, "image_size": [96, 96], "channels": 1, "reason": ""}
    score = {"images": 16, "temperature": 1.0, "majority": 0.5}
    score |= {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "log_loss": 0.3}
    candidates = [
        candidate
        | {"name": "frozen", "title": "Frozen", "state": "done", "validation": score, "seconds": 9.0},
        candidate
        | {"name": "fine_tuned", "title": "Fine-tuned", "state": "skipped", "validation": None}
        | {"seconds": 0.0, "reason": "needs at least 9 s"},
    ]
    plan = {"recipe": "auto", "minutes": 1, "sentence": "80 small images → a network", "why": "the first"}
    counts = {"dark": 40, "light": 40}
    facts = {"images": 80, "counts": counts, "channels": 1, "height": 8, "width": 8, "signs": False}
    plan |= {"facts": facts, "candidates": candidates, "decisions": [], "notes": [], "chosen": "frozen"}
    test = {"accuracy": 0.8, "accuracy_interval": [0.7, 0.88], "baseline_accuracy": 0.5, "images": 20}
    run.update(
        state="done",
        plan=plan,
        scores={"test": test},
        advice=[{"kind": "uneven", "text": "dark has more images.", "mistake": False}],
        diagnosis=[{"kind": "plateau", "sentence": "A plateau.", "advice": "Try more images."}],
    )
    write_scores(run.path, ("dark", "light"), [[9, 1], [3, 7]])
    run.file("history.csv").write_text(
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n1,1,1,1,1,1\n"
    )
    return run


def test_a_run_that_is_opened_again_has_its_summary_and_advice(
    window: AppWin, tmp_path: Path, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, session = record_run(tmp_path / "runs", blobs), window.controller.session
    runs: Any = window.page("runs")
    runs._take_run(run, OpenedModel(run.path))
    assert window.shown == "train"
    page: Any = window.page("train")
    view = page.summary
    assert page.tabs.currentWidget() is view
    assert session.params.recipe == "auto"
    assert page.card.minutes.value() == 1
    assert [line.note for line in view.tried.lines] == ["Chosen", "Needs at least 9 s"]
    assert view._interval.text() == "95% CI 70.0–88.0%"
    assert view._confused.text() == "light mistaken for dark"
    assert page.messages.toPlainText() == "A plateau. Try more images.\nDark has more images."
    assert page.tabs.tabText(page.tabs.indexOf(page.messages)) == "Messages (2)"
    started: list[TrainTask] = []
    monkeypatch.setattr(session, "start", started.append)
    assert len(view.buttons) == 2, "of a plateau there is nothing to apply"
    assert view.buttons[1].toolTip() == "Trains with the Best recipe. This run is kept."
    for button in list(view.buttons):
        button.click()
    uneven, longer = started
    assert (uneven.recipe, uneven.hyper.balanced) == ("auto", True)
    assert (longer.recipe, longer.hyper.set_values()) == ("best", {})
    assert [as_command(task) for task in started] == [step.command for step in view.summary.advice[1:]]


def test_an_untested_model_says_why_and_can_be_evaluated(window: AppWin, tmp_path: Path, blobs: Path) -> None:
    run = record_run(tmp_path / "runs", blobs)
    run.update(scores={}, test_skipped={"reason": "other names.", "options": [], "error": {}})
    runs: Any = window.page("runs")
    runs._take_run(run, OpenedModel(run.path))
    page: Any = window.page("train")
    view = page.summary
    assert view._none.isVisible()
    assert view._score.isHidden()
    assert "The model was not tested: other names." in page.messages.toPlainText()
    assert view._evaluate_button.text() == "Test"
    assert not view._evaluate_button.isEnabled()
    assert view._evaluate_button.toolTip() == "No test images are loaded"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(400)
def test_auto_on_sixty_photographs(
    window: AppWin,
    qtbot: Any,
    answers: Any,
    real_data: Callable[[str], Path],
    tmp_path: Path,
    wait_work: Wait,
) -> None:
    source, cut = real_data("flowers_128"), tmp_path / "cut"
    for part, count in (("train", 20), ("test", 8)):
        for name in ("daisy", "rose", "tulip"):
            (cut / part / name).mkdir(parents=True)
            for path in sorted((source / part / name).iterdir())[:count]:
                shutil.copy(path, cut / part / name)
    page = choose(window, qtbot, cut)
    assert page.card.sentence.text().startswith("60 photographs, 3 classes → EfficientNet-Lite0, 224 px")
    page.card.minutes.setValue(0.5)
    window.controller.actions["train_val"].trigger()
    wait_work(window, 300)
    assert answers.errors == []
    assert len(page.summary.tried.lines) == 2
    assert page.summary.summary.accuracy is not None
    session = window.controller.session
    assert session.model is not None
    run = session.model.run
    assert run is not None
    stored = [step.text for step in page.summary.summary.advice]
    assert "More training time may give a better model." in stored
    button = page.summary.buttons[-1]
    button.click()
    assert session.work is not None
    task = session.work.task
    assert isinstance(task, TrainTask)
    assert task.recipe == "best"
    assert page.card.isHidden()
    session.stop()
    wait_work(window)


def test_expert_begins_with_the_plan_and_leaves_nothing_behind(
    window: AppWin, qtbot: Any, blobs: Path
) -> None:
    page = choose(window, qtbot, blobs)
    session, card = window.controller.session, page.card
    plan = card.preview.plan
    card.recipe.buttons["none"].click()
    main = next((one for one in plan.candidates if one.kind == "fine_tuned"), plan.candidates[0])
    assert session.params.recipe == "none"
    assert session.params.data.image_size == main.image_size
    assert session.params.hyper.family == main.hyper["family"]
    params: Any = window.page("params")
    window.show_page("params/hyper")
    assert not any(row.name.objectName() for row in params.hyper_form.rows.values())
    params.hyper_form.rows["momentum"].editor.set_text("0.5")
    params.hyper_form.edited.emit()
    differing = [name for name, row in params.hyper_form.rows.items() if row.name.objectName() == "differs"]
    assert differing == ["momentum"]
    assert "The plan uses the default." in params.hyper_form.rows["momentum"].help.text()
    card.recipe.buttons["auto"].click()
    assert session.params.recipe == "auto"
    assert session.params.data.set_values() == {"train_dir": str(blobs)}
    assert session.params.space.choices == {}


def test_parameters_are_searched(window: AppWin) -> None:
    window.show_page("params/hyper")
    page: Any = window.page("params")
    page.search.setText("learning rate")
    shown = [name for name, row in page.hyper_form.rows.items() if row.is_shown]
    assert "init_rate" in shown
    assert "rotation" not in shown
    assert page._found.text() == f"{len(shown)} parameters"
    assert page.hyper_form._headings["Augmentation"].isHidden()
    page.search.setText("")
    page.only_set.setChecked(True)
    assert page._found.text() == "0 parameters"


def test_a_backbone_brings_its_image_size(window: AppWin, answers: Any) -> None:
    session = window.controller.session
    window.show_page("params/hyper")
    page: Any = window.page("params")
    session.params.set_space(SearchSpace.of({"family": "lenet5", "epochs": 4}))
    page.cards.cards["efficientnet_lite0"].click()
    assert (session.params.hyper.family, session.params.hyper.base, session.params.hyper.epochs) == (
        "transfer",
        "efficientnet_lite0",
        4,
    )
    assert session.params.data.image_size == (224, 224)
    assert page.cards.cards["efficientnet_lite0"].isChecked()
    answers.choices = ["Cancel"]
    page.cards.cards["xception"].click()
    assert session.params.hyper.base == "efficientnet_lite0", "nothing is downloaded unasked"
    answers.choices = ["Download when training"]
    page.cards.cards["xception"].click()
    assert (session.params.hyper.base, session.params.hyper.base_weights) == ("xception", "fetch")
    assert session.params.data.image_size == (299, 299)
    page.cards.cards[""].click()
    assert (session.params.hyper.base, session.params.hyper.epochs) == (None, 4)


def test_test_images_are_held_out_before_training(window: AppWin, qtbot: Any, blobs: Path) -> None:
    session = window.controller.session
    window.files.take_folder(blobs)
    qtbot.waitUntil(lambda: "test" in session.sets)
    data: Any = window.page("data")
    assert data.strip.hold_out.isHidden(), "there are test images"
    window.files.take_folder(blobs / "train")
    qtbot.waitUntil(lambda: session.sets.images("train") == 80)
    assert data.strip.hold_out.isVisible()
    data.strip.hold_out.hold_out.click()
    qtbot.waitUntil(lambda: session.sets.images("test") == 16)
    assert session.sets.images("train") == 64
    assert data.strip.hold_out.isHidden()
    assert data.tiles["test"].value == "16"


def test_the_tile_of_skipped_files_stays_low_in_a_narrow_window(
    window: AppWin, qtbot: Any, blobs: Path
) -> None:
    window.files.take_folder(blobs)
    qtbot.waitUntil(lambda: "test" in window.controller.session.sets)
    tile = window.page("data").tiles["skipped"]
    width, shortest = 120, Tile("Skipped")
    qtbot.addWidget(shortest)
    shortest.show_value("0", "–")
    assert tile.value == "0"
    assert tile.heightForWidth(width) == shortest.heightForWidth(width)
