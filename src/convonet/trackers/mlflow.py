"""MLflow: runs of the experiment `convonet` in a tracking store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import onnx
import onnxruntime
from mlflow.models import infer_signature

from convonet.trackers.base import Tracker

_LONGEST = 500
"""Characters of a parameter's value that every store of MLflow keeps."""


class MLflow(Tracker):
    """Writes to an MLflow tracking store: parameters, metrics, figures, the model, and trials as nested runs.

    Args:
        uri: URI of the store, such as `sqlite:///mlflow.db` or `http://host:5000`.
        experiment: name of the experiment to which the runs belong.
    """

    def __init__(self, uri: str, experiment: str = "convonet") -> None:
        super().__init__()
        self.uri, self.experiment = uri, experiment

    def begin(self, name: str, params: Mapping[str, Any]) -> None:
        """Begin a run and write the parameters."""
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_experiment(experiment_id=self._experiment_id())
        # MLflow refuses to start a run while another one is active, unless it is nested.
        mlflow.start_run(run_name=name, nested=mlflow.active_run() is not None)
        mlflow.log_params(_texts(params))

    def _experiment_id(self) -> str:
        """The id of the experiment, created if it does not exist, with its files beside the store."""
        found = mlflow.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        file = self.uri.removeprefix("sqlite:///")
        # None leaves the choice to a tracking server, which has its own place for artifacts.
        beside = None if file == self.uri else (Path(file).resolve().parent / "mlartifacts").as_uri()
        return str(mlflow.create_experiment(self.experiment, artifact_location=beside))

    def log_metric(self, name: str, value: float, step: int) -> None:
        """Write one value of a metric."""
        mlflow.log_metric(name, value, step=step)

    def log_figure(self, title: str, file: Path) -> None:
        """Write the picture as an artifact."""
        mlflow.log_artifact(str(file), "figures")

    def log_trial(self, number: int, params: Mapping[str, Any], scores: Mapping[str, float]) -> None:
        """Write a nested run."""
        with mlflow.start_run(run_name=f"trial-{number:03d}", nested=True):
            mlflow.log_params(_texts(params))
            mlflow.log_metrics(dict(scores))

    def log_model(self, file: Path) -> None:
        """Write the ONNX model with its signature: pixels 0..255 in, probabilities out."""
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        # The batch axis has a name in the file instead of a number.
        pixels = np.zeros([side if isinstance(side, int) else 1 for side in entry.shape], np.float32)
        signature = infer_signature({entry.name: pixels}, session.run(None, {entry.name: pixels})[0])
        mlflow.onnx.log_model(onnx.load(str(file)), name="model", signature=signature)

    def end(self, state: str) -> None:
        """End the run."""
        mlflow.end_run("FINISHED" if state == "done" else "FAILED")


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:_LONGEST]
        for name, value in params.items()
    }
