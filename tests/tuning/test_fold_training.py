"""One training on a fold: the same numbers as a training alone, and every end of it a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params import HyperParams
from convonet.runs.trials import FoldRow
from convonet.training.history import History
from convonet.training.net_training import ImageRows, NetTraining
from convonet.tuning.fold_data import FoldData
from convonet.tuning.fold_training import FoldTrainer
from convonet.tuning.messages import EpochScored, FoldEnded, Message, TrainerSettings
from convonet.tuning.units import Trial, Unit

HYPER = {"num_filters": 4, "num_units": 8, "batch_size": 8, "drop_out": 0.3}


def _unit(*epochs: int, **values: Any) -> Unit:
    hypers = [HyperParams.of(HYPER | values | {"epochs": count}) for count in epochs]
    trials = tuple(Trial(number, hyper, {"epochs": hyper.epochs}) for number, hyper in enumerate(hypers, 1))
    return Unit(hypers[-1], trials, 1, 2)


def _train(
    data: FoldData, unit: Unit, should_stop: Any = lambda: False, **settings: Any
) -> tuple[list[FoldRow], list[Message]]:
    messages: list[Message] = []
    trainer = FoldTrainer(data, TrainerSettings(**({"objective": "accuracy", "threads": 1} | settings)))
    trainer.train(unit, messages.append, should_stop)
    return [message.row for message in messages if isinstance(message, FoldEnded)], messages


def _numbers(row: FoldRow) -> tuple[Any, ...]:
    return row.accuracy, row.loss, row.train_accuracy, row.train_loss, row.score, row.epochs_trained


def _alone(data: FoldData, hyper: HyperParams) -> tuple[NetModel, History, ImageRows]:
    """The same training by hand: a fold is scored after its last epoch unless another was asked for."""
    hyper = hyper if hyper.is_set("save_best") else hyper.changed(save_best="none")
    kept, held = data.rows(1, 2)
    model = create_model(hyper, data.net_input)
    val = ImageRows(data.opened(), data.labels, held)
    result = NetTraining(model, hyper).train_val(ImageRows(data.opened(), data.labels, kept), val)
    return model, result.history, val


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_shared_training_is_equal_to_separate_ones_to_the_last_digit(
    fold_data: FoldData, optimizer: str
) -> None:
    shared, _ = _train(fold_data, _unit(1, 2, 4, optimizer=optimizer))
    separate = [_train(fold_data, _unit(count, optimizer=optimizer))[0][0] for count in (1, 2, 4)]
    assert [_numbers(row) for row in shared] == [_numbers(row) for row in separate]
    assert [row.trial for row in shared] == [1, 2, 3]
    history = _alone(fold_data, HyperParams.of(HYPER | {"epochs": 4, "optimizer": optimizer}))[1]
    last = history.rows[-1]
    assert _numbers(shared[-1])[:4] == tuple(
        last[n] for n in ("val_accuracy", "val_loss", "accuracy", "loss")
    )


def test_the_objective_agrees_with_scikit_learn(fold_data: FoldData) -> None:
    model, _, val = _alone(fold_data, HyperParams.of(HYPER | {"epochs": 2}))
    images, labels = val.take(slice(None))
    probabilities = model.predict(images)
    (auc,), _ = _train(fold_data, _unit(2), objective="auc")
    assert auc.score == pytest.approx(roc_auc_score(labels, probabilities[:, 1]))
    (f1,), _ = _train(fold_data, _unit(2), objective="macro_f1")
    assert f1.score == pytest.approx(
        f1_score(labels, probabilities.argmax(1), average="macro", zero_division=0)
    )
    (loss,), _ = _train(fold_data, _unit(2), objective="loss")
    assert loss.score == loss.loss


def test_early_stopping_gives_the_score_of_the_weights_that_it_kept(fold_data: FoldData) -> None:
    values = {"stop_patience": 2, "init_rate": 0.05, "epochs": 30}
    rows, _ = _train(fold_data, _unit(30, stop_patience=2, init_rate=0.05))
    _, history, _ = _alone(fold_data, HyperParams.of(HYPER | values))
    losses = history.column("val_loss")
    assert len(losses) < 30
    assert rows[0].loss == min(losses)
    assert rows[0].epochs_trained == len(losses)
    assert "has not improved" in rows[0].reason


def test_scores_of_all_epochs_are_told_where_settings_are_pruned(fold_data: FoldData) -> None:
    rows, messages = _train(fold_data, _unit(3), reports=True)
    told = [message for message in messages if isinstance(message, EpochScored)]
    assert [(one.unit, one.epoch) for one in told] == [((1, 1, 2), epoch) for epoch in (1, 2, 3)]
    assert told[-1].score == rows[0].score


def test_a_pruned_training_leaves_its_last_scores(fold_data: FoldData) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 5

    (row,), _ = _train(fold_data, _unit(3), stop, reports=True)
    assert (row.state, row.score, row.epochs_trained) == ("pruned", None, 1)
    assert row.accuracy is not None


def test_a_setting_that_cannot_be_trained_is_a_row_that_says_why(fold_data: FoldData) -> None:
    rows, _ = _train(fold_data, _unit(1, 2, kernel_size=31, padding="valid"))
    assert [row.state for row in rows] == ["failed", "failed"]
    assert "too small" in rows[0].reason
    one_class = replace(fold_data, labels=np.zeros(40, np.int64))
    (row,), _ = _train(one_class, _unit(1), objective="auc")
    assert (row.state, row.reason) == ("failed", "The auc is not a number")
    assert row.accuracy is not None


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError("Unable to allocate 9 GiB"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), True),
        (RuntimeError("CUDA out of memory."), True),
        (ValueError("shapes do not fit"), False),
    ],
)
def test_a_failed_allocation_is_told_from_other_faults(
    fold_data: FoldData, monkeypatch: pytest.MonkeyPatch, error: Exception, memory: bool
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(NetTraining, "train_val", fail)
    (row,), messages = _train(fold_data, _unit(1))
    assert row.state == "failed"
    assert [message.memory for message in messages if isinstance(message, FoldEnded)] == [memory]
    assert row.reason.startswith("Out of memory") is memory


def test_images_in_memory_and_images_in_a_file_are_the_same(fold_data: FoldData, tmp_path: Any) -> None:
    from convonet.tuning.fold_data import MappedFile

    path = tmp_path / "pixels.u8"
    path.write_bytes(b"head" + np.asarray(fold_data.source).tobytes())
    mapped = replace(fold_data, source=MappedFile(str(path), (40, 8, 8, 1), 4))
    assert np.array_equal(mapped.opened(), fold_data.opened())
    assert not mapped.opened().flags.writeable
    assert np.array_equal(np.asarray(mapped.with_pixels().source), fold_data.opened())
