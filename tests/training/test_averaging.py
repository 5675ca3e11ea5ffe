"""The mean of the weights: its numbers, the statistics that go with it, and that a stop changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled
from convonet.events import Event, Warned, Watch
from convonet.nets.backend import keras, name
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training import averaging
from convonet.training.averaging import WeightAverage
from convonet.training.checkpoint import CheckpointFile
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.seeding import epoch_order

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]
NORMED = {"num_filters": 4, "num_units": 8, "epochs": 4, "batch_size": 8, "batch_norm": "before"}


def _hyper(**values: Any) -> HyperParams:
    return HyperParams.of(NORMED | {"optimizer": "adam", "drop_out": 0.0, "weight_average": 1.5} | values)


def _train(create: Create, rows: Rows, hyper: HyperParams, **more: Any) -> tuple[NetModel, TrainingResult]:
    model = create(hyper)
    return model, NetTraining(model, hyper, **more).train_val(*rows)


def _trainable(model: NetModel) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(v)) for v in model.keras_model.trainable_variables]


class Followed(keras.callbacks.Callback):
    """Keeps the weights after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[np.ndarray]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        assert self.model is not None
        self.seen.append([np.array(keras.ops.convert_to_numpy(v)) for v in self.model.trainable_variables])


def test_the_model_has_the_mean_that_the_formula_gives(create: Create, rows: Rows) -> None:
    followed, hyper = Followed(), _hyper(batch_norm="none")
    model, _ = _train(create, rows, hyper, callbacks=[followed])
    window = 1.5 * 6
    expected = [array.astype(np.float64) for array in followed.seen[0]]
    for step, weights in enumerate(followed.seen[1:], start=2):
        share = max(1 / window, 1 / step)
        expected = [mean + share * (now - mean) for mean, now in zip(expected, weights, strict=True)]
    for found, wanted, last in zip(_trainable(model), expected, followed.seen[-1], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
        assert not np.allclose(found, last, atol=1e-6)


def test_normalisation_measures_the_images_with_the_mean_weights(create: Create, rows: Rows) -> None:
    hyper = _hyper()
    model, result = _train(create, rows, hyper)
    norm = next(
        layer for layer in model.keras_model.layers if isinstance(layer, keras.layers.BatchNormalization)
    )
    before = keras.Model(model.keras_model.inputs, norm.input)
    order, seen = epoch_order(45, hyper.seed, len(result.history)), []
    for start in range(0, 40, 8):
        images, _ = rows[0].take(order[start : start + 8])
        seen.append(np.asarray(before.predict(images.astype("float32"), verbose=0)).reshape(-1, 4))
    found = keras.ops.convert_to_numpy(norm.moving_mean)
    np.testing.assert_allclose(found, np.mean([maps.mean(0) for maps in seen], axis=0), rtol=1e-4, atol=1e-5)
    spread = np.mean([maps.var(0) for maps in seen], axis=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(norm.moving_variance), spread, rtol=1e-3, atol=1e-5)
    assert norm.momentum == 0.99


def test_training_is_the_same_and_validation_is_that_of_the_mean(create: Create, rows: Rows) -> None:
    _, plain = _train(create, rows, _hyper(weight_average=0))
    model, averaged = _train(create, rows, _hyper())
    assert averaged.history.to_dict()["loss"] == plain.history.to_dict()["loss"]
    images, labels = rows[1].take(slice(None))
    said = model.predict(images).astype(float)[np.arange(len(labels)), labels]
    assert averaged.history.rows[-1]["val_loss"] == pytest.approx(-np.log(said).mean(), rel=1e-4)
    assert averaged.history.rows[-1]["val_loss"] != plain.history.rows[-1]["val_loss"]


@pytest.mark.parametrize(
    ("questions", "save_best"), [(0, "none"), (6, "val_loss"), (9, "none"), (13, "val_loss"), (27, "none")]
)
def test_a_stop_anywhere_changes_nothing(
    create: Create,
    rows: Rows,
    checkpoint: Path,
    questions: int,
    save_best: str,
    stopping: Callable[[int], Watch],
) -> None:
    hyper = _hyper(drop_out=0.3, save_best=save_best, rotation=10)
    whole, expected = _train(create, rows, hyper)
    first = NetTraining(create(hyper), hyper, CheckpointFile(checkpoint))
    with pytest.raises(Cancelled):
        first.train_val(*rows, stopping(questions))
    for _ in range(2):
        # The second time it is over already, and only its end is made again.
        model, result = _train(create, rows, hyper, checkpoint=CheckpointFile(checkpoint))
        assert result.history.rows == expected.history.rows
        found, wanted = model.keras_model.get_weights(), whole.keras_model.get_weights()
        assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_the_guard_takes_the_mean_back_too(create: Create, rows: Rows) -> None:
    """A rate at which the loss explodes: what the mean saw of it is forgotten."""
    told: list[Event] = []
    hyper = _hyper(batch_norm="none", optimizer="sgd", init_rate=100, epochs=2)
    model = create(hyper)
    result = NetTraining(model, hyper).train_val(*rows, Watch(told.append))
    assert [event for event in told if isinstance(event, Warned) and event.subject == "nan_guard"]
    assert all(np.isfinite(array).all() for array in model.keras_model.get_weights())
    assert all(np.isfinite(row["val_loss"]) for row in result.history.rows)


@pytest.mark.skipif(name() != "torch", reason="both means run on torch only")
def test_both_means_are_equal(create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, model = np.random.default_rng(3), create(_hyper()).keras_model
    means = [WeightAverage(model, 100.0)]
    monkeypatch.setattr(averaging.backend, "name", lambda: "jax")
    means.append(WeightAverage(model, 100.0))
    for step in range(1, 30):
        for variable in model.trainable_variables:
            variable.assign(rng.normal(size=variable.shape))
        for mean in means:
            mean.add(step)
    for one, other in zip(means[0].state(), means[1].state(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_network_has_its_own_weights_again_after_a_look(create: Create) -> None:
    model = create(_hyper()).keras_model
    mean = WeightAverage(model, 10.0)

    def broken() -> Iterator[None]:
        raise RuntimeError
        yield

    own = model.get_weights()
    with pytest.raises(RuntimeError):
        mean.weights(1, broken)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), own, strict=True))
    assert all(layer.momentum == 0.99 for layer in model.layers if hasattr(layer, "momentum"))
