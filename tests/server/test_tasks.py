"""What clients may ask of runs: nothing that names a place slips through, whatever kinds there are."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import ParamError, RunNotFoundError
from convonet.server.confine import Root
from convonet.server.known import KnownRuns
from convonet.server.refusals import Refusal
from convonet.server.tasks import CODE, PLACES, TaskMaker, option_names
from convonet.tasks import EvaluateTask, ExportTask, PredictTask, TrainTask, TuneTask, kinds

from .conftest import DATA, QUICK


@pytest.fixture
def maker(root: Path) -> TaskMaker:
    return TaskMaker(Root(root), KnownRuns(Root(root), root / "runs"))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_option_is_offered_or_the_servers_business(kind: str) -> None:
    """A new text option must be named in `server/tasks.py` as a word, a model, a run or a path that is read."""
    given = set(kinds()[kind].model_fields) - {"data", "hyper", "space"}
    assert given - set(option_names(kinds()[kind])) <= {*PLACES, *CODE}


def test_texts_are_words_or_confined(maker: TaskMaker, root: Path) -> None:
    """No option takes a path that leads out; words are handed on as they are."""
    for kind, task in kinds().items():
        hints = typing.get_type_hints(task)
        for name in option_names(task):
            many = "tuple[str" in str(hints[name])
            if hints[name] is not str and "str |" not in str(hints[name]) and not many:
                continue
            value: Any = "/etc/passwd"
            options = {"model": "trained", "run": "trained", name: [value] if many else value}
            options = {key: given for key, given in options.items() if key in option_names(task)}
            try:
                made = maker.make(kind, DATA, QUICK, options)
            except (Refusal, ParamError, RunNotFoundError):
                continue
            assert name in ("positive", "format", "label", "layer", "classes", "heading"), (kind, name, made)


def test_a_backbone_is_confined_under_each_of_its_names(maker: TaskMaker, root: Path) -> None:
    for word in ("base", "backbone", "base_weights", "backbone_weights"):
        values = QUICK | {"base": "resnet50"} if word.endswith("weights") else QUICK
        with pytest.raises(Refusal):
            maker.make("train", DATA, values | {word: "/etc/other.keras"}, {})
    task = maker.make("train", DATA, QUICK | {"backbone": "resnet50"}, {})
    assert isinstance(task, TrainTask)
    assert task.hyper.base == "resnet50"


def test_models_by_run_and_by_path(maker: TaskMaker, root: Path) -> None:
    run = root / "runs" / "trained"
    for word in ("trained", "runs/trained", str(run)):
        task = maker.make("export", None, None, {"model": word})
        assert isinstance(task, ExportTask)
        assert task.model == str(run)
    task = maker.make("test", None, None, {"model": "trained", "split": "val", "costs": [1, 5]})
    assert isinstance(task, EvaluateTask)
    assert (task.into, task.split, task.costs) == (str(run), "val", (1.0, 5.0))
    assert task.data.train_dir == str(root / "digits" / "train")
    task = maker.make(
        "predict", None, None, {"model": "runs/trained/model.keras", "paths": ["digits/test/7"]}
    )
    assert isinstance(task, PredictTask)
    assert task.paths == (str(root / "digits" / "test" / "7"),)


def test_an_export_takes_what_its_format_takes(maker: TaskMaker) -> None:
    options = {"model": "trained", "format": "onnx-int8", "max_loss": 0.005}
    task = maker.make("export", None, None, options)
    assert isinstance(task, ExportTask)
    assert task.options == {"max_loss": 0.005}
    assert maker.make("export", None, None, {"model": "trained", "format": "web", "fetch": True}).fetch
    with pytest.raises(ParamError, match="max_loss"):
        maker.make("export", None, None, options | {"max_loss": 2})
    # A path on the server's machine is the server's business.
    with pytest.raises(ParamError, match="no such option"):
        maker.make("export", None, None, options | {"runtime": "/etc/passwd"})


def test_a_search_takes_lists_as_alternatives(maker: TaskMaker) -> None:
    task = maker.make("tune", DATA, {"batch_size": [8, 16], "epochs": 1}, {"images": 40, "jobs": 1000})
    assert isinstance(task, TuneTask)
    assert (task.space.varied, task.images) == (("batch_size",), 40)
    assert (task.jobs or 0) < 1000


def test_faults_of_all_parts_are_told_together(maker: TaskMaker) -> None:
    with pytest.raises(ParamError) as told:
        maker.make("tune", None, {"epochs": -1}, {"folds": "x", "serach": "grid"})
    assert set(told.value.faults) == {"data", "hyper.epochs", "options.folds", "options.serach"}
    assert "did you mean search" in told.value.faults["options.serach"]
    with pytest.raises(ParamError, match="did you mean train"):
        maker.make("tarin", None, None, {})


@pytest.mark.parametrize("kind", ["train", "evaluate"])
def test_a_class_map_may_be_accepted(kind: str) -> None:
    assert "accept_class_map" in option_names(kinds()[kind])


def test_a_number_may_be_typed(maker: TaskMaker) -> None:
    task = maker.make("train", DATA, {}, {"minutes": "2", "recipe": "auto"})
    assert isinstance(task, TrainTask)
    assert (task.minutes, task.recipe) == (2.0, "auto")
