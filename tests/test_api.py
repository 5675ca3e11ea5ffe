"""One call for each job, in this process."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convonet
from convonet.errors import DataError, ParamError
from convonet.events import EpochEnded, Event

HYPER = {
    "family": "convonet",
    "num_filters": 8,
    "num_units": 32,
    "epochs": 3,
    "batch_size": 16,
    "optimizer": "adam",
    "init_rate": 0.005,
}


@pytest.fixture(scope="module")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> convonet.api.TrainedRun:  # type: ignore[name-defined]
    """A network that reads the small digits, and the events that it told."""
    data = {"train_dir": str(digits / "train"), "test_dir": str(digits / "test"), "image_size": 8}
    return convonet.train(data, HYPER, out=tmp_path_factory.mktemp("runs"), name="digits")


def test_training_evaluating_and_predicting(trained: convonet.api.TrainedRun, digits: Path) -> None:  # type: ignore[name-defined]
    assert (trained.state, len(trained.history["val_accuracy"])) == ("done", 3)
    assert trained.model.is_file()
    assert "digits" in trained._repr_html_()
    scores = convonet.evaluate(trained)
    assert scores["accuracy"] > 0.8
    assert scores["accuracy_interval"][0] < scores["accuracy"] < scores["accuracy_interval"][1]
    assert json.loads((trained.path / "evaluation.json").read_text())["accuracy"] == scores["accuracy"]
    answers = convonet.predict(trained, digits / "test" / "7")
    assert len(answers) == scores["per_class"][7]["support"]


@pytest.mark.slow
def test_the_path_of_a_folder_is_the_training_or_the_test_images(digits: Path, tmp_path: Path) -> None:
    hyper = HYPER | {"family": "logistic", "epochs": 1}
    run = convonet.train(digits / "train", hyper, out=tmp_path, threads=1)
    assert convonet.evaluate(run, digits / "test")["images"] == 359
    assert convonet.evaluate(run, str(digits / "train"), split="val")["images"] < 300
    found = convonet.tune(
        str(digits / "train"), hyper | {"init_rate": [0.01]}, images=60, folds=2, out=tmp_path
    )
    assert found.state == "done"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"recipe": "atuo"}, "Did you mean auto"),
        ({"recipe": "auto", "from_model": "model.keras"}, "starts from a model"),
        ({"recipe": "fast", "hyper": HYPER | {"family": "logistic"}}, "chooses the network"),
        ({"recipe": "auto", "minutes": 0}, "above 0"),
        ({"hyper": convonet.HyperParams(), "minutes": 3}, "needs a recipe that plans"),
    ],
)
def test_a_recipe_that_cannot_be_followed(
    given: dict[str, Any], sentence: str, digits: Path, tmp_path: Path
) -> None:
    with pytest.raises(ParamError, match=sentence):
        convonet.train(digits / "train", **given, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_planned_training_tells_what_was_tried(digits: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    for split, count in (("train", 20), ("test", 5)):
        for name in "017":
            (few / split / name).mkdir(parents=True)
            for file in sorted((digits / split / name).iterdir())[:count]:
                shutil.copyfile(file, few / split / name / file.name)
    hyper = {"num_filters": 4, "epochs": 2, "num_units": 16}
    run = convonet.train(few, hyper, recipe="fast", minutes=1, out=tmp_path / "runs", threads=1)
    assert run.plan is not None
    assert run.summary is not None
    assert "Filters 4" in run.plan["notes"][-1]
    assert run.summary.sentence == run.plan["sentence"]
    assert [one.name for one in run.summary.tried if one.chosen] == [run.plan["chosen"]]
    shown = run._repr_html_()
    assert all(one.title in shown for one in run.summary.tried)
    assert "95% CI" in shown
    assert "Test accuracy" in shown


def test_an_array_is_one_image_or_a_batch_and_the_answer_says_which(
    trained: convonet.api.TrainedRun,  # type: ignore[name-defined]
    digits: Path,
) -> None:
    file = sorted((digits / "test" / "3").iterdir())[0]
    image = np.asarray(Image.open(file))
    by_path = convonet.predict(trained, file)[0]
    for shaped, place in (
        (image, "one image"),
        (image[..., None], "one image"),
        (image[None, ..., None], "batch[0]"),
    ):
        answer = convonet.predict(trained, shaped)[0]
        assert answer["path"] == place
        assert answer["top"] == by_path["top"]


def test_events_are_heard(digits: Path, tmp_path: Path) -> None:
    heard: list[Event] = []
    data = convonet.DataParams.of({"train_dir": str(digits / "train"), "image_size": 8})
    hyper = convonet.HyperParams.of(HYPER | {"epochs": 1})
    convonet.train(data, hyper, out=tmp_path, validation=False, listen=heard.append)
    assert [event.epoch for event in heard if isinstance(event, EpochEnded)] == [1]


def test_wrong_input_raises_our_errors(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="image_size"):
        convonet.train({"image_sise": 3}, out=tmp_path)
    with pytest.raises(DataError, match="nowhere"):
        convonet.train({"train_dir": str(tmp_path / "nowhere")}, out=tmp_path)


def test_looking_at_a_folder(digits: Path) -> None:
    assert convonet.inspect(digits / "train").to_dict()["images"] == 1438


def test_ctrl_c_keeps_the_work_and_goes_on_as_an_interrupt(digits: Path, tmp_path: Path) -> None:
    def press(event: Event) -> None:
        if isinstance(event, EpochEnded):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)

    data = {"train_dir": str(digits / "train"), "image_size": 8}
    with pytest.raises(KeyboardInterrupt):
        convonet.train(data, HYPER | {"family": "logistic"}, out=tmp_path, name="run", listen=press)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (record["state"], record["model_epoch"]) == ("cancelled", 1)
    assert (tmp_path / "run" / "model.keras").is_file()
    assert signal.getsignal(signal.SIGINT) is before
