"""Models by path or run id, and predictions as a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from convonet.csv_files import write_csv
from convonet.documents.predictions import Prediction, UnreadableImage
from convonet.errors import ModelFileError, RunNotFoundError
from convonet.runs import RunStore
from convonet.text import local_path


def model_path(model: str) -> Path:
    """The run folder or model file that a person names: a path, or a known run's id.

    Raises:
        ModelFileError: neither is there.
    """
    path = Path(local_path(model))
    # Unlike Path.exists, this does not raise for a text that is too long for a file name.
    if os.path.exists(path):
        return path.resolve()
    try:
        return RunStore(Path("runs")).find(model).path
    except RunNotFoundError as error:
        raise ModelFileError(
            "There is no such model",
            where=model,
            expected="a run folder, a run's id, or a .keras, .h5 or .onnx file",
            hint=error.hint,
        ) from error


def write_predictions(path: Path, predictions: Iterable[Prediction | UnreadableImage]) -> None:
    """Write predictions as CSV: path, predicted, confidence, unsure, unknown, error."""
    columns = ("path", "predicted", "confidence", "unsure", "unknown", "error")
    write_csv(path, columns, ([item.get(column, "") for column in columns] for item in predictions))
