"""Prepared images for training loops of a person's own."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from PIL import Image

import convonet
from convonet.runs import Run


@pytest.fixture(scope="module")
def sets(digits: Path) -> convonet.PreparedData:
    return convonet.prepare({"train_dir": digits / "train", "test_dir": digits / "test", "image_size": 8})


def test_the_sets_are_those_that_training_sees(
    sets: convonet.PreparedData, trained: convonet.TrainedRun
) -> None:
    assert sets.val is not None
    assert sets.test is not None
    recorded = Run.open(trained.path).read().set_record("train")
    assert len(sets.train) + len(sets.val) == recorded.images
    # The validation score of the run's own model is the one in its history, image by image.
    model = keras.saving.load_model(trained.path / "model.keras", compile=False)
    correct = np.asarray(model.predict(sets.val.to_keras(64), verbose=0)).argmax(1) == sets.val.labels
    assert correct.mean() == pytest.approx(max(trained.history["val_accuracy"]))
    assert sets.test.classes == sets.classes == tuple("0123456789")


def test_pixels_are_those_of_the_files(sets: convonet.PreparedData, digits: Path) -> None:
    for index in (0, 100, len(sets.train) - 1):
        pixels, label = sets.train[index]
        path = digits / "train" / sets.train.paths[index]
        assert np.array_equal(pixels[..., 0], np.asarray(Image.open(path)))
        assert path.parent.name == sets.classes[label]


def test_a_torch_loader_gives_them_as_torchvision_does(sets: convonet.PreparedData) -> None:
    dataset: Any = sets.train.to_torch()
    images, labels = next(iter(torch.utils.data.DataLoader(dataset, batch_size=16)))
    assert images.shape == (16, 1, 8, 8)
    assert images.dtype == torch.float32
    assert np.array_equal((images[3, 0] * 255).round().numpy(), sets.train.images[3, ..., 0])
    assert labels.tolist() == sets.train.labels[:16].tolist()
    turned: Any = sets.train.to_torch(lambda image: image.flip(2))
    assert torch.equal(turned[3][0], images[3].flip(2))
    assert pickle.loads(pickle.dumps(dataset))[5][1] == dataset[5][1]


def test_a_keras_dataset_shows_every_image_once_an_epoch(sets: convonet.PreparedData) -> None:
    dataset: Any = sets.train.to_keras(100, shuffle=True, seed=3)
    epochs = []
    for _ in range(2):
        batches = [dataset[index] for index in range(len(dataset))]
        epochs.append(np.concatenate([images for images, _ in batches]))
        labels = np.concatenate([labels for _, labels in batches])
        assert sorted(labels) == sorted(sets.train.labels)
        dataset.on_epoch_end()
    assert epochs[0].shape == sets.train.images.shape
    assert not np.array_equal(*epochs)
    assert epochs[0].sum() == epochs[1].sum() == sets.train.images.sum()
    again: Any = sets.train.to_keras(100, shuffle=True, seed=3)
    assert np.array_equal(again[0][0], epochs[0][:100])
    with pytest.raises(convonet.ParamError, match="batch_size"):
        sets.train.to_keras(0)


def test_without_validation_all_images_are_to_train_on(digits: Path) -> None:
    prepared = convonet.prepare(digits / "train", validation=False, image_size=(8, 6))
    assert prepared.val is prepared.test is None
    assert prepared.train.images.shape[1:] == (8, 6, 1)
