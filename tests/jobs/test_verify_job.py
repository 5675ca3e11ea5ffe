"""A run is repeated and found equal, or told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convonet
from convonet import api
from convonet.atomic import write_text
from convonet.documents.repetition import EnvironmentChange
from convonet.errors import InputError
from convonet.nets import NetModel
from convonet.runs import Run

HYPER = {"family": "dense", "hidden_units": [8], "epochs": 2, "batch_size": 256, "optimizer": "adam"}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Path:
    """Forty images of two classes."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("3", "5"):
        (folder / name).mkdir()
        for path in sorted((digits / "train" / name).iterdir())[:20]:
            shutil.copy(path, folder / name)
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Path:
    """A small training with its copies in a results folder."""
    home = tmp_path_factory.mktemp("run")
    data = {"train_dir": str(few), "image_size": 8, "result_dir": str(home / "results")}
    return api.train(data, HYPER, out=home, name="run", threads=1).path


def test_a_repeated_training_is_equal(done: Path) -> None:
    kept = {path: path.stat().st_mtime_ns for path in (*done.iterdir(), *(done.parent / "results").iterdir())}
    found = convonet.verify(done)
    assert found["equal"], found
    assert found["difference"] is None
    assert found["compared"]["epochs"] == 2
    assert found["compared"]["weights"] > 4
    assert found["sentence"].startswith("Identical down to the last digit: 2 epochs and ")
    assert "The versions and the machine are the same" in found["sentence"]
    after = {path: path.stat().st_mtime_ns for path in kept if path.name != "run.lock"}
    assert after == {path: time for path, time in kept.items() if path.name != "run.lock"}


@pytest.mark.slow
def test_a_number_that_was_changed_is_found(done: Path, tmp_path: Path) -> None:
    other = shutil.copytree(done, tmp_path / "other")
    text = (other / "history.csv").read_text()
    loss = text.splitlines()[2].split(",")[1]
    write_text(other / "history.csv", text.replace(loss, "0.125"))
    record = Run.open(other).read()
    Run.open(other).update(versions={**record.versions, "keras": "2.0"})
    found = convonet.verify(other)
    assert found["difference"] == {
        "what": "history", "place": "epoch 2", "name": "loss", "before": "0.125", "after": loss,
    }  # fmt: skip
    assert found["sentence"].startswith("Different: loss of epoch 2 was 0.125 and is now")
    assert f". Changed since the run: keras 2.0 is now {record.versions['keras']}." in found["sentence"]
    write_text(other / "history.csv", text)
    model = NetModel.load(other / "model.keras")
    kernel = model.keras_model.get_layer("output").kernel
    values = np.array(kernel.value.detach())
    values[0, 1] += 1e-6
    kernel.assign(values)
    model.save(other / "model.keras")
    found = convonet.verify(other)
    assert (found["equal"], found["difference"]["what"], found["difference"]["name"]) == (
        False,
        "weights",
        "value 1",
    )


def test_what_changed_is_said_with_or_without_an_earlier_value() -> None:
    assert EnvironmentChange(name="keras", before="3.9", after="3.10").sentence() == "keras 3.9 is now 3.10"
    assert EnvironmentChange(name="keras", before=None, after="3.10").sentence() == "keras is now 3.10"


@pytest.mark.slow
def test_other_images_are_named_and_unfinished_runs_refused(done: Path, few: Path, tmp_path: Path) -> None:
    other = shutil.copytree(done, tmp_path / "other")
    image = next((few / "3").iterdir())
    kept = image.read_bytes()
    try:
        Image.new("L", (8, 8)).save(image)
        found = convonet.verify(other)
    finally:
        image.write_bytes(kept)
    assert (found["equal"], found["difference"]["what"]) == (False, "data")
    assert "images have changed since the run, including " in found["sentence"]
    assert image.name in found["sentence"]
    Run.open(other).update(state="cancelled")
    with pytest.raises(InputError, match="a run of kind train that is stopped"):
        convonet.verify(other)


@pytest.mark.slow
def test_a_repeated_search_is_equal(few: Path, tmp_path: Path) -> None:
    data = {"train_dir": str(few), "image_size": 8}
    run = api.tune(data, HYPER | {"init_rate": [0.01, 0.001]}, folds=2, out=tmp_path, jobs=2)
    found = convonet.verify(run)
    assert (found["equal"], found["compared"]) == (True, {"folds": 4})


def test_what_another_precision_changes(done: Path) -> None:
    found = convonet.verify(done, precision="bfloat16", device="cpu")
    assert not found["equal"]
    assert found["changed"] == {"device": "cpu", "precision": "bfloat16"}
    numbers = {one["name"]: one for one in found["numbers"]}
    assert set(numbers) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    # Eight digits less than float32 has: another number, and nearly the same.
    assert 0 < abs(numbers["loss"]["after"] / numbers["loss"]["before"] - 1) < 0.05
    assert "With device cpu and precision bfloat16, the last epoch has " in found["sentence"]
    record = Run.open(done).read()
    assert record.device == "CPU"
    assert "precision" not in (record.params.hyper or {})
