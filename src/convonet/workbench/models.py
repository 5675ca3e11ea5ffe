"""Models by path or run id, and predictions as a file."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from convonet.atomic import write_bytes
from convonet.errors import ModelFileError, RunNotFoundError
from convonet.runs import RunStore


def model_path(model: str) -> Path:
    """The run folder or model file that a person names: a path, or a known run's id.

    Raises:
        ModelFileError: neither is there.
    """
    path = Path(model)
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


def write_predictions(path: Path, predictions: list[dict[str, Any]]) -> None:
    """Write predictions as CSV: path, predicted, confidence, unsure, error."""
    columns = ("path", "predicted", "confidence", "unsure", "error")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([item.get(column, "") for column in columns] for item in predictions)
    # A file name that is no UTF-8 is shown with its bytes escaped rather than losing the table.
    write_bytes(path, text.getvalue().encode("utf-8", errors="backslashreplace"))
