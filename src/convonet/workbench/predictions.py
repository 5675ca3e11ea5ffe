"""The answers of an evaluation, image by image, as its run folder holds them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

from convonet.errors import InputError


class Answer(NamedTuple):
    """What the model said of one image.

    Attributes:
        address: where the image is.
        confidence: probability of the predicted class, 0..1.
        probabilities: class → probability, in class order.
    """

    address: str
    true: str
    predicted: str
    confidence: float
    probabilities: tuple[tuple[str, float], ...]

    def likeliest(self, count: int) -> tuple[tuple[str, float], ...]:
        """The best few classes."""
        return tuple(sorted(self.probabilities, key=lambda pair: -pair[1])[:count])


def read_answers(root: Path, scores: dict[str, Any]) -> list[Answer]:
    """Every row of an evaluation, the surest answer first.

    Args:
        root: the folder of the set; paths in the file are relative to it.
        scores: the evaluation's document, with `run` and `split`.

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
                tuple(zip(names, map(float, shares), strict=True)),
            )
            for path, true, predicted, confidence, *shares in reader
        ]
    return sorted(answers, key=lambda answer: -answer.confidence)
