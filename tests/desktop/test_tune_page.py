"""The page of tuning with a search that has ended: its table, its figures, a row taken over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.plots import PlotsDialog
from convonet.desktop.views.tune_plots import FIGURES
from convonet.events import Watch
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
    with qtbot.waitSignal(panel.enlarged, timeout=1000) as told:
        panel.plots.pictures["importance.png"].opened.emit()
    assert told.args == ["Which parameters matter"]
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
