"""Batch normalisation has the statistics of the weights that are scored and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled
from convonet.events import Watch
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.net_training import ImageRows, NetTraining
from convonet.training.seeding import epoch_order

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]


def _hyper(**values: Any) -> HyperParams:
    own = {"num_filters": 4, "num_units": 8, "batch_size": 8, "epochs": 3, "drop_out": 0.0}
    return HyperParams.of(own | {"batch_norm": "before", "optimizer": "adam", "save_best": "none"} | values)


def _norms(model: NetModel) -> list[Any]:
    layers = model.keras_model.layers
    return [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]


def _loss(model: NetModel, rows: ImageRows) -> float:
    images, labels = rows.take(slice(None))
    return float(-np.log(model.predict(images)[np.arange(len(labels)), labels]).mean())


@pytest.mark.parametrize("values", [{}, {"save_best": "val_loss", "init_rate": 0.1}])
def test_the_statistics_are_those_of_the_saved_weights(
    create: Create, rows: Rows, values: dict[str, Any]
) -> None:
    """Keras itself says what stands before the first normalisation; its means over batches are expected."""
    hyper = _hyper(**values)
    model = create(hyper)
    result = NetTraining(model, hyper).train_val(*rows)
    norm = _norms(model)[0]
    before = keras.Model(model.keras_model.inputs, norm.input)
    order, seen = epoch_order(45, hyper.seed, result.model_epoch), []
    for start in range(0, 40, 8):
        images, _ = rows[0].take(order[start : start + 8])
        seen.append(np.asarray(before.predict(images.astype("float32"), verbose=0)).reshape(-1, 4))
    mean, variance = (keras.ops.convert_to_numpy(v) for v in (norm.moving_mean, norm.moving_variance))
    np.testing.assert_allclose(mean, np.mean([maps.mean(0) for maps in seen], 0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance, np.mean([maps.var(0) for maps in seen], 0), rtol=1e-3, atol=1e-5)
    assert {layer.momentum for layer in _norms(model)} == {0.99}
    row = result.history.rows[result.model_epoch - 1]
    assert _loss(model, rows[1]) == pytest.approx(row["val_loss"], rel=1e-4)


def test_a_few_steps_are_enough_for_a_validation_that_agrees_with_training(
    create: Create, rows: Rows
) -> None:
    """18 steps: with means that follow 100 steps behind, the same weights are as bad as guessing."""
    hyper = _hyper(init_rate=0.02)
    model = create(hyper)
    result = NetTraining(model, hyper).train_val(rows[0], rows[0])
    last = result.history.rows[-1]
    assert last["val_loss"] < 1.5 * last["loss"]


def test_without_validation_the_end_is_measured_too(create: Create, rows: Rows) -> None:
    hyper = _hyper()
    with_val, without = create(hyper), create(hyper)
    NetTraining(with_val, hyper).train_val(*rows)
    NetTraining(without, hyper).train(rows[0])
    sometimes = create(hyper)
    NetTraining(sometimes, hyper, validates=lambda epoch: epoch == 2).train_val(*rows)
    expected = with_val.keras_model.get_weights()
    for model in (without, sometimes):
        found = model.keras_model.get_weights()
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(("questions", "validation"), [(3, True), (6, True), (13, True), (9, False)])
def test_a_stop_anywhere_changes_nothing(
    create: Create,
    rows: Rows,
    tmp_path: Path,
    questions: int,
    validation: bool,
    stopping: Callable[[int], Watch],
) -> None:
    """The sixth question is asked in the first validation, when the statistics are new already."""
    hyper = _hyper(drop_out=0.3, rotation=10, save_best=None if validation else "none")

    def train(model: NetModel, watch: Watch | None = None, file: CheckpointFile | None = None) -> Any:
        training = NetTraining(model, hyper, file)
        return training.train_val(*rows, watch) if validation else training.train(rows[0], watch)

    whole, again = create(hyper), create(hyper)
    expected, file = train(whole), CheckpointFile(tmp_path / "checkpoint.npz")
    with pytest.raises(Cancelled):
        train(create(hyper), stopping(questions), file)
    for _ in range(2):
        # The second time it is over already, and only its end is made again.
        again = create(hyper)
        result = train(again, file=file)
        assert result.history.rows == expected.history.rows
        found, wanted = again.keras_model.get_weights(), whole.keras_model.get_weights()
        assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))
