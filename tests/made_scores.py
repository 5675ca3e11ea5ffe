"""The files of a test, made from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convonet.evaluation.evaluation import score
from convonet.evaluation.writing import write_evaluation
from convonet.inference.decision import Decision


def write_scores(
    folder: Path, classes: Sequence[str], matrix: Sequence[Sequence[int]], root: str = ""
) -> None:
    """The files of a test whose confusion matrix is this one, of images in the folder `root`."""
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
    result = score(y_true, shares, Decision(None, None), classes=classes, paths=paths, root=root)
    write_evaluation(folder, result)
