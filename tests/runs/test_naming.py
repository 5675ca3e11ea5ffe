"""Names of runs: made from what they are about, or given by a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convonet.errors import InputError
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.naming import data_set_of, rename, title_of
from convonet.tasks import EvaluateTask, TrainTask

DATE = r"\d{1,2} \w{3} \d\d:\d\d"


def run_on(folder: Path, train_dir: str | None, **hyper: object) -> Run:
    data = DataParams.of({} if train_dir is None else {"train_dir": train_dir})
    return Run.create(folder, TrainTask(data=data, hyper=HyperParams.of(hyper), recipe="none"))


@pytest.mark.parametrize(
    ("train_dir", "expected"),
    [
        ("/sets/ants-bees/train", "ants-bees"),
        ("/sets/flowers", "flowers"),
        ("C:\\sets\\东西\\Training", "东西"),
        ("/sets/lung.csv", "lung"),
        ("/train", "train"),
        (None, ""),
    ],
)
def test_the_data_set_has_the_name_of_its_folder(
    tmp_path: Path, train_dir: str | None, expected: str
) -> None:
    assert data_set_of(run_on(tmp_path, train_dir).read()) == expected


def test_a_run_is_called_after_data_set_network_and_date(tmp_path: Path) -> None:
    run = run_on(tmp_path, "/sets/ants-bees/train", base="efficientnet_lite0")
    assert re.fullmatch(rf"ants-bees · EfficientNet-Lite0 · {DATE}", title_of(run))
    own = run_on(tmp_path, "/sets/digits/train", family="lenet5")
    assert re.fullmatch(rf"digits · LeNet-5 · {DATE}", title_of(own))
    test = Run.create(tmp_path, EvaluateTask(model="m", data=DataParams.of({"test_dir": "/sets/x/test"})))
    assert re.fullmatch(rf"x · Evaluation · {DATE}", title_of(test))


def test_a_name_that_was_chosen_for_the_folder_is_the_runs_name(tmp_path: Path) -> None:
    task = TrainTask(data=DataParams.of({"train_dir": "/sets/x"}), hyper=HyperParams())
    assert title_of(Run.create(tmp_path, task, name="first try")) == "first try"


def test_a_run_is_renamed_and_gets_its_own_name_back(tmp_path: Path) -> None:
    run = run_on(tmp_path, "/sets/digits/train")
    own, record = title_of(run), run.read()
    rename(run, "  Best so far, 东  ")
    assert title_of(run) == "Best so far, 东"
    assert run.read() == record
    rename(run, "")
    assert title_of(run) == own
    for wrong in ("a\nb", "x" * 121):
        with pytest.raises(InputError, match="cannot be used"):
            rename(run, wrong)
