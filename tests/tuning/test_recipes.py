"""Two searches of the teaching texts: random over one layer, TPE over one to three layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.documents.search import Setting
from convonet.tasks import TuneTask
from convonet.tuning.optuna_sampler import START_TRIALS
from convonet.tuning.samplers import create_sampler
from convonet.tuning.units import Trial

UNITS = list(range(4, 257, 4))
ACTIVATIONS = ["relu", "leaky_relu", "tanh"]
COMMON = {"family": "dense", "optimizer": "adam", "epochs": 12, "batch_size": 16, "stop_patience": 3}
RANDOM: dict[str, Any] = {
    "hidden_units": {"length": [1, 1], "each": UNITS},
    "activation": ACTIVATIONS,
    "init_rate": {"low": 1e-4, "high": 1e-2, "log": True},
}
TPE: dict[str, Any] = {"hidden_units": {"length": [1, 3], "each": [8, 16, 32, 64]}, "init_rate": 1e-3}
SEARCHES = [("random", RANDOM), ("tpe", TPE)]
OPTIONS = {"trials": 10, "seed": 123, "folds": 1, "objective": "loss"}
BASE = {"num_filters": None, "num_units": None} | COMMON


def _drawn(task: TuneTask, score: Callable[[Trial], float]) -> list[Trial]:
    """All trials of a search whose scores are made up."""
    sampler, trials = create_sampler(task), []
    while asked := sampler.ask(1):
        for trial in asked:
            trials.append(trial)
            value = score(trial)
            numbers = {"mean_accuracy": None, "std": None, "mean_loss": value, "mean_score": value}
            rest = {"std_score": 0.0, "seconds": 1.0, "epochs_trained": 1}
            of = {"trial": trial.number, "seed": trial.hyper.seed, "params": trial.values, "folds": 1}
            setting = Setting.of({"state": "done"} | of | numbers | rest)
            sampler.tell(setting)
    return trials


@pytest.mark.parametrize(("search", "space"), SEARCHES)
def test_what_is_drawn_is_what_the_recipe_names(
    task: Callable[..., TuneTask], search: str, space: dict[str, Any]
) -> None:
    made = task(BASE | space, search=search, **OPTIONS)
    trials = _drawn(made, lambda trial: sum(trial.hyper.hidden_units or ()))
    assert len(trials) == 10
    assert [trial.hyper.seed for trial in trials] == list(range(1, 11))
    low, high = space["hidden_units"]["length"]
    for trial in trials:
        layers = trial.hyper.hidden_units
        assert layers is not None
        assert low <= len(layers) <= high
        assert set(layers) <= set(space["hidden_units"]["each"])
        assert trial.hyper.activation in (None, *ACTIVATIONS)
        assert 1e-4 <= (trial.hyper.init_rate or 0) <= 1e-2
    assert START_TRIALS == 5
    assert [trial.values for trial in _drawn(made, lambda trial: 1.0)][:START_TRIALS] == [
        trial.values for trial in trials[:START_TRIALS]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("search", "space"), SEARCHES)
def test_the_winner_trained_again_has_the_same_loss(
    pictures: Path, tmp_path: Path, search: str, space: dict[str, Any]
) -> None:
    data = {"train_dir": str(pictures), "image_size": 8}
    found = api.tune(data, COMMON | space, search=search, out=tmp_path, jobs=1, **OPTIONS)
    assert found.best is not None
    assert len(found.results) == 10
    trained = api.train(data, found.best_hyper, out=tmp_path, threads=1)
    assert min(trained.history["val_loss"]) == found.best["mean_loss"]
