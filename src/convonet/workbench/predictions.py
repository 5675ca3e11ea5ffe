"""The answers of an evaluation, image by image, as its run folder holds them."""

from __future__ import annotations

import csv
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from convonet.errors import InputError


class Answer(NamedTuple):
    """What the model said of one image.

    Attributes:
        address: where the image is.
        confidence: probability of the predicted class, 0..1.
        top: the likeliest classes and their probabilities, best first.
    """

    address: str
    true: str
    predicted: str
    confidence: float
    top: tuple[tuple[str, float], ...]


def read_answers(root: Path, scores: dict[str, Any], top: int = 5) -> list[Answer]:
    """Every row of an evaluation, the surest answer first.

    Args:
        root: the folder of the set; paths in the file are relative to it.
        scores: the evaluation's document, with `run` and `split`.
        top: how many classes are kept of each image.

    Raises:
        InputError: the file is not there.
    """
    split = scores["split"]
    file = Path(scores["run"]) / ("predictions.csv" if split == "test" else f"predictions_{split}.csv")
    if not file.is_file():
        raise InputError("The answers of this test are not in its run folder", where=file, hint="Test again")
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        names = [name.removeprefix("p:") for name in next(reader)[4:]]
        answers = [
            Answer(
                str((root.parent if "#" in path else root) / path),
                true,
                predicted,
                float(confidence),
                tuple(nlargest(top, zip(names, map(float, shares), strict=True), key=itemgetter(1))),
            )
            for path, true, predicted, confidence, *shares in reader
        ]
    return sorted(answers, key=lambda answer: -answer.confidence)
