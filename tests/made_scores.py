"""The results of a test, made from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convonet.documents.evaluation import RunEvaluation
from convonet.evaluation.evaluation import Evaluation, score
from convonet.evaluation.writing import write_evaluation
from convonet.inference.decision import Decision

Matrix = Sequence[Sequence[int]]


def write_scores(folder: Path, classes: Sequence[str], matrix: Matrix, root: str = "") -> None:
    """The files of a test whose confusion matrix is this one, of images in the folder `root`."""
    write_evaluation(folder, _evaluation(classes, matrix, root))


def made_document(folder: Path, classes: Sequence[str], matrix: Matrix, /, **changes: Any) -> RunEvaluation:
    """What `evaluate` answers of a test whose confusion matrix is this one, with other values for some keys."""
    values = dict(_evaluation(classes, matrix).document())
    document = RunEvaluation(**values, run=str(folder))
    return document.changed(**changes)


def _evaluation(classes: Sequence[str], matrix: Matrix, root: str = "") -> Evaluation:
    counts = np.array(matrix)
    cells = [
        (true, predicted)
        for true, predicted in np.ndindex(counts.shape)
        for _ in range(counts[true, predicted])
    ]
    y_true, y_pred = np.array(cells).T
    shares = np.where(y_pred[:, None] == np.arange(len(classes)), 0.9, 0.1 / (len(classes) - 1)).astype(
        np.float32
    )
    paths = [f"{classes[true]}/{number}.png" for number, true in enumerate(y_true)]
    return score(y_true, shares, Decision(None, None), classes=classes, paths=paths, root=root)
