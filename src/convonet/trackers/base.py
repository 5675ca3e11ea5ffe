"""The base class of the trackers: passes what happens in a run on to another tool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convonet.events import CandidateStarted, EpochEnded, EvaluationEnded, Event, FileSaved
from convonet.params.fields import ParamValues
from convonet.runs import Run
from convonet.runs.documents import tune_document
from convonet.tasks import TuneTask

_MODEL = "model.onnx"


class Tracker(ABC):
    """Writes what happens in a run to another tool. Pass it to `convonet.train` as `listen`.

    A subclass defines how a metric, a figure or a trial is written.
    """

    def __init__(self) -> None:
        self._run: Run | None = None
        self._prefix = ""

    @contextmanager
    def following(self, run: Run) -> Iterator[None]:
        """Track a run inside a `with` block."""
        self._run, self._prefix = run, ""
        self.begin(run.id, _parameters(run))
        state = "failed"
        try:
            yield
            self._end_of(run)
            state = "done"
        finally:
            self._run = None
            self.end(state)

    def __call__(self, event: Event) -> None:
        """Write the contents of an event."""
        if self._run is None:
            return
        if isinstance(event, CandidateStarted):
            # Each network that a recipe trains counts its epochs from 1.
            self._prefix = f"{event.name}/"
        elif isinstance(event, EpochEnded):
            for name, value in event.logs.items():
                self.log_metric(self._prefix + name, value, event.epoch)
        elif isinstance(event, EvaluationEnded):
            self.log_metric(f"{event.split}_accuracy", event.accuracy, 0)
        elif isinstance(event, FileSaved) and event.path.endswith(".png"):
            file = self._run.path / event.path
            if file.is_file():
                self.log_figure(event.title, file)

    def _end_of(self, run: Run) -> None:
        """Write what is known at the end: the trials of a search, or the model."""
        if isinstance(run.task(), TuneTask):
            for number, setting in enumerate(tune_document(run).results, start=1):
                scores = {"mean_accuracy": setting.mean_accuracy, "std": setting.std}
                known = {name: score for name, score in scores.items() if score is not None}
                self.log_trial(number, setting.params, known)
        if run.file(_MODEL).is_file():
            self.log_model(run.file(_MODEL))

    @abstractmethod
    def begin(self, name: str, params: Mapping[str, Any]) -> None:
        """Start a run with this name and these parameters."""

    @abstractmethod
    def log_metric(self, name: str, value: float, step: int) -> None:
        """Write one number. `step` is the epoch, starting from 1, or 0 for a number of the whole run."""

    @abstractmethod
    def log_figure(self, title: str, file: Path) -> None:
        """Write a figure from a PNG file."""

    @abstractmethod
    def log_trial(self, number: int, params: Mapping[str, Any], scores: Mapping[str, float]) -> None:
        """Write one setting of a search, numbered from 1 in the order of the results."""

    def log_model(self, file: Path) -> None:  # noqa: B027  not every place keeps models
        """Write the trained model from an ONNX file."""

    @abstractmethod
    def end(self, state: str) -> None:
        """End the run; `state` is `done` or `failed`."""


def _parameters(run: Run) -> ParamValues:
    """The data parameters and hyperparameters that were set, in one flat dictionary."""
    record = run.read()
    return {"kind": record.kind, "seed": record.seed, **record.params.flat()}
