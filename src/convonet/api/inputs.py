"""Arguments of the public functions: parameters as values, dictionaries or files; models as runs or files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from convonet.errors import InputError, ModelFileError, ParamError, RunNotFoundError
from convonet.events import Event
from convonet.params import DataParams, HyperParams, SearchSpace, load_data, load_hyper
from convonet.runs import Run, RunStore
from convonet.runs.begin import DEFAULT_FOLDER
from convonet.text import absolute, local_path

PathLike: TypeAlias = str | os.PathLike[str]


class HasPath(Protocol):
    """A result that has a run folder, such as `TrainedRun`."""

    @property
    def path(self) -> Path:
        """The run folder."""


Data: TypeAlias = DataParams | Mapping[str, Any] | PathLike
Hyper: TypeAlias = HyperParams | SearchSpace | Mapping[str, Any] | PathLike | None
Listener: TypeAlias = Callable[[Event], None] | None
Model: TypeAlias = PathLike | HasPath
"""A run folder, a run's id, a model file, or what `train` and `load` return."""


def data_of(data: Data) -> DataParams:
    """Data parameters from a value, a dictionary, a JSON file, or a folder of images."""
    if isinstance(data, DataParams):
        return data
    if isinstance(data, Mapping):
        return DataParams.of(
            {name: os.fspath(v) if isinstance(v, os.PathLike) else v for name, v in data.items()}
        )
    path = _path_of(data, "data", "a path, a dictionary or DataParams")
    # By its ending: a path that is not there yet must be told as what it was meant to be.
    return load_data(path) if path.suffix.lower() == ".json" else DataParams.of({"train_dir": str(path)})


def hyper_of(hyper: Hyper) -> HyperParams:
    """The hyperparameters of one training run.

    Raises:
        InputError: a dictionary or search space contains several values for a parameter.
    """
    if hyper is None:
        return HyperParams()
    if isinstance(hyper, HyperParams):
        return hyper
    space = space_of(hyper)
    # A file of the reference application holds lists, of which a training takes the first value.
    if space.varied and isinstance(hyper, (Mapping, SearchSpace)):
        name = space.varied[0]
        raise InputError(
            "Training takes one value for each hyperparameter",
            where=name,
            received=f"several values for {' and '.join(space.varied)}",
            hint="Use convonet.tune to search among values",
        )
    return space.first()


def space_of(hyper: Hyper) -> SearchSpace:
    """The values that a search tries."""
    if hyper is None or isinstance(hyper, HyperParams):
        return SearchSpace.single(hyper or HyperParams())
    if isinstance(hyper, SearchSpace):
        return hyper
    if isinstance(hyper, Mapping):
        return SearchSpace.of(hyper)
    return load_hyper(_path_of(hyper, "hyper", "a path, a dictionary, HyperParams or a SearchSpace"))


def model_path(model: Model) -> Path:
    """The path of a run folder or model file.

    Raises:
        ModelFileError: the value is neither a path nor the id of a known run.
    """
    if not isinstance(model, (str, os.PathLike)):
        return _result_path(model, "model", "a path, a run's id, or what train or load returned")
    path = Path(local_path(model))
    # Only a word without folders can be the id of a run; a path that is not there is told by whoever opens it.
    if path.exists() or path.name != os.fspath(model):
        return path
    try:
        return RunStore(DEFAULT_FOLDER).find(path.name).path
    except RunNotFoundError as error:
        raise ModelFileError(
            "There is no such model",
            where=model,
            expected="a run folder, a run's id, or a .keras, .h5 or .onnx file",
            hint=error.hint,
        ) from error


def run_of(run: PathLike | HasPath) -> Run:
    """The run that a path, an id or a result refers to.

    Raises:
        RunNotFoundError: the run does not exist.
    """
    if not isinstance(run, (str, os.PathLike)):
        return Run.open(_result_path(run, "run", "a path, a run's id, or what train or tune returned"))
    path = Path(local_path(run))
    return Run.open(path) if path.is_dir() else RunStore(DEFAULT_FOLDER).find(os.fspath(run))


def _path_of(value: object, name: str, expected: str) -> Path:
    if not isinstance(value, (str, os.PathLike)):
        raise _wrong_type(value, name, expected)
    return Path(value)


def _result_path(value: object, name: str, expected: str) -> Path:
    path = getattr(value, "path", None)
    if not isinstance(path, Path):
        raise _wrong_type(value, name, expected)
    return path


def _wrong_type(value: object, name: str, expected: str) -> ParamError:
    return ParamError.of({name: f"{name}: expected {expected}, received {_described(value)}"})


def _described(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def optional_path(path: PathLike | None) -> str | None:
    """An absolute path, or None."""
    return None if path is None else absolute(path)
