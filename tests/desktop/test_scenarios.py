"""The reference application's scenarios, through the real menus, with real workers."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.desktop.app_win import AppWin
from convonet.events import RunState

Wait = Callable[..., None]


def write_params(folder: Path, sets: Path, test_name: str = "test", **data: Any) -> tuple[Path, Path]:
    """Parameter files as the reference application writes them."""
    data_file, hyper_file = folder / "data.json", folder / "hyper.json"
    data = {"train_dir": str(sets / "train"), "test_dir": str(sets / test_name), "image_size": 8} | data
    data_file.write_text(json.dumps(data | {"result_dir": str(folder / "results")}))
    hyper = {
        "init_rate": [0.02, 0.01],
        "num_filters": [8],
        "num_units": [32],
        "epochs": [2],
        "batch_size": [32],
    }
    hyper_file.write_text(json.dumps(hyper))
    return data_file, hyper_file


@pytest.mark.slow
def test_scenario_1_train(
    window: AppWin, answers: Any, qtbot: Any, digits: Path, tmp_path: Path, wait_work: Wait
) -> None:
    loaded = set(sys.modules)
    session, actions = window.controller.session, window.controller.actions
    answers.paths = list(write_params(tmp_path, digits))
    actions["load_data"].trigger()
    qtbot.waitUntil(lambda: session.sets.images("train") == 1438)
    assert window.shown == "data"
    data: Any = window.page("data")
    assert data.grid.pictures.rowCount() == 10
    actions["load_hyper"].trigger()
    assert window.shown == "params"
    params: Any = window.page("params")
    params.hyper_form.rows["epochs"].editor.set_text("3")
    params.hyper_form.edited.emit()
    actions["initialise"].trigger()
    wait_work(window)
    network: Any = window.page("network")
    assert network.tiles["params"].value == f"{session.summary.params:,}"  # type: ignore[union-attr]
    actions["train_val"].trigger()
    assert window.shown == "train"
    wait_work(window)
    assert answers.errors == []
    assert session.model is not None
    run = session.model.run
    assert run is not None
    assert run.state() is RunState.DONE
    assert run.path.parent == tmp_path / "results"
    page: Any = window.page("train")
    history = run.history()
    assert [row[0] for row in page.table.rows.rows] == history["epoch"] == [1, 2, 3]
    assert [row[2] for row in page.table.rows.rows] == history["accuracy"]
    assert [row[4] for row in page.table.rows.rows] == history["val_accuracy"]
    assert page.tiles["val_accuracy"].value == f"{100 * history['val_accuracy'][-1]:.1f}%"  # type: ignore[operator]
    assert (tmp_path / "results" / "train_val_plots.png").is_file()
    assert not {"keras", "torch", "tensorflow", "jax"} & (set(sys.modules) - loaded)


@pytest.mark.slow
def test_scenario_3_test_now_and_another_day(
    open_app: Any, answers: Any, qtbot: Any, digits: Path, tmp_path: Path, wait_work: Wait
) -> None:
    first: AppWin = open_app()
    data_file, hyper_file = write_params(tmp_path, digits)
    first.files.take_params(data_file)
    first.files.take_params(hyper_file)
    session = first.controller.session
    qtbot.waitUntil(lambda: "test" in session.sets)
    first.controller.actions["train_only"].trigger()
    wait_work(first)
    first.controller.actions["evaluate"].trigger()
    wait_work(first)
    scores = session.evaluation
    assert scores is not None
    page: Any = first.page("test")
    assert page.tiles["accuracy"].value == f"{100 * scores['accuracy']:.1f}%"
    model = tmp_path / "mine" / "digits.keras"
    answers.paths = [model]
    first.controller.actions["save_model"].trigger()
    qtbot.waitUntil(model.is_file)
    first.close()

    later: AppWin = open_app()
    session = later.controller.session
    answers.paths = [data_file]
    later.controller.actions["load_data"].trigger()
    qtbot.waitUntil(lambda: "test" in session.sets)
    answers.paths = [model]
    later.controller.actions["load_model"].trigger()
    qtbot.waitUntil(lambda: session.model is not None)
    wait_work(later)
    later.controller.actions["show_matrix"].trigger()
    wait_work(later)
    assert answers.errors == []
    assert session.evaluation is not None
    assert session.evaluation.accuracy == scores.accuracy
    assert session.evaluation.confusion_matrix == scores.confusion_matrix
    assert later.shown == "test"
    _check_window_against_files(later, qtbot)


def _check_window_against_files(window: AppWin, qtbot: Any) -> None:
    """Matrix, table and mistakes of the window are those of the run folder."""
    scores = window.controller.session.evaluation
    assert scores is not None
    folder, page = Path(scores.run), window.page("test")
    shown: Any = page
    written = json.loads((folder / "evaluation.json").read_text())
    assert written["confusion_matrix"] == [list(row) for row in scores.confusion_matrix]
    assert [row[0] for row in shown.table.rows.rows] == written["classes"]
    assert [row[3] for row in shown.table.rows.rows] == [line["f1"] for line in written["per_class"]]
    with (folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [row for row in rows if row["true"] != row["predicted"]]
    qtbot.waitUntil(lambda: shown.grid.pictures.rowCount() == len(wrong))
    true, predicted = wrong[0]["true"], wrong[0]["predicted"]
    shown.matrix.cell_opened.emit(true, predicted)
    same = [row for row in wrong if (row["true"], row["predicted"]) == (true, predicted)]
    assert shown.grid.pictures.rowCount() == len(same)
    picture = shown.grid.pictures.at(0)
    assert Path(picture.address).is_file()
    best = max(same, key=lambda row: float(row["confidence"]))
    assert picture.probabilities[0] == (predicted, float(best["confidence"]))


@pytest.mark.data
@pytest.mark.slow
def test_a_second_set_with_other_names_for_its_classes(
    window: AppWin,
    answers: Any,
    qtbot: Any,
    real_data: Callable[[str], Path],
    tmp_path: Path,
    wait_work: Wait,
) -> None:
    session = window.controller.session
    sets = real_data("chest_xray_28")
    window.files.take_folder(sets)
    qtbot.waitUntil(lambda: "train" in session.sets)
    window.files.take_params(write_params(tmp_path, sets)[1])
    session.params.set_space(session.params.space.changed({"epochs": [1]}))
    window.controller.actions["train_val"].trigger()
    wait_work(window)
    assert answers.errors == []
    assert session.evaluation is not None
    assert len(session.evaluation.classes) == 2


@pytest.mark.slow
def test_scenario_2_tune_and_take_over(
    window: AppWin, answers: Any, qtbot: Any, digits: Path, tmp_path: Path, wait_work: Wait
) -> None:
    session, actions = window.controller.session, window.controller.actions
    for file in write_params(tmp_path, digits):
        window.files.take_params(file)
    session.params.set_space(session.params.space.changed({"epochs": [1], "family": ["logistic"]}))
    qtbot.waitUntil(lambda: "train" in session.sets)
    window.show_page("tune")
    page: Any = window.page("tune")
    page.search_panel.folds.setValue(2)
    actions["tune"].trigger()
    wait_work(window)
    assert answers.errors == []
    qtbot.waitUntil(lambda: len(page.search_panel.table.rows.rows) == 2)
    qtbot.waitUntil(lambda: len(page.search_panel.plots.pictures) == 4)
    page.search_panel.table.selectRow(0)
    best = page.search_panel.table.rows.rows[0][0]
    page.search_panel.adopt_button.click()
    assert session.params.hyper.init_rate == best
    assert session.params.space.varied == ()
    assert window.shown == "params"
    actions["train_val"].trigger()
    wait_work(window)
    assert answers.errors == []
    assert session.model is not None
    assert session.model.run is not None
    assert session.model.run.task().hyper == session.params.hyper


@pytest.mark.slow
def test_a_search_is_watched_stopped_and_its_best_row_adopted(
    window: AppWin, answers: Any, qtbot: Any, digits: Path, tmp_path: Path, wait_work: Wait
) -> None:
    """Rows come while it works; what is finished after Stop is the table, and can be taken over."""
    session, actions = window.controller.session, window.controller.actions
    for file in write_params(tmp_path, digits):
        window.files.take_params(file)
    session.params.set_space(
        session.params.space.changed({"epochs": [4, 5, 6], "init_rate": [0.04, 0.02, 0.01, 0.005]})
    )
    qtbot.waitUntil(lambda: "train" in session.sets)
    window.show_page("tune")
    page: Any = window.page("tune")
    actions["tune"].trigger()
    qtbot.waitUntil(lambda: len(page.search_panel.table.rows.rows) >= 3)
    assert session.work is not None
    assert page.bar.value() > 0
    actions["stop_tuning"].trigger()
    wait_work(window)
    assert answers.errors == []
    run = page._runs["tune"]
    assert run.state() is RunState.CANCELLED
    trials = (run.path / "trials.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert 3 <= len(trials) < 36
    qtbot.waitUntil(lambda: _folds(page) == len(trials))
    rows = page.search_panel.table.rows
    done = [row for row in rows.rows if row[rows.columns.index("State")] == "done"]
    if not done:
        return
    page.search_panel.table.selectRow(page.search_panel.table.rows.rows.index(done[0]))
    page.search_panel.adopt_button.click()
    columns = page.search_panel.table.rows.columns
    assert session.params.hyper.init_rate == done[0][columns.index("Learning rate")]
    assert session.params.hyper.epochs == done[0][columns.index("Epochs")]


def _folds(page: Any) -> int:
    """Finished folds that the table of settings tells."""
    place = page.search_panel.table.rows.columns.index("Folds")
    return sum(row[place] for row in page.search_panel.table.rows.rows)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made pictures of four classes in colour and in many sizes; the test set names its classes shorter."""
    folder = tmp_path_factory.mktemp("scans")
    rng = np.random.default_rng(4)
    for number in range(48):
        name = ("adenocarcinoma", "large.cell.carcinoma", "normal", "squamous.cell.carcinoma")[number % 4]
        part, longer = ("test", "") if number >= 40 else ("train", "" if name == "normal" else "_T2_N0_M0_Ib")
        coarse = rng.integers(0, 255, (4 * (1 + number % 4), 6, 3), dtype=np.uint8)
        target = folder / part / f"{name}{longer}"
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize((230 + 7 * number, 210 + 5 * number)).save(target / f"{number}.png")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_scenario_4_another_set_of_larger_images(
    window: AppWin, answers: Any, qtbot: Any, scans: Path, tmp_path: Path, wait_work: Wait
) -> None:
    """Searched, adopted and trained at 224 × 224 with the lung set's parameters as they were shipped."""
    session, actions = window.controller.session, window.controller.actions
    names = {path.name.split("_")[0]: path.name for path in (scans / "train").iterdir()}
    data, hyper = write_params(tmp_path, scans, image_size=224, num_classes=4, class_map=names)
    shipped = {"init_rate": [0.01, 0.02], "num_filters": [20, 30], "num_units": [300, 512]}
    shipped |= {"epochs": [1], "batch_size": [16, 24]}
    fixed = {"decay_steps": 400, "decay_rate": 0.96, "kernel_size": 3, "momentum": 0.9, "drop_out": 0.2}
    hyper.write_text(json.dumps(shipped | fixed))
    answers.paths = [data, hyper]
    actions["load_data"].trigger()
    qtbot.waitUntil(lambda: session.sets.images("train") == 40)
    actions["load_hyper"].trigger()
    window.show_page("tune")
    page: Any = window.page("tune")
    page.search_panel.search.setCurrentText("random")
    page.search_panel.trials.setValue(2)
    page.search_panel.folds.setValue(2)
    actions["tune"].trigger()
    wait_work(window, 400)
    assert answers.errors == []
    states = page.search_panel.table.rows.columns.index("State")
    qtbot.waitUntil(lambda: [row[states] for row in page.search_panel.table.rows.rows] == ["done"] * 2)
    page.search_panel.table.selectRow(0)
    page.search_panel.adopt_button.click()
    actions["train_only"].trigger()
    wait_work(window)
    actions["evaluate"].trigger()
    wait_work(window)
    assert answers.errors == []
    assert session.evaluation is not None
    assert session.evaluation.images == 8
