"""The answers of an evaluation, image by image, as its run folder holds them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from convonet import documents
from convonet.csv_files import csv_rows
from convonet.errors import InputError
from convonet.file_stats import FileStats, file_stats

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]


class ImageAnswer(NamedTuple):
    """What the model predicted for one image.

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


class Answers:
    """All answers of an evaluation, highest confidence first.

    Only numbers are held, 24 bytes an image; a row is read from its file when it is looked at, so that a hundred
    thousand images with a hundred classes weigh no more than a few megabytes.

    Args:
        file: the table of predictions.
        root: the folder of the set; paths in the file are relative to it.
        top: how many classes are told of each image.

    Raises:
        InputError: the file is not there.
    """

    def __init__(self, file: Path, root: Path, top: int = 5) -> None:
        if not file.is_file():
            raise InputError(
                "The predictions of this test are not in its run folder", where=file, hint="Test again"
            )
        self._file, self._root, self._top = file, root, top
        with file.open("rb") as lines:
            self._state = _state_of(lines)
            self.classes = tuple(name.removeprefix("p:") for name in _values(next(lines))[4:])
            self._read_rows(lines)

    def _read_rows(self, lines: IO[bytes]) -> None:
        # The window can be seen sooner without numpy.
        import numpy as np

        # Arrays of plain numbers: a hundred thousand tuples would stay in the process's memory for good.
        known = {name: index for index, name in enumerate(self.classes)}
        starts, true, predicted, sure = array("q"), array("q"), array("q"), array("d")
        for start, line in _records(lines, lines.tell()):
            values = _values(line, 4)
            starts.append(start)
            # A name that the model does not know still is a class of its own.
            true.append(known.setdefault(values[1], len(known)))
            predicted.append(known.setdefault(values[2], len(known)))
            sure.append(float(values[3]))
        # Stable, so that images of equal confidence keep the order of the table.
        order = np.argsort(-np.asarray(sure), kind="stable")
        self._known = known
        self._starts, self._true, self._predicted = (np.asarray(c)[order] for c in (starts, true, predicted))

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> ImageAnswer:
        with self._file.open("rb") as lines:
            # An empty answer is better than a row read from the middle of another.
            if _state_of(lines) != self._state:
                return ImageAnswer("", "", "", 0.0, ())
            _, line = next(_records(lines, int(self._starts[index])))
        path, true, predicted, confidence, *shares = _values(line)
        address = str((self._root.parent if "#" in path else self._root) / path)
        best = nlargest(self._top, zip(self.classes, map(float, shares), strict=True), key=itemgetter(1))
        return ImageAnswer(address, true, predicted, float(confidence), tuple(best))

    def mistakes(self) -> Rows:
        """Indices of the wrong answers, highest confidence first."""
        return _indices(self._true != self._predicted)

    def cell(self, true: str, predicted: str) -> Rows:
        """Indices of the images of one cell of the confusion matrix, highest confidence first."""
        # No class has the number -1, so a name that occurs nowhere selects no image.
        row, column = self._known.get(true, -1), self._known.get(predicted, -1)
        return _indices((self._true == row) & (self._predicted == column))


def _indices(chosen: npt.NDArray[np.bool_]) -> Rows:
    """Where a mask is true."""
    rows: Rows = chosen.nonzero()[0]
    return rows


def answers_file(scores: documents.RunEvaluation) -> Path:
    """The table of the answers of an evaluation."""
    name = "predictions.csv" if scores.split == "test" else f"predictions_{scores.split}.csv"
    return Path(scores.run) / name


def _state_of(file: IO[bytes]) -> FileStats:
    """What changes when the file is written anew; its rows then begin elsewhere."""
    found = os.fstat(file.fileno())
    return file_stats(found)


def _records(lines: IO[bytes], start: int) -> Iterator[tuple[int, bytes]]:
    """Each record from `start` on with its offset in bytes; a line break between quotes does not end it."""
    lines.seek(start)
    for line in lines:
        while line.count(b'"') % 2 and (more := lines.readline()):
            line += more
        yield start, line
        start += len(line)


def _values(line: bytes, first: int | None = None) -> list[str]:
    return next(csv_rows([line.decode("utf-8", errors="surrogateescape")], first))
