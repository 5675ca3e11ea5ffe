"""What a person's own callbacks and listeners raise reaches that person as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import optuna
import pytest

import convonet
from convonet.events import EpochEnded, Event

from .conftest import FASTEST


class OwnError(Exception):
    """Not an exception of Convonet."""


@pytest.fixture
def data(digits: Path) -> dict[str, Any]:
    return {"train_dir": digits / "train", "image_size": 8}


def test_a_listeners_exception_is_raised_unchanged(data: dict[str, Any], tmp_path: Path) -> None:
    error = OwnError("mine")

    def listen(event: Event) -> None:
        if isinstance(event, EpochEnded):
            raise error

    with pytest.raises(OwnError) as raised:
        convonet.train(data, FASTEST, out=tmp_path, name="run", listen=listen)
    assert raised.value is error
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["state"] == "failed"
    assert "OwnError: mine" in record["error"]["received"]


def test_an_optuna_objective_prunes(data: dict[str, Any], tmp_path: Path) -> None:
    class Prune(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self, trial: optuna.Trial) -> None:
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.trial.report((logs or {})["val_accuracy"], epoch)
            if self.trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial: optuna.Trial) -> float:
        hyper = FASTEST | {"init_rate": trial.suggest_categorical("init_rate", [0.01, 1e-7])}
        run = convonet.train(data, hyper, out=tmp_path, seed=1, callbacks=[Prune(trial)])
        return run.history["val_accuracy"][-1]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.GridSampler({"init_rate": [0.01, 1e-7]}, seed=0),
        pruner=optuna.pruners.ThresholdPruner(lower=0.5),
    )
    study.optimize(objective, n_trials=2)
    states = {trial.params["init_rate"]: trial.state.name for trial in study.trials}
    assert states == {0.01: "COMPLETE", 1e-7: "PRUNED"}


def test_stock_callbacks_work(
    data: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, seen = tmp_path / "log.csv", []
    convonet.train(
        data,
        FASTEST,
        out=tmp_path / "runs",
        callbacks=[
            keras.callbacks.ProgbarLogger(),
            keras.callbacks.CSVLogger(log),
            keras.callbacks.EarlyStopping(patience=5),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
            keras.callbacks.ReduceLROnPlateau(),
            keras.callbacks.TerminateOnNaN(),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)),
        ],
    )
    assert seen == [0, 1]
    assert len(log.read_text().splitlines()) == 3
    assert (tmp_path / "best.keras").is_file()
    assert "Epoch 2/2" in capsys.readouterr().out
