"""Every long kind of work can be taken up again in the window, on the page that shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.events import RunState
from convonet.params import SearchSpace
from convonet.runs import Run
from convonet.runs.begin import begin_run
from convonet.tasks import Task, kinds

SPACE = SearchSpace.of({"family": "logistic", "epochs": 2, "batch_size": 64, "init_rate": [0.1, 0.5]})


def _needed(kind: type[Task], window: AppWin) -> dict[str, Any]:
    needed = {
        "data": window.controller.session.params.data,
        "hyper": SPACE.first(),
        "space": SPACE,
        "targets": (0.99,),
    }
    return {name: needed[name] for name, field in kind.model_fields.items() if field.is_required()}


def _stopped(kind: type[Task], window: AppWin, folder: Path) -> Run:
    task = kind(threads=1, **_needed(kind, window))
    run = begin_run(task, folder)
    run.update(state=RunState.CANCELLED, owner=0)
    return run


def _choose(window: AppWin, qtbot: Any, run: Run) -> Any:
    window.show_page("runs")
    page: Any = window.page("runs")
    qtbot.waitUntil(lambda: any(row[-1] == str(run.path) for row in page.table.rows.rows))
    page.table.selectRow(0)
    return page


@pytest.mark.parametrize("kind", [task for task in kinds().values() if task.resumable])
def test_a_stopped_run_of_every_long_kind_offers_to_resume(
    kind: type[Task], window: AppWin, qtbot: Any, tmp_path: Path
) -> None:
    assert _choose(window, qtbot, _stopped(kind, window, tmp_path))._resume_button.isEnabled()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["study", "suspects"])
def test_it_goes_on_to_its_end_on_its_own_page(
    kind: str,
    loaded: AppWin,
    qtbot: Any,
    answers: Any,
    tmp_path: Path,
    wait_work: Callable[[AppWin], None],
) -> None:
    run = _stopped(kinds()[kind], loaded, tmp_path)
    page = _choose(loaded, qtbot, run)
    page._resume_button.click()
    assert loaded.shown == run.task().step
    wait_work(loaded)
    assert (run.state(), answers.errors) == (RunState.DONE, [])
