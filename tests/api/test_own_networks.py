"""Layers and losses that a person has written, in a Keras model that training starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import convonet
from convonet.runs import Run

PACKAGE = "own_networks"
DATA = (
    np.repeat(np.arange(8, dtype=np.uint8) * 30, 4)[:, None, None, None] + np.zeros((1, 8, 8, 1), np.uint8),
)
IMAGES, LABELS = DATA[0], np.arange(32) % 8 // 4
HYPER: dict[str, Any] = {
    "family": "convonet",
    "epochs": 2,
    "batch_size": 8,
    "optimizer": "sgd",
    "init_rate": 0.1,
}


@keras.saving.register_keras_serializable(PACKAGE)
class Centered(keras.layers.Layer):  # type: ignore[misc]
    """Takes away the mean over all pixels, times a weight."""

    def __init__(self, strength: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.strength = strength

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

    def call(self, x: Any) -> Any:
        return x - self.scale * self.strength * keras.ops.mean(x, axis=(1, 2, 3), keepdims=True)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"strength": self.strength}


@keras.saving.register_keras_serializable(PACKAGE)
class Doubled(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy, times a factor."""

    def __init__(self, factor: float = 2.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.factor * keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": self.factor}


@keras.saving.register_keras_serializable(PACKAGE)
def twice(y_true: Any, y_pred: Any) -> Any:
    return 2 * keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


class Unknown(keras.layers.Layer):  # type: ignore[misc]
    """A layer that Keras does not know by name."""

    def call(self, x: Any) -> Any:
        return x


def network(layer: Any, seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    )


def train(model: Any, out: Path, hyper: dict[str, Any] = HYPER, **options: Any) -> convonet.TrainedRun:
    settings: dict[str, Any] = {"scaling": "unit", "image_size": 8, "validation": False, "seed": 1} | options
    return convonet.train((IMAGES, LABELS), hyper, from_model=model, out=out, **settings)


def test_a_registered_layer_is_trained_saved_and_opened_again(tmp_path: Path) -> None:
    run = train(network(Centered(0.5, name="centered")), tmp_path)
    saved = keras.saving.load_model(run.path / "model.keras")
    layer = next(layer for layer in saved._flatten_layers() if layer.name == "centered")
    assert layer.strength == 0.5
    assert layer.get_weights()[0] != 1.0
    assert convonet.predict(run, IMAGES[0])[0].error is None


@pytest.mark.slow
@pytest.mark.parametrize("loss", [Doubled(3.0), twice], ids=["class", "function"])
def test_a_registered_loss_is_trained_with(tmp_path: Path, loss: Any) -> None:
    """With plain SGD, k times the loss trains as the loss does at k times the learning rate."""
    model = network(keras.layers.Identity())
    model.compile(loss=loss)
    run = train(model, tmp_path / "own")
    factor = loss.factor if isinstance(loss, Doubled) else 2.0
    plain = train(
        network(keras.layers.Identity()),
        tmp_path / "plain",
        HYPER | {"init_rate": factor * HYPER["init_rate"]},
    )
    assert np.allclose(run.history["loss"], factor * np.array(plain.history["loss"]), rtol=1e-5)
    task = Run.open(run.path).task()
    assert task.own_loss["name"] == f"{PACKAGE}>{'Doubled' if factor == 3 else 'twice'}"  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_stopped_training_resumes_with_its_own_loss(tmp_path: Path) -> None:
    model = network(Centered())
    model.compile(loss=Doubled(3.0))
    whole = train(model, tmp_path / "whole")

    def stop(event: convonet.Event) -> None:
        if isinstance(event, convonet.EpochEnded):
            raise convonet.Cancelled

    stopped = train(model, tmp_path / "stopped", listen=stop)
    assert stopped.state == "cancelled"
    resumed = convonet.resume(stopped)
    assert resumed.history == whole.history


def test_what_cannot_be_found_again_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    with pytest.raises(convonet.InputError, match="not registered") as caught:
        train(network(Unknown(name="mine")), out)
    assert (caught.value.where, caught.value.received) == ("mine", "Unknown")
    model = network(keras.layers.Identity())
    model.compile(loss=lambda y_true, y_pred: keras.ops.mean(y_pred))
    with pytest.raises(convonet.InputError, match="custom loss"):
        train(model, out)
    with pytest.raises(convonet.InputError, match="workers=1"):
        train(network(Centered()), out, workers=2, recipe="none")
    with pytest.raises(convonet.InputError, match=r"built keras\.Sequential"):
        train(keras.Sequential([keras.layers.Dense(2)]), out)
    assert not out.exists()
