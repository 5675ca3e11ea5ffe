"""Techniques in a whole training: what stops it, what lowers its rate, what it measures, and exact resuming."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss, roc_auc_score, top_k_accuracy_score

from convonet.errors import Cancelled, TrainingError
from convonet.events import BatchEnded, Event, TrainingStopped, Warned, Watch
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.rules import Plateau

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]


def _hyper(**values: Any) -> HyperParams:
    base = {"family": "dense", "hidden_units": [8], "epochs": 3, "batch_size": 8, "optimizer": "adam"}
    return HyperParams.of(base | values)


def _run(
    create: Create, rows: Rows, hyper: HyperParams, **more: Any
) -> tuple[NetModel, TrainingResult, list[Event]]:
    told: list[Event] = []
    model = create(hyper)
    result = NetTraining(model, hyper, **more).train_val(*rows, Watch(told.append))
    return model, result, told


def _weights(model: NetModel) -> list[np.ndarray]:
    return [array.copy() for array in model.keras_model.get_weights()]


TECHNIQUES: dict[str, dict[str, Any]] = {
    "varied": {
        "rotation": 20,
        "shift": 0.2,
        "flip_horizontal": True,
        "rand_augment": 2,
        "mixup": 0.3,
        "cutmix": 1,
    },
    "rates": {"schedule": "one_cycle", "plateau_patience": 1, "plateau_min_delta": 5, "warm_up": 0.5},
    "weighed": {"balanced": True, "loss": "focal", "label_smoothing": 0.1, "track_auc": True, "top_k": 2},
    "guarded": {"optimizer": "sgd", "init_rate": 10, "l2": 0.1, "save_best": "val_auc", "output": "logits"},
    "stopped": {
        "target": 0.4,
        "target_metric": "accuracy",
        "stop_patience": 2,
        "epochs": 6,
        "nesterov": True,
    },
}


@pytest.mark.parametrize(
    "questions", [pytest.param(4, marks=pytest.mark.slow), 9, pytest.param(14, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_training_stopped_anywhere_goes_on_with_the_same_numbers(
    create: Create,
    rows: Rows,
    checkpoint: Path,
    technique: str,
    questions: int,
    stopping: Callable[[int], Watch],
) -> None:
    hyper = _hyper(**TECHNIQUES[technique])
    whole, expected, _ = _run(create, rows, hyper)
    first = NetTraining(create(hyper), hyper, CheckpointFile(checkpoint))
    try:
        first.train_val(*rows, stopping(questions))
    except Cancelled:
        pass
    model, result, _ = _run(create, rows, hyper, checkpoint=CheckpointFile(checkpoint))
    assert result.history.rows == expected.history.rows
    assert (result.model_epoch, result.stopped) == (expected.model_epoch, expected.stopped)
    for one, other in zip(_weights(model), _weights(whole), strict=True):
        assert np.array_equal(one, other)


def test_the_target_stops_at_the_first_epoch_at_or_above_it(create: Create, rows: Rows) -> None:
    _, result, told = _run(create, rows, _hyper(epochs=40, target=0.6, target_metric="accuracy"))
    scores = result.history.column("accuracy")
    assert scores[-1] >= 0.6
    assert max(scores[:-1]) < 0.6
    assert "target of 0.6" in result.stopped
    assert [event.epoch for event in told if isinstance(event, TrainingStopped)] == [len(scores)]


def test_a_target_that_is_met_exactly_is_met() -> None:
    from convonet.training.rules import TargetStop

    stop = TargetStop("accuracy", 0.9)
    assert [bool(stop.update({"accuracy": value})) for value in (0.8999999, 0.9, 0.95)] == [False, True, True]


def test_a_plateau_lowers_the_rate_as_keras_does() -> None:
    losses = [1.0, 0.9, 0.9, 0.95, 0.91, 0.91, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    theirs = keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=2, min_lr=0.004, min_delta=0.01)
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(0.1), "mse")
    theirs.set_model(network)
    theirs.on_train_begin()
    ours, rate = Plateau("val_loss", 2, 0.3, 0.004, 0.01), 0.1
    for epoch, loss in enumerate(losses):
        theirs.on_epoch_end(epoch, {"val_loss": loss})
        rate = ours.update({"val_loss": loss}, rate)
        assert rate == pytest.approx(float(network.optimizer.learning_rate), rel=1e-6)
    assert rate == 0.004


def test_a_plateau_is_seen_in_the_rates_of_the_history(create: Create, rows: Rows) -> None:
    hyper = _hyper(
        epochs=5, init_rate=0.01, plateau_patience=1, plateau_min_delta=100, plateau_factor=0.1, min_rate=1e-4
    )
    _, result, told = _run(create, rows, hyper)
    assert result.history.column("learning_rate") == pytest.approx([0.01, 0.01, 1e-3, 1e-4, 1e-4])
    assert len([event for event in told if isinstance(event, Warned) and event.subject == "plateau"]) == 2


def _count_seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A clock for training that is a second later each time it is read."""
    clock = iter(range(10**6))
    # Only this module's clock: threads of other tests' servers sleep by the real one.
    counted = SimpleNamespace(monotonic=lambda: float(next(clock)), perf_counter=time.perf_counter)
    monkeypatch.setattr("convonet.training.hooks.time", counted)
    return clock


def test_the_time_limit_cuts_the_epoch_short_and_keeps_it(
    create: Create, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    _count_seconds(monkeypatch)
    _, result, _ = _run(create, rows, _hyper(epochs=1000, time_limit=30))
    assert 0 < len(result.history) < 10
    assert "time limit of 30 s" in result.stopped
    assert all(math.isfinite(value) for value in result.history.rows[-1].values())


def test_time_before_a_stop_counts(
    create: Create, rows: Rows, checkpoint: Path, stopping: Callable[[int], Watch], monkeypatch: Any
) -> None:
    clock = _count_seconds(monkeypatch)
    hyper = _hyper(epochs=1000, time_limit=1000)
    with pytest.raises(Cancelled):
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows, stopping(100))
    spent = CheckpointFile(checkpoint).load().position.spent
    assert 100 < spent < 1000
    started = next(clock)
    _, result, _ = _run(create, rows, hyper, checkpoint=CheckpointFile(checkpoint))
    assert "time limit of 1000 s" in result.stopped
    # It ends with the first batch after its time, and reads the clock a few times between two batches.
    assert next(clock) - started == pytest.approx(1000 - spent, abs=20)


@pytest.mark.parametrize(
    "absurd",
    [
        {"init_rate": 100, "l2": 0.001, "output": "logits", "schedule": "constant"},
        {"init_rate": 10, "schedule": "constant"},
        {"init_rate": 50, "output": "logits", "schedule": "constant"},
    ],
)
def test_an_absurd_rate_is_halved_until_the_loss_is_good(
    create: Create, rows: Rows, absurd: dict[str, Any]
) -> None:
    hyper = _hyper(optimizer="sgd", epochs=4, **absurd)
    _, result, told = _run(create, rows, hyper)
    warnings = [event for event in told if isinstance(event, Warned) and event.subject == "nan_guard"]
    assert 1 <= len(warnings) <= 2
    assert "half the learning rate" in warnings[0].message
    assert len(result.history) == 4
    assert all(math.isfinite(value) for row in result.history.rows for value in row.values())
    assert result.history.column("loss")[-1] < 3 * 1.2 * math.log(3)
    lowered = int(warnings[1].message.split(" times")[0].split()[-1]) if len(warnings) > 1 else 1
    rate = absurd["init_rate"] / 2 ** (lowered * (lowered + 1) // 2)
    assert result.history.column("learning_rate")[-1] == pytest.approx(rate)


def test_without_the_guard_nan_is_what_it_is(create: Create, rows: Rows) -> None:
    hyper = _hyper(optimizer="sgd", init_rate=100, l2=1.0, schedule="constant", nan_guard=False, epochs=20)
    _, result, _ = _run(create, rows, hyper)
    assert not all(math.isfinite(value) for value in result.history.column("loss"))


def test_a_loss_that_is_never_a_number_is_an_error_in_words(create: Create, rows: Rows) -> None:
    hyper = _hyper()
    model = create(hyper)
    model.keras_model.set_weights([array * np.nan for array in model.keras_model.get_weights()])
    with pytest.raises(TrainingError, match="very low learning rate"):
        NetTraining(model, hyper).train_val(*rows)


def test_auc_and_top_k_are_scikit_learns(create: Create, rows: Rows) -> None:
    model, result, _ = _run(create, rows, _hyper(top_k=2, save_best="val_auc"))
    images, labels = rows[1].take(slice(None))
    made = model.predict(images)
    best = result.history.rows[result.model_epoch - 1]
    expected = roc_auc_score(labels, made, multi_class="ovr")
    assert best["val_auc"] == pytest.approx(expected, abs=1e-6)
    assert best["val_auc"] == max(result.history.column("val_auc"))
    assert best["val_top_k_accuracy"] == pytest.approx(top_k_accuracy_score(labels, made, k=2))
    line = result.history.csv_line(result.model_epoch - 1).split(",")
    heads = result.history.csv_head().split(",")
    assert float(line[heads.index("val_auc")]) == best["val_auc"]


def test_the_epoch_with_the_best_calibrated_loss_is_kept(create: Create, rows: Rows) -> None:
    model, result, _ = _run(create, rows, _hyper(epochs=6, save_best="val_calibrated_loss"))
    images, labels = rows[1].take(slice(None))
    logits = np.log(np.clip(model.predict(images), 1e-7, 1))
    expected = minimize_scalar(lambda t: log_loss(labels, softmax(logits / t, axis=1)), bounds=(0.05, 20))
    column = result.history.column("val_calibrated_loss")
    assert column[result.model_epoch - 1] == min(column) == pytest.approx(expected.fun, rel=1e-3)
    assert all(
        one <= other + 1e-9 for one, other in zip(column, result.history.column("val_loss"), strict=True)
    )


def test_class_weights_are_those_of_plain_keras(create: Create, rows: Rows) -> None:
    hyper = _hyper(
        epochs=1, class_weights={"row": 3, "none": 0.5}, optimizer="sgd", schedule="constant", batch_size=45
    )
    model = create(hyper)
    plain = keras.models.clone_model(model.keras_model)
    plain.set_weights(model.keras_model.get_weights())
    plain.compile(keras.optimizers.SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy")
    NetTraining(model, hyper).train_val(*rows)
    images, labels = rows[0].take(slice(None))
    plain.train_on_batch(images, labels, class_weight={0: 3, 1: 1, 2: 0.5})
    for one, other in zip(model.keras_model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_validation_images_are_never_varied_and_the_model_holds_no_variation(
    create: Create, rows: Rows
) -> None:
    plain, varied = _hyper(init_rate=1e-12), _hyper(init_rate=1e-12, rotation=180, brightness=1, mixup=1)
    one, first, _ = _run(create, rows, plain)
    two, second, _ = _run(create, rows, varied)
    assert second.history.column("val_loss") == pytest.approx(first.history.column("val_loss"), rel=1e-4)
    assert second.history.column("loss") != pytest.approx(first.history.column("loss"), rel=1e-3)
    assert [layer.name for layer in one.keras_model.layers] == [
        layer.name for layer in two.keras_model.layers
    ]


class _Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append("train")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append(f"batch {batch}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        assert logs is not None
        assert set(logs) >= {"loss", "val_loss"}
        self.calls.append("end")
        if epoch == 1:
            self.model.stop_training = True


def test_user_callbacks_are_called_as_keras_calls_them(create: Create, rows: Rows) -> None:
    recorder = _Recorder()
    _, result, _ = _run(create, rows, _hyper(epochs=9), callbacks=[recorder])
    batches = [f"batch {place}" for place in range(6)]
    assert recorder.calls == ["train", "epoch 0", *batches, "end", "epoch 1", *batches, "end"]
    assert result.stopped == "a callback requested a stop"


def test_keras_own_callbacks_change_the_rate(create: Create, rows: Rows) -> None:
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    _, result, _ = _run(create, rows, _hyper(init_rate=0.01), callbacks=[halve])
    assert result.history.column("learning_rate") == pytest.approx([0.005, 0.0025, 0.00125], rel=1e-5)


def test_an_undone_epoch_is_no_wish_of_a_callback(create: Create, rows: Rows) -> None:
    """Going back puts the optimizer's earlier rate in place, which looks as if a callback had raised it."""
    hyper = _hyper(optimizer="sgd", epochs=2, init_rate=100, l2=0.001, output="logits", schedule="constant")
    _, alone, _ = _run(create, rows, hyper)
    _, watched, told = _run(create, rows, hyper, callbacks=[_Recorder()])
    assert [event for event in told if isinstance(event, Warned) and event.subject == "nan_guard"]
    assert watched.history.rows == alone.history.rows


def test_a_smaller_batch_goes_on_at_the_start_of_the_epoch(
    create: Create, rows: Rows, checkpoint: Path, stopping: Callable[[int], Watch]
) -> None:
    """As after memory was short: the epochs that are finished stay as they were."""
    hyper = _hyper()
    with pytest.raises(Cancelled):
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows, stopping(10))
    saved = CheckpointFile(checkpoint).load()
    assert saved.position.step == 3
    _, result, told = _run(create, rows, hyper.changed(batch_size=4), checkpoint=CheckpointFile(checkpoint))
    assert result.history.rows[0] == saved.position.history[0]
    assert len(result.history) == 3
    assert max(event.steps for event in told if isinstance(event, BatchEnded)) == 12
