"""What a run predicted for each test image, and which images two runs have in common."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import NamedTuple

from convonet import documents
from convonet.csv_files import csv_records
from convonet.errors import DocumentError
from convonet.runs.run import Run

PREDICTIONS = "predictions.csv"
_COLUMNS = ("path", "true", "predicted")


class PredictedImage(NamedTuple):
    """The prediction for one image. `p_true`: probability of the true class, where it was asked for."""

    true: str
    predicted: str
    p_true: float = 0.0

    @property
    def is_correct(self) -> bool:
        """Whether the true class was predicted."""
        return self.true == self.predicted


Predicted = dict[str, PredictedImage]
"""By path, in the order of the file."""


def predicted_images(run: Run, *, probabilities: bool = False) -> Predicted:
    """The predictions in a run folder; empty where the run was not tested, or the file is not ours.

    Args:
        probabilities: read those of the true classes too, which takes longer where there are many classes.
    """
    try:
        with run.file(PREDICTIONS).open(encoding="utf-8", newline="") as lines:
            rows = csv_records(lines, None if probabilities else _COLUMNS)
            return {row["path"]: _image(row, probabilities) for row in rows}
    except (OSError, KeyError, ValueError, csv.Error):
        return {}


def _image(row: Mapping[str, str], probabilities: bool) -> PredictedImage:
    p_true = float(row[f"p:{row['true']}"]) if probabilities else 0.0
    return PredictedImage(row["true"], row["predicted"], p_true)


def in_common(a: Run, b: Run, first: Predicted, second: Predicted) -> list[str]:
    """The paths of the images that both runs were tested on.

    Two sets may name their files alike. So runs that were tested in different folders have images in common only
    where they saw exactly the same paths, as after a folder was moved.
    """
    if first.keys() != second.keys() and _test_folder(a) != _test_folder(b):
        return []
    return [path for path in first if path in second]


def _test_folder(run: Run) -> str:
    """The folder of the test images; empty where it is not known."""
    try:
        found = documents.EvaluationDocument.in_folder(run.path, "test")
    except DocumentError:
        return ""
    return found.root if found is not None else ""
