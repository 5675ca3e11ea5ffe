"""Images in memory as training and test sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

import convonet
from convonet.api.array_sets import labelled

from .conftest import FASTEST

_digits = load_digits()
IMAGES: NDArray[np.uint8] = (_digits.images[:200] * 15.9375).round().astype(np.uint8)
LABELS: NDArray[np.int64] = _digits.target[:200]


class TorchDigits(torch.utils.data.Dataset):  # type: ignore[misc]
    """Images as torchvision's ToTensor gives them: C×H×W, 0..1."""

    def __len__(self) -> int:
        return len(IMAGES)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.from_numpy(IMAGES[index] / 255).float()[None], int(LABELS[index])


class KerasDigits(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of N×H×W×C with one-hot labels."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        rows = slice(index * 50, index * 50 + 50)
        return IMAGES[rows][..., None], np.eye(10)[LABELS[rows]]


@pytest.mark.parametrize("form", ["arrays", "torch", "keras"])
def test_every_form_holds_the_same_images(form: str) -> None:
    data, max_value = {
        "arrays": ((IMAGES, LABELS), None),
        "torch": (TorchDigits(), 1.0),
        "keras": (KerasDigits(), None),
    }[form]
    found = labelled(data, max_value, ())
    assert np.array_equal(np.stack([image.reshape(8, 8) for image in found.images]), IMAGES)
    assert found.labels == [str(label) for label in LABELS]


def test_arrays_are_trained_on_tested_and_verified(tmp_path: Path) -> None:
    run = convonet.train(
        (IMAGES, LABELS),
        FASTEST | {"epochs": 4, "init_rate": 0.03},
        test_data=(IMAGES, LABELS),
        image_size=8,
        out=tmp_path,
        threads=1,
    )
    assert run.accuracy is not None
    assert run.accuracy > 0.7
    again = convonet.evaluate(run, (IMAGES, LABELS))
    assert (again.accuracy, again.images) == (run.accuracy, 200)
    assert convonet.verify(run)["equal"]


def test_images_of_several_sizes_and_names_become_folders(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (20 + index, 20), (10 * index, 0, 0)) for index in range(20)]
    names = ["cat" if index % 2 else "dog" for index in range(20)]
    run = convonet.train((pictures, names), FASTEST, image_size=8, validation=False, out=tmp_path)
    assert convonet.load(run).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ((IMAGES, LABELS[:5]), "200 images and 5 labels"),
        ((IMAGES, np.linspace(0, 1, 200)), "not labels"),
        ((IMAGES, LABELS, LABELS), "not a pair"),
    ],
)
def test_what_is_no_pair_is_refused_and_leaves_nothing(data: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(convonet.DataError, match=sentence):
        convonet.train(data, FASTEST, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_refused_call_leaves_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "one class" / "a").mkdir(parents=True)
    with pytest.raises(convonet.DataError):
        convonet.train(tmp_path / "one class", FASTEST, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    with pytest.raises(convonet.InputError, match=r"convonet\.tune"):
        convonet.train(tmp_path / "one class", {"epochs": [1, 2]}, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_keras_model_of_ones_own_is_trained_further(tmp_path: Path) -> None:
    network = keras.Sequential(
        [
            keras.layers.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu", name="mine"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    before = network.get_layer("mine").get_weights()[0].copy()
    run = convonet.train(
        (IMAGES, LABELS),
        {"epochs": 12, "batch_size": 16, "optimizer": "adam", "init_rate": 0.01},
        from_model=network,
        scaling="unit",
        image_size=8,
        out=tmp_path,
        validation=False,
    )
    assert np.array_equal(network.get_layer("mine").get_weights()[0], before)
    assert convonet.evaluate(run, (IMAGES, LABELS)).accuracy > 0.5
