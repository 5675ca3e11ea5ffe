"""The epoch loop: exact, resumable at any batch, true in what it tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled, DataError, ParamError, TrainingError
from convonet.events import BatchEnded, EpochEnded, Event, TrainingStarted, TrainingStopped, Watch
from convonet.nets.backend import keras, numbers
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.seeding import epoch_order

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]


def _hyper(**values: Any) -> HyperParams:
    base = {"num_filters": 4, "num_units": 8, "epochs": 3, "batch_size": 8, "drop_out": 0.3}
    return HyperParams.of(base | values)


def _weights(model: NetModel) -> list[np.ndarray]:
    return [array.copy() for array in model.keras_model.get_weights()]


def _equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _train(create: Create, rows: Rows, hyper: HyperParams) -> tuple[NetModel, TrainingResult]:
    model = create(hyper)
    return model, NetTraining(model, hyper).train_val(*rows)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
def test_two_trainings_of_one_seed_are_equal_and_another_seed_differs(
    create: Create, rows: Rows, optimizer: str
) -> None:
    one, first = _train(create, rows, _hyper(optimizer=optimizer, epochs=2))
    two, second = _train(create, rows, _hyper(optimizer=optimizer, epochs=2))
    assert first.history.rows == second.history.rows
    assert _equal(_weights(one), _weights(two))
    _, other = _train(create, rows, _hyper(optimizer=optimizer, epochs=2, seed=1))
    assert other.history.rows != first.history.rows


@pytest.mark.parametrize("questions", [0, 3, 6, 7, 13, 19])
def test_a_training_stopped_anywhere_goes_on_with_the_same_numbers(
    create: Create, rows: Rows, checkpoint: Path, questions: int, stopping: Callable[[int], Watch]
) -> None:
    """Questions are asked before each of 6 batches and each validation batch: 6 and 13 stop in a validation."""
    hyper = _hyper(optimizer="adam", save_best="val_loss")
    whole, expected = _train(create, rows, hyper)
    first = NetTraining(create(hyper), hyper, CheckpointFile(checkpoint))
    with pytest.raises(Cancelled):
        first.train_val(*rows, stopping(questions))
    model = create(hyper.changed(seed=99))
    result = NetTraining(model, hyper, CheckpointFile(checkpoint)).train_val(*rows)
    assert result.history.rows == expected.history.rows
    assert result.model_epoch == expected.model_epoch
    assert _equal(_weights(model), _weights(whole))


def test_a_finished_training_goes_straight_to_its_end(create: Create, rows: Rows, checkpoint: Path) -> None:
    hyper = _hyper(epochs=2)
    first_model = create(hyper)
    first = NetTraining(first_model, hyper, CheckpointFile(checkpoint)).train_val(*rows)
    told: list[Event] = []
    model = create(hyper)
    again = NetTraining(model, hyper, CheckpointFile(checkpoint)).train_val(*rows, Watch(told.append))
    assert again.history.rows == first.history.rows
    assert _equal(_weights(model), _weights(first_model))
    assert not [event for event in told if isinstance(event, EpochEnded)]


def test_a_shorter_training_is_the_beginning_of_a_longer_one(create: Create, rows: Rows) -> None:
    _, short = _train(create, rows, _hyper(epochs=1))
    _, long = _train(create, rows, _hyper(epochs=3))
    assert long.history.rows[:1] == short.history.rows


def test_the_numbers_are_those_of_plain_keras(create: Create, rows: Rows) -> None:
    """Without dropout and with our order, Keras' own fit gives the same losses."""
    hyper = _hyper(drop_out=0.0, epochs=2, momentum=0.5, init_rate=0.05, decay_steps=5)
    model = create(hyper)
    plain = keras.models.clone_model(model.keras_model)
    plain.set_weights(model.keras_model.get_weights())
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 5, 0.9)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.5)
    plain.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    train, val = rows
    expected = []
    for epoch in (1, 2):
        images, labels = train.take(epoch_order(len(train), 0, epoch))
        logs = plain.fit(images, labels, batch_size=8, shuffle=False, verbose=0).history
        scores = plain.evaluate(*val.take(slice(None)), verbose=0)
        expected.append([logs["loss"][0], logs["accuracy"][0], *scores])
    result = NetTraining(model, hyper).train_val(train, val)
    found = [
        [row[n] for n in ("loss", "accuracy", "val_loss", "val_accuracy")] for row in result.history.rows
    ]
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_every_image_is_shown_once_an_epoch_with_its_own_label(shapes: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = shapes
    rows = ImageRows(images, labels, np.arange(5, 50))
    order = epoch_order(len(rows), 3, 1)
    assert sorted(order) == list(range(45))
    batch, batch_labels = rows.take(order[8:16])
    for place, row in enumerate(rows.rows[order[8:16]]):
        assert np.array_equal(batch[place], images[row])
        assert batch_labels[place] == labels[row]


def test_no_class_stands_in_a_long_run_after_shuffling() -> None:
    labels = np.repeat(np.arange(4), 250)[epoch_order(1000, 0, 1)]
    ends = np.flatnonzero(np.diff(labels)) + 1
    assert np.diff(np.concatenate([[0], ends, [1000]])).max() <= 8


def test_epochs_and_seeds_give_other_orders() -> None:
    orders = [epoch_order(100, seed, epoch) for seed, epoch in [(0, 1), (0, 2), (1, 1)]]
    assert len({order.tobytes() for order in orders}) == 3


@pytest.mark.parametrize(("count", "batch_size"), [(12, 64), (12, 4), (45, 8), (1, 1)])
def test_progress_is_right_for_any_number_of_images(
    create: Create, rows: Rows, count: int, batch_size: int
) -> None:
    told: list[Event] = []
    hyper = _hyper(epochs=2, batch_size=batch_size)
    train = ImageRows(rows[0].images, rows[0].labels, np.arange(count))
    NetTraining(create(hyper), hyper).train(train, Watch(told.append))
    steps = -(-count // batch_size)
    started = next(event for event in told if isinstance(event, TrainingStarted))
    assert (started.steps, started.images, started.validation_images) == (steps, count, 0)
    ends = [event for event in told if isinstance(event, BatchEnded) and event.step == event.steps]
    assert [(event.epoch, event.step) for event in ends] == [(1, steps), (2, steps)]
    assert ends[-1].seconds_left in (0, None)
    epochs = [event for event in told if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == [1, 2]
    assert ends[0].loss == epochs[0].logs["loss"]


def test_early_stopping_gives_the_best_epochs_weights(create: Create, rows: Rows) -> None:
    """A rate that is far too high: the loss is best early."""
    hyper = _hyper(epochs=30, init_rate=0.5, stop_patience=2, stop_monitor="val_loss", schedule="constant")
    told: list[Event] = []
    model = create(hyper)
    result = NetTraining(model, hyper).train_val(*rows, Watch(told.append))
    losses = result.history.column("val_loss")
    assert result.model_epoch == int(np.nanargmin(losses)) + 1
    assert len(losses) == result.model_epoch + 2
    assert "val_loss" in result.stopped
    assert [type(event) for event in told if isinstance(event, TrainingStopped)] == [TrainingStopped]
    images, labels = rows[1].take(slice(None))
    probabilities = model.predict(images)[np.arange(len(labels)), labels]
    assert -np.log(np.clip(probabilities, 1e-7, 1)).mean() == pytest.approx(min(losses), rel=1e-4)


OVERFITTING = {"epochs": 8, "init_rate": 0.5, "schedule": "constant"}
"""A rate that is far too high: the validation loss is best before the last epoch."""


@pytest.mark.parametrize(
    ("values", "monitor"),
    [
        ({}, "val_loss"),
        ({"weight_average": 1.0}, "val_loss"),
        ({"save_best": "accuracy"}, "accuracy"),
        ({"stop_patience": 9, "stop_monitor": "val_accuracy"}, "val_accuracy"),
        ({"save_best": "none", "stop_patience": 9}, "val_loss"),
        ({"stop_patience": 9, "stop_restore_best": False}, None),
        ({"save_best": "none"}, None),
    ],
)
def test_the_model_is_that_of_the_best_epoch_unless_the_last_was_asked_for(
    create: Create, rows: Rows, values: dict[str, Any], monitor: str | None
) -> None:
    model, result = _train(create, rows, _hyper(**OVERFITTING, **values))
    losses = result.history.column("val_loss")
    scores = losses if monitor is None else result.history.column(monitor)
    best = int(np.argmin(scores) if monitor == "val_loss" else np.argmax(scores)) + 1
    assert result.model_epoch == (8 if monitor is None else best)
    images, labels = rows[1].take(slice(None))
    p = model.predict(images)[np.arange(len(labels)), labels]
    assert -np.log(np.clip(p, 1e-7, 1)).mean() == pytest.approx(losses[result.model_epoch - 1], rel=1e-4)


def test_without_validation_the_model_is_that_of_the_last_epoch(create: Create, rows: Rows) -> None:
    hyper = _hyper(**OVERFITTING)
    result = NetTraining(create(hyper), hyper).train(rows[0])
    assert result.model_epoch == len(result.history) == 8


def test_weights_are_copied_only_when_the_best_epoch_improves(
    create: Create, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    hyper = _hyper(**OVERFITTING)
    model, copies = create(hyper), []
    copy = model.keras_model.get_weights
    monkeypatch.setattr(model.keras_model, "get_weights", lambda: copies.append(1) or copy())
    losses = NetTraining(model, hyper).train_val(*rows).history.column("val_loss")
    assert (
        len(copies) == sum(value < min([np.inf, *losses[:place]]) for place, value in enumerate(losses)) < 8
    )


def test_watching_validation_without_validation_is_refused(create: Create, rows: Rows) -> None:
    hyper = _hyper(stop_patience=2, save_best="val_accuracy")
    with pytest.raises(ParamError) as caught:
        NetTraining(create(hyper), hyper).train(rows[0])
    assert set(caught.value.faults) == {"stop_monitor", "save_best"}


def test_no_images_is_an_error_in_words(create: Create, rows: Rows) -> None:
    hyper = _hyper()
    empty = ImageRows(rows[0].images, rows[0].labels, np.arange(0))
    with pytest.raises(DataError, match="no images"):
        NetTraining(create(hyper), hyper).train(empty)


@pytest.mark.parametrize(
    "values",
    [
        {"schedule": "cosine"},
        {"schedule": "exponential", "decay_steps": 2},
        {"plateau_patience": 1, "plateau_monitor": "val_loss", "plateau_min_delta": 9},
        {"stop_patience": 1, "stop_monitor": "val_loss", "stop_min_delta": 9},
    ],
    ids=["cosine", "exponential", "plateau", "stopped"],
)
@pytest.mark.parametrize("questions", [1, 4, 8, 10_000])
def test_the_optimizer_of_a_resumed_training_is_the_same(
    create: Create,
    rows: Rows,
    checkpoint: Path,
    values: dict[str, Any],
    questions: int,
    stopping: Callable[[int], Watch],
) -> None:
    """Its learning rate too, also where nothing was left to train."""
    hyper = _hyper(**values)
    whole = NetTraining(create(hyper), hyper).begin(*rows)
    whole.train()
    try:
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows, stopping(questions))
    except Cancelled:
        pass
    again = NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).begin(*rows)
    again.train()
    for one, other in zip(whole.state.optimizer.variables, again.state.optimizer.variables, strict=True):
        assert np.array_equal(numbers(one), numbers(other)), one.path


def test_a_damaged_checkpoint_is_said(create: Create, rows: Rows, checkpoint: Path) -> None:
    checkpoint.write_bytes(b"PK\x03\x04 torn")
    hyper = _hyper()
    with pytest.raises(TrainingError, match="cannot be read"):
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows)


def test_the_saved_model_is_an_ordinary_one_that_plain_keras_goes_on_with(
    create: Create, rows: Rows, tmp_path: Path
) -> None:
    hyper = _hyper(epochs=1)
    model, _ = _train(create, rows, hyper)
    model.save(tmp_path / "model.keras")
    plain = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    images, labels = rows[1].take(slice(None))
    np.testing.assert_allclose(plain.predict(images, verbose=0), model.predict(images), atol=1e-6)
    assert int(plain.optimizer.iterations) == 6
    plain.fit(images, labels, verbose=0)
