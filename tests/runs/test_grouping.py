"""Evaluations stand with the run of their model."""

from __future__ import annotations

from pathlib import Path

from convonet.documents.run_record import RunScores, SetScores
from convonet.documents.runs import RunRow
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.documents import list_row
from convonet.runs.grouping import with_evaluations
from convonet.tasks import EvaluateTask, Task, TrainTask


def row(folder: Path, name: str, task: Task, **scores: SetScores) -> RunRow:
    run = Run.create(folder, task, name=name)
    run.update(scores=RunScores(**scores))
    return list_row(run)


def test_evaluations_of_a_model_are_listed_with_its_run(tmp_path: Path) -> None:
    data = DataParams.of(
        {"train_dir": str(tmp_path / "flowers/train"), "test_dir": str(tmp_path / "bees/test")}
    )
    scores = {"val": SetScores(accuracy=0.9, images=10), "test": SetScores(accuracy=0.8, images=20)}
    trained = row(tmp_path, "a", TrainTask(data=data, hyper=HyperParams()), **scores)
    other = DataParams.of({"test_dir": str(tmp_path / "wasps")})
    by_folder = EvaluateTask(model=trained.run, data=other)
    by_file = EvaluateTask(model=f"{trained.run}/model.keras", data=other)
    elsewhere = EvaluateTask(model=str(tmp_path / "given.keras"), data=other)
    tests = [
        row(tmp_path, name, task, test=SetScores(accuracy=0.5, images=7))
        for name, task in (("b", by_folder), ("c", by_file), ("d", elsewhere))
    ]
    rows = {one.id: one for one in with_evaluations([*tests, trained])}
    assert [rows[name].belongs_to for name in "abcd"] == [None, "a", "a", None]
    found = [(one.split, one.data_set, one.images, one.accuracy, one.run) for one in rows["a"].evaluations]
    assert found == [
        ("test", "bees", 20, 0.8, None),
        ("val", "flowers", 10, 0.9, None),
        ("test", "wasps", 7, 0.5, "b"),
        ("test", "wasps", 7, 0.5, "c"),
    ]
    assert list(rows) == ["b", "c", "d", "a"]
