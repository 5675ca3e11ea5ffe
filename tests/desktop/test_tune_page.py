"""The page of tuning with a search that has ended: its table, its figures, a row taken over."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.plots import PlotsDialog
from convonet.desktop.views.tune_plots import FIGURES
from convonet.events import RunState, Watch
from convonet.jobs.search_results import write_results
from convonet.params import DataParams, SearchSpace
from convonet.runs import Run
from convonet.runs.documents import tune_document
from convonet.runs.trials import TRIALS, FoldRow, TrialsFile
from convonet.tasks import TuneTask

RATES = (0.02, 0.01)


@pytest.fixture(scope="module")
def searched(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A search over two rates with two folds, its rows made up."""
    data = DataParams.of({"train_dir": str(digits / "train"), "image_size": 8})
    space = SearchSpace.of({"init_rate": list(RATES), "family": "logistic"})
    task = TuneTask(data=data, space=space, folds=2, threads=1)
    run = Run.create(tmp_path_factory.mktemp("runs"), task, name="search", owner=os.getpid())
    file = TrialsFile(run.file(TRIALS), task.space.varied)
    for trial, rate in enumerate(RATES, 1):
        for fold in (1, 2):
            score = 0.9 + rate + fold / 1000
            numbers = {"accuracy": score, "loss": 1 - score, "score": score, "seconds": 2.0}
            file.append(FoldRow(trial, 1, fold, 0, {"init_rate": rate}, **numbers))
    write_results(run, task, Watch())
    return run


def test_the_table_the_figures_and_a_row_taken_over(window: AppWin, searched: Run, qtbot: Any) -> None:
    window.show_page("tune")
    page: Any = window.page("tune")
    page._runs["tune"] = searched
    panel = page.search_panel
    panel.show_document(searched, tune_document(searched))
    model = panel.table.rows
    assert model.columns[:3] == ("Learning rate", "Accuracy %", "± %")
    texts = [[model.data(model.index(row, column)) for column in range(3)] for row in (0, 1)]
    assert texts == [["0.02", "92.15", "0.05"], ["0.01", "91.15", "0.05"]]
    assert set(panel.plots.pictures) == set(FIGURES)
    panel.tabs.setCurrentWidget(panel.plots)
    page.refresh()
    assert all(picture.isVisible() for picture in panel.plots.pictures.values())
    with qtbot.waitSignal(panel.enlarged) as told:
        panel.plots.pictures["importance.png"].opened.emit()
    assert told.args == [FIGURES["importance.png"]]
    panel.table.selectRow(1)
    panel.adopt_button.click()
    assert window.controller.session.params.hyper.init_rate == 0.01


@pytest.fixture(autouse=True)
def dialogs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Figures whose dialogs were opened; they are not waited for."""
    opened: list[str] = []

    def note(dialog: PlotsDialog) -> int:
        opened.append(dialog.choice.currentText())
        return 0

    monkeypatch.setattr(PlotsDialog, "exec", note)
    return opened


def test_a_figure_is_enlarged(window: AppWin, searched: Run, dialogs: list[str]) -> None:
    page: Any = window.page("tune")
    page._runs["tune"] = searched
    for title in FIGURES.values():
        page.search_panel.plots.opened.emit(title)
    assert dialogs == list(FIGURES.values())


def test_options_are_those_of_the_search(window: AppWin) -> None:
    page: Any = window.page("tune").search_panel  # type: ignore[attr-defined]
    assert page.task_options() == {
        "search": "grid",
        "objective": "accuracy",
        "folds": 3,
        "repeats": 1,
        "pruner": "none",
        "time_limit": None,
        "trials": None,
        "images": 10_000,
    }
    page.search.setCurrentText("tpe")
    page.pruner.setCurrentText("median")
    page.trials.setValue(12)
    page.minutes.setValue(2)
    page.all_images.setChecked(True)
    options = page.task_options()
    assert (options["pruner"], options["trials"]) == ("median", 12)
    assert (options["time_limit"], options["images"]) == (120.0, None)


def test_the_plan_counts_settings_and_training_runs(loaded: AppWin) -> None:
    session = loaded.controller.session
    session.params.set_exact(SearchSpace.of({"family": "logistic", "init_rate": [0.1, 0.5]}))
    loaded.show_page("tune")
    page: Any = loaded.page("tune")
    panel = page.search_panel
    assert page._plan.text() == "The grid has 2 settings; each is trained 3 times."
    panel.repeats.setValue(2)
    assert page._plan.text() == "The grid has 2 settings; each is trained 6 times."
    panel.repeats.setValue(1)
    panel.folds.setValue(1)
    assert page._plan.text() == "The grid has 2 settings; each is trained once."
    panel.search.setCurrentText("random")
    panel.trials.setValue(7)
    panel.pruner.setCurrentText("median")
    assert page._plan.text() == "The search tries 7 settings; each is trained at most once."


def test_a_stopped_search_is_opened_from_the_runs_and_can_be_resumed(
    window: AppWin, searched: Run, qtbot: Any
) -> None:
    """Its values and its table are shown on the page Tune, with a button that continues it."""
    searched.update(state=RunState.CANCELLED, owner=0)
    window.controller.session.runs.store.add(searched)  # type: ignore[attr-defined]
    window.show_page("runs")
    runs: Any = window.page("runs")
    qtbot.waitUntil(lambda: any(row[-1] == str(searched.path) for row in runs.table.rows.rows))
    runs.table.selectRow([row[-1] for row in runs.table.rows.rows].index(str(searched.path)))
    runs._open_button.click()
    qtbot.waitUntil(lambda: window.shown == "tune")
    page: Any = window.page("tune")
    qtbot.waitUntil(lambda: len(page.search_panel.table.rows.rows) == 2)
    assert window.controller.session.params.space.varied == ("init_rate",)
    assert page.resume_button.isVisible()


def test_a_study_says_what_it_will_do_and_reads_percentages(loaded: AppWin, answers: Any) -> None:
    session = loaded.controller.session
    session.params.set_exact(SearchSpace.of({"family": "logistic", "epochs": 4, "init_rate": [0.1, 0.5]}))
    loaded.show_page("tune/study")
    page: Any = loaded.page("tune")
    assert page.study_panel.plan(session) == (
        "2 settings are trained until the highest target is reached, for at most 4 epochs."
    )
    page.study_panel.targets.setText("80, 97.5%")
    assert page.study_panel.task(session).targets == (0.8, 0.975)
    page.study_panel.targets.setText("high")
    loaded.controller.actions["study"].trigger()
    assert answers.errors[0].received == "high"


@pytest.mark.slow
def test_a_study_runs_to_its_table_and_figure(
    loaded: AppWin, answers: Any, qtbot: Any, wait_work: Callable[..., None]
) -> None:
    session = loaded.controller.session
    session.params.set_exact(
        SearchSpace.of({"family": "logistic", "epochs": 6, "batch_size": 32, "init_rate": [0.5, 0.001]})
    )
    loaded.show_page("tune/study")
    page: Any = loaded.page("tune")
    page.study_panel.targets.setText("80, 100")
    loaded.controller.actions["study"].trigger()
    wait_work(loaded)
    assert answers.errors == []
    panel = page.study_panel
    qtbot.waitUntil(lambda: len(panel.table.rows.rows) == 2)
    assert panel.table.rows.columns == ("Learning rate", "80%", "100%", "Best", "Epochs trained")
    fast, slow = panel.table.rows.rows
    assert fast[1] >= 1
    assert slow[1:3] == ("not reached", "not reached")
    assert not panel.figure._figure.isNull()
