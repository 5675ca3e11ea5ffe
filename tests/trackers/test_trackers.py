"""What trackers write, read back by their own libraries."""

from __future__ import annotations

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import convonet
from convonet.cli.app import app
from convonet.errors import InputError
from convonet.trackers import Tracker, checked_address

HYPER: dict[str, Any] = {"family": "logistic", "epochs": 3, "batch_size": 64, "optimizer": "adam"}
needs_tensorboard = pytest.mark.skipif(
    find_spec("tensorboard") is None, reason="tensorboard is not installed"
)
needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")


@pytest.fixture
def data(digits: Path) -> dict[str, Any]:
    return {"train_dir": digits / "train", "test_dir": digits / "test", "image_size": 8}


def history(run: Path) -> dict[str, list[float]]:
    with (run / "history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if rows[0][name] and name != "epoch"}


class Recorded(Tracker):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics: dict[str, list[float]] = {}
        self.figures: list[str] = []
        self.trials: list[tuple[dict[str, Any], dict[str, float]]] = []
        self.models: list[str] = []
        self.state = ""

    def begin(self, name: str, params: Any) -> None:
        self.name, self.params = name, params

    def log_metric(self, name: str, value: float, step: int) -> None:
        self.metrics.setdefault(name, []).append(value)

    def log_figure(self, title: str, file: Path) -> None:
        self.figures.append(file.name)

    def log_trial(self, number: int, params: Any, scores: Any) -> None:
        self.trials.append((dict(params), dict(scores)))

    def log_model(self, file: Path) -> None:
        self.models.append(file.name)

    def end(self, state: str) -> None:
        self.state = state


def test_a_tracker_as_listener_gets_parameters_metrics_figures_and_the_model(
    data: dict[str, Any], tmp_path: Path
) -> None:
    tracker = Recorded()
    run = convonet.train(data, HYPER, out=tmp_path, listen=tracker)
    assert tracker.name == run.path.name
    assert tracker.params["hyper.epochs"] == 3
    numbers = history(run.path)
    assert {name: tracker.metrics[name] for name in numbers} == numbers
    assert tracker.metrics["test_accuracy"] == [run.accuracy]
    assert "train_val_plots.png" in tracker.figures
    assert (tracker.models, tracker.state) == (["model.onnx"], "done")


@pytest.mark.slow
def test_the_trials_of_a_search_are_tracked(data: dict[str, Any], tmp_path: Path) -> None:
    tracker = Recorded()
    hyper = HYPER | {"epochs": 1, "init_rate": [0.01, 0.001]}
    run = convonet.tune(data, hyper, images=60, folds=2, jobs=1, out=tmp_path, listen=tracker)
    assert [(row["params"], row["mean_accuracy"]) for row in run.results] == [
        (params, scores["mean_accuracy"]) for params, scores in tracker.trials
    ]


@pytest.mark.parametrize("address", ["tensorbord:logs", "tensorboard", "tensorboard:", "logs"])
def test_a_wrong_address_is_refused_before_anything_begins(
    address: str, data: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="tensorboard:logs"):
        convonet.train(data, HYPER, out=tmp_path / "runs", track=address)
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(find_spec("mlflow") is not None, reason="mlflow is installed")
def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(InputError, match=r"convonet\[mlflow\]"):
        checked_address("mlflow:runs")


@needs_tensorboard
def test_event_files_hold_the_numbers_of_the_history(data: dict[str, Any], tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    words = ["train", "--train-dir", data["train_dir"], "--test-dir", data["test_dir"], "--image-size", "8"]
    words += ["--recipe", "none", "--set", "family=logistic", "--set", "epochs=2", "--name", "tracked"]
    words += ["--out", tmp_path, "--track", f"tensorboard:{tmp_path / 'logs'}", "--json"]
    answer = CliRunner().invoke(app, [str(word) for word in words])
    assert answer.exit_code == 0, answer.output
    found = EventAccumulator(str(tmp_path / "logs" / "tracked"), size_guidance={"images": 0})
    found.Reload()
    for name, values in history(tmp_path / "tracked").items():
        scalars = found.Scalars(name)
        assert [event.step for event in scalars] == [1, 2]
        assert np.array_equal([event.value for event in scalars], np.array(values, np.float32))
    assert len(found.Tags()["images"]) >= 4
    text = found.Tensors("parameters/text_summary")[0].tensor_proto.string_val[0].decode()
    assert "| hyper.epochs | 2 |" in text


@needs_mlflow
@pytest.mark.filterwarnings("ignore")  # of MLflow and what it stands on
@pytest.mark.slow
def test_an_mlflow_store_holds_the_numbers_figures_model_and_trials(
    data: dict[str, Any], tmp_path: Path
) -> None:
    import mlflow

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    run = convonet.train(data, HYPER, out=tmp_path, track=f"mlflow:{uri}")
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("convonet")
    (kept,) = client.search_runs([experiment.experiment_id])
    assert kept.info.run_name == run.path.name
    assert json.loads(kept.data.params["hyper.epochs"]) == 3
    for name, values in history(run.path).items():
        assert [metric.value for metric in client.get_metric_history(kept.info.run_id, name)] == values
    figures = {item.path for item in client.list_artifacts(kept.info.run_id, "figures")}
    assert "figures/train_val_plots.png" in figures
    assert any((tmp_path / "mlartifacts").rglob("model.onnx"))
    assert not Path("mlruns").exists()
