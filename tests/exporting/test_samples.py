"""The images that an export is checked with: what is left of the run's images, and what the person is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.errors import ClassMismatchError
from convonet.events import Event, Warned, Watch
from convonet.exporting.samples import Samples, find_samples
from convonet.inference.model_info import ModelInfo
from convonet.params import DataParams, HyperParams, PixelParams
from convonet.runs import Run
from convonet.tasks import ExportTask, TrainTask

CLASSES = ("dark", "light")
INFO = ModelInfo(CLASSES, PixelParams(8, 8, 1))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three training and two test images of each class."""
    rng = np.random.default_rng(5)
    for part, count in (("train", 3), ("test", 2)):
        for label, name in enumerate(CLASSES):
            folder = tmp_path / "images" / part / name
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = rng.integers(128 * label, 128 * (label + 1), (8, 8), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")
    return tmp_path / "images"


@pytest.fixture
def model(images: Path, tmp_path: Path) -> str:
    """The run of a model that was trained on these images."""
    data = DataParams.of({"train_dir": str(images / "train"), "test_dir": str(images / "test")})
    return str(Run.create(tmp_path / "runs", TrainTask(data=data, hyper=HyperParams()), name="run").path)


def found(task: ExportTask) -> tuple[Samples | None, list[str]]:
    """What the export is checked with, and the warnings."""
    events: list[Event] = []
    samples = find_samples(task, INFO, Watch(events.append))
    return samples, [event.message for event in events if isinstance(event, Warned)]


def checked_with(model: str) -> tuple[str, list[str], list[str]]:
    """The set and the classes of the images that the export is checked with, and the warnings."""
    samples, messages = found(ExportTask(model=model, format="onnx"))
    assert samples is not None
    return samples.source, list(samples.classes), messages


def test_a_test_set_without_one_class_is_used(images: Path, model: str) -> None:
    """Two networks can be compared on images of any class."""
    assert checked_with(model) == ("test", ["dark", "dark", "light", "light"], [])
    shutil.rmtree(images / "test" / "light")
    assert checked_with(model) == ("test", ["dark", "dark"], [])


def test_a_set_that_a_person_names_may_lack_a_class_but_has_no_other(images: Path) -> None:
    data = DataParams.of({"train_dir": str(images / "train"), "test_dir": str(images / "test")})
    (images / "test" / "light").rename(images / "test" / "mug")
    with pytest.raises(ClassMismatchError, match="unexpected: mug"):
        found(ExportTask(model="model.keras", format="onnx", data=data))
    shutil.rmtree(images / "test" / "mug")
    samples, messages = found(ExportTask(model="model.keras", format="onnx", data=data))
    assert samples is not None
    assert (samples.classes, messages) == (("dark", "dark"), [])


def test_without_test_images_the_training_images_are_used(images: Path, model: str) -> None:
    shutil.rmtree(images / "test")
    source, classes, messages = checked_with(model)
    assert (source, classes) == ("train", ["dark"] * 3 + ["light"] * 3)
    assert messages == [
        "The test images cannot be used, so the export is checked with the training images: "
        f"There is no such folder or file for test_dir (Test images) ({images / 'test'})"
    ]


def test_only_without_any_image_is_noise_used(images: Path, model: str) -> None:
    shutil.rmtree(images)
    samples, messages = found(ExportTask(model=model, format="onnx"))
    assert samples is None
    assert messages == [
        "The images of the model's run cannot be used, so the export is checked with random noise: "
        f"There is no such folder or file for test_dir (Test images) ({images / 'test'}); "
        f"There is no such folder or file for train_dir (Training images) ({images / 'train'})"
    ]
