"""A training whose number of epochs is changed on the way: its rates, and that it still resumes exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convonet.errors import Cancelled
from convonet.events import EpochEnded, Event, Watch
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.net_training import ImageRows, NetTraining
from convonet.training.schedules import create_schedule

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]
HYPER = HyperParams.of(
    {
        "num_filters": 4,
        "num_units": 8,
        "epochs": 2,
        "batch_size": 8,
        "optimizer": "adam",
        "schedule": "one_cycle",
    }
)


def longer(epoch: int, seconds: float) -> int | None:
    """Four epochs instead of two, decided after the first one."""
    return 4 if epoch == 1 else None


def test_a_longer_training_has_its_schedule_stretched(create: Create, rows: Rows) -> None:
    told: list[Event] = []
    training = NetTraining(create(HYPER), HYPER, new_length=longer)
    result = training.train_val(*rows, Watch(told.append))
    steps = -(-len(rows[0]) // HYPER.batch_size)
    ends = [epoch * steps - 1 for epoch in range(1, 5)]
    short, long = create_schedule(HYPER, steps), create_schedule(HYPER.changed(epochs=4), steps)
    expected = [short(ends[0]), *(long(step) for step in ends[1:])]
    assert result.history.column("learning_rate") == pytest.approx(expected, rel=1e-6)
    assert [event.epochs for event in told if isinstance(event, EpochEnded)] == [4, 4, 4, 4]


def test_a_shorter_training_ends_there(create: Create, rows: Rows) -> None:
    hyper = HYPER.changed(epochs=9)
    result = NetTraining(create(hyper), hyper, new_length=lambda epoch, seconds: 3).train_val(*rows)
    assert len(result.history) == 3
    assert result.history.column("learning_rate")[-1] < 1e-3 * hyper.rate


def test_the_length_is_asked_for_between_epochs_with_the_time_they_took(create: Create, rows: Rows) -> None:
    asked: list[tuple[int, float]] = []

    def note(epoch: int, seconds: float) -> None:
        asked.append((epoch, seconds))

    hyper = HYPER.changed(epochs=3)
    NetTraining(create(hyper), hyper, new_length=note).train_val(*rows)
    assert [epoch for epoch, _ in asked] == [1, 2]
    assert all(0 < seconds < 60 for _, seconds in asked)


@pytest.mark.parametrize("questions", [3, 8, 15, 24])
def test_stopped_anywhere_it_goes_on_with_the_same_numbers(
    create: Create, rows: Rows, checkpoint: Path, questions: int, stopping: Callable[[int], Watch]
) -> None:
    whole = create(HYPER)
    expected = NetTraining(whole, HYPER, new_length=longer).train_val(*rows)
    first = NetTraining(create(HYPER), HYPER, CheckpointFile(checkpoint), new_length=longer)
    with pytest.raises(Cancelled):
        first.train_val(*rows, stopping(questions))
    model = create(HYPER.changed(seed=99))
    result = NetTraining(model, HYPER, CheckpointFile(checkpoint), new_length=longer).train_val(*rows)
    assert result.history.rows == expected.history.rows
    pairs = zip(model.keras_model.get_weights(), whole.keras_model.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
