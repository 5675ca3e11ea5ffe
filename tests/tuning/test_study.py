"""The target study: the epochs that each setting needs to each accuracy."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from convonet.errors import Cancelled, ParamError, TrainingError, WorkerError
from convonet.events import Event, TrialEnded, Watch
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.params import DataParams, SearchSpace
from convonet.plots import PLOTS
from convonet.plots.study import StudyCase
from convonet.runs import Run
from convonet.runs.documents import run_document
from convonet.runs.study_table import StudyFile, epochs_to
from convonet.tasks import StudyTask, read_task
from convonet.tuning.messages import EpochScored, TrainerDied, UnitEnded
from convonet.tuning.net_study import NetStudy

SPACE = {"num_units": [2, 16], "epochs": 6, "num_filters": 4, "batch_size": 8, "optimizer": "adam"}


@pytest.fixture
def study(pictures: Path) -> StudyTask:
    data = DataParams.of({"train_dir": str(pictures), "image_size": 8})
    space = SearchSpace.of(SPACE)
    return StudyTask(data=data, space=space, targets=(0.4, 0.6, 0.999), jobs=2, threads=1)


@pytest.mark.parametrize(
    ("scores", "target", "epochs"),
    [
        ([0.5, 0.9, 0.8], 0.9, 2),
        ([0.5, 0.9, 0.95], 0.8, 2),
        ([0.5], 0.6, None),
        ([], 0.1, None),
        ([0.9], 0.9, 1),
    ],
)
def test_the_first_epoch_at_or_above_the_target_counts(
    scores: list[float], target: float, epochs: int | None
) -> None:
    assert epochs_to(scores, target) == epochs


def test_a_study_leaves_its_table_and_a_figure_for_each_case(study: StudyTask, tmp_path: Path) -> None:
    run = Run.create(tmp_path, study, name="run", owner=os.getpid())
    assert execute(run, job_for(study), process=os.getpid()) == "done"
    document = run_document(run)
    histories = StudyFile(run.file("study_history.csv")).read()
    for row in document["results"]:
        scores = [logs["accuracy"] for logs in histories[row["trial"]]]
        expected = [epochs_to(scores, target) for target in study.targets]
        assert [cell["epochs"] for cell in row["epochs_to"]] == expected
        for target in study.targets:
            assert run.file(f"study_{row['trial']}_{target:g}.png").stat().st_size > 1000
    assert document["results"][0]["epochs_to"][-1].to_dict() == {"target": 0.999, "epochs": None}
    assert document["results"][0]["epochs_trained"] == 6
    table = list(csv.DictReader(io.StringIO(run.file("study.csv").read_text())))
    assert [row["num_units"] for row in table] == ["2", "16"]
    assert table[0]["epochs_to_0.999"] == "not reached"
    assert run.file("study.png").stat().st_size > 1000


class Epochs:
    """Trainers that reach 0.2, 0.4, 0.6 … and do not stop at once."""

    def __init__(self, study: StudyTask, died: Literal["", "memory", "fault"] = "") -> None:
        self.given: list[int] = []
        self.pruned: list[Any] = []
        self._study, self._died = study, died
        self._waiting: list[Any] = []

    def free(self) -> int:
        return 1 - len(self._waiting)

    def submit(self, unit: Any) -> None:
        self.given.append(unit.trials[0].number)
        self._waiting.append(unit)

    def wait(self, seconds: float) -> list[Any]:
        unit = self._waiting.pop()
        key = unit.keys()[-1]
        if self._died:
            return [TrainerDied(key, "killed", self._died)]
        scores = [0.2 * epoch for epoch in range(1, 6)]
        told = [
            EpochScored(key, n, score, {"accuracy": score, "loss": 1.0}) for n, score in enumerate(scores, 1)
        ]
        return [*told, UnitEnded(key)]

    def prune(self, unit: Any) -> None:
        self.pruned.append(unit)

    def close(self) -> None:
        return


def test_training_ends_at_the_highest_target_and_later_epochs_do_not_count(
    pictures: Path, tmp_path: Path
) -> None:
    data = DataParams.of({"train_dir": str(pictures), "image_size": 8})
    task = StudyTask(data=data, space=SearchSpace.of(SPACE), targets=(0.3, 0.8), threads=1)
    events: list[Event] = []
    executor, file = Epochs(task), StudyFile(tmp_path / "h.csv")
    rows = NetStudy(task, file).run(executor, Watch(events.append))
    assert {key[0] for key in executor.pruned} == {1, 2}
    assert [row.epochs_to for row in rows] == [(2, 4), (2, 4)]
    assert [len(row.history) for row in rows] == [4, 4]
    assert sum(isinstance(event, TrialEnded) for event in events) == 2
    again = Epochs(task)
    assert NetStudy(task, file).run(again, Watch()) == rows
    assert again.given == []


def test_a_study_that_was_cut_goes_on_with_what_is_left(pictures: Path, tmp_path: Path) -> None:
    data = DataParams.of({"train_dir": str(pictures), "image_size": 8})
    task = StudyTask(data=data, space=SearchSpace.of(SPACE), targets=(0.8,), threads=1)
    file = StudyFile(tmp_path / "h.csv")
    for epoch in (1, 2, 3, 4):
        file.append(1, epoch, {"accuracy": 0.2 * epoch, "loss": 1.0})
    file.append(2, 1, {"accuracy": 0.1, "loss": 2.0})
    with (tmp_path / "h.csv").open("a") as torn:
        torn.write("2,2,1.")
    executor = Epochs(task)
    rows = NetStudy(task, file).run(executor, Watch())
    assert executor.given == [2]
    assert rows[1].history[0] == {"accuracy": 0.2, "loss": 1.0}
    with pytest.raises(Cancelled):
        NetStudy(task, StudyFile(tmp_path / "new.csv")).run(Epochs(task), Watch(should_stop=lambda: True))
    new = StudyFile(tmp_path / "new.csv")
    with pytest.raises(TrainingError, match=r"killed.*or start a new study with fewer jobs"):
        NetStudy(task, new).run(Epochs(task, died="memory"), Watch())
    with pytest.raises(WorkerError, match=r"killed.*worker\.log"):
        NetStudy(task, new).run(Epochs(task, died="fault"), Watch())


@pytest.mark.parametrize(
    ("values", "named"),
    [({"targets": ()}, "targets"), ({"targets": (90.0,)}, "targets"), ({"metric": "loss"}, "metric")],
)
def test_faults_of_a_study_are_named(study: StudyTask, values: dict[str, Any], named: str) -> None:
    good = study.to_dict()
    assert read_task(good).to_dict() == good
    with pytest.raises(ParamError, match=named):
        read_task(good | values)


@pytest.mark.parametrize("epochs", [None, 2])
def test_cases_can_be_drawn(epochs: int | None) -> None:
    history = {"accuracy": [0.5, 0.9], "loss": [1.0, 0.5], "val_accuracy": [0.4, 0.8], "val_loss": [1.1, 0.6]}
    cases = [StudyCase(f"units {n}", target, epochs, history) for target in (0.8, 0.9) for n in (16, 32, 64)]
    figure = PLOTS["study"].draw(cases, "accuracy")
    assert len(figure.axes) == 6
    dashed = [line for line in figure.axes[0].lines if line.get_ydata()[0] == line.get_ydata()[1] == 0.8]
    assert len(dashed) == 1
    figure.canvas.draw()
    PLOTS["study_case"].draw(cases[0]).canvas.draw()
    PLOTS["study_case"].draw(StudyCase("none", 0.5, None, {})).canvas.draw()
