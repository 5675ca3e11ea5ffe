"""Schedules, rules, history and checkpoints: numbers against their formulas."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from convonet.nets.backend import keras
from convonet.params import HyperParams
from convonet.training.checkpoint import Checkpoint, CheckpointFile, Position, Snapshot
from convonet.training.history import History, csv_head
from convonet.training.rules import BestKeeper, EarlyStopping, create_rules, is_better
from convonet.training.schedules import create_schedule
from convonet.training.seeding import layer_seed


def test_exponential_rates_are_keras_own() -> None:
    ours = create_schedule(HyperParams.of({"init_rate": 0.02, "decay_steps": 400, "decay_rate": 0.9}))
    theirs = keras.optimizers.schedules.ExponentialDecay(0.02, 400, 0.9)
    steps = [0, 1, 399, 400, 5000]
    np.testing.assert_allclose([ours(s) for s in steps], [float(theirs(s)) for s in steps], rtol=1e-6)


def test_a_constant_rate_stays() -> None:
    ours = create_schedule(HyperParams.of({"optimizer": "adam", "init_rate": 0.003}))
    assert {ours(step) for step in range(0, 1000, 100)} == {0.003}


@pytest.mark.parametrize(
    ("monitor", "scores", "patience", "stops_after", "best"),
    [
        ("val_loss", [3, 2, 1, 1, 1], 2, 5, 3),
        ("val_accuracy", [0.1, 0.5, 0.4, 0.3], 2, 4, 2),
        ("loss", [1, math.nan, math.nan], 2, 3, 1),
        ("accuracy", [0.1, 0.2, 0.3], 1, None, 3),
    ],
)
def test_early_stopping_and_the_best_epoch(
    monitor: str, scores: list[float], patience: int, stops_after: int | None, best: int
) -> None:
    stopping, keeper = EarlyStopping(monitor, patience), BestKeeper(monitor)
    ended = None
    for epoch, value in enumerate(scores, start=1):
        keeper.update(epoch, {monitor: value})
        if stopping.update({monitor: value}):
            ended = epoch
            break
    assert (ended, keeper.epoch) == (stops_after, best)


def test_a_change_below_the_least_improvement_is_none() -> None:
    assert not is_better(0.995, 1.0, "loss", 0.01)
    assert is_better(0.98, 1.0, "loss", 0.01)


def test_rules_come_back_from_their_state() -> None:
    hyper = HyperParams.of(
        {"stop_patience": 3, "plateau_patience": 3, "target": 0.9, "target_metric": "accuracy"}
    )
    rules, again = (create_rules(hyper, validation=True) for _ in range(2))
    for epoch, value in enumerate([2.0, 1.0, 1.5, 1.4], start=1):
        logs = {"val_loss": value, "accuracy": 0.1 * epoch}
        assert rules.keeper is not None
        assert rules.plateau is not None
        rules.keeper.update(epoch, logs)
        rules.plateau.update(logs, 0.1)
        rules.reason_to_stop(logs)
    assert again != rules
    again.restore(json.loads(json.dumps(rules.state())))
    assert again == rules


def test_history_lines_hold_every_digit_and_leave_absent_values_empty() -> None:
    history = History()
    history.add({"loss": 0.1 + 0.2, "accuracy": 1 / 3, "learning_rate": 0.02})
    assert csv_head() == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate"
    assert history.csv_line(0) == "1,0.30000000000000004,0.3333333333333333,,,0.02"
    assert history.to_dict() == {"loss": [0.1 + 0.2], "accuracy": [1 / 3], "val_loss": [], "val_accuracy": []}


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "c.npz")
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=5).astype("float32")]
    position = Position(epoch=3, step=7, loss_sum=0.1 + 0.2, correct=5, history=[{"loss": 1 / 3}], ended="")
    now = Snapshot(weights, [np.array(9, dtype="int64")])
    file.save(Checkpoint(position, now, good=Snapshot(weights[:1], []), best=weights[:2]))
    again = file.load()
    assert again.position == position
    assert again.best is not None
    assert again.good is not None
    back = [*again.now.weights, *again.best, *again.good.weights]
    for one, other in zip([*weights, *weights, weights[0]], back, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == other.dtype
    assert again.now.optimizer[0] == 9


def test_a_checkpoint_calls_the_correct_answers_what_it_always_did(tmp_path: Path) -> None:
    """Versions from 0.1 on read each other's checkpoints."""
    file = CheckpointFile(tmp_path / "c.npz")
    file.save(Checkpoint(Position(correct=5), Snapshot([], [])))
    with np.load(file.path) as archive:
        kept = json.loads(archive["meta"].tobytes())
    assert (kept["position"]["right"], "correct" in kept["position"]) == (5, False)
    assert file.load().position.correct == 5


def test_neighbouring_seeds_and_positions_draw_unlike() -> None:
    seeds = {layer_seed(s, e, t, k) for s in range(4) for e in range(4) for t in range(4) for k in range(3)}
    assert len(seeds) == 4 * 4 * 4 * 3
