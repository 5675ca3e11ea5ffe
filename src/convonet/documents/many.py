"""The result of `many`: a row for each data set."""

from __future__ import annotations

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import Fault


class DataSetResult(Document):
    """A data set and the result of training on it: scores, or `error` if it failed.

    Attributes:
        data: the given folder or file.
        run: the run folder; None if the run did not start.
        images: number of training images.
        baseline: test accuracy of always predicting the most common class.
        seconds: duration of the whole training run.
    """

    sparse = True

    data: str
    images: int | None = None
    classes: int | None = None
    epochs: int | None = None
    val_accuracy: float | None = None
    test_accuracy: float | None = None
    test_interval: IntervalBounds | None = None
    baseline: float | None = None
    seconds: float | None = None
    run: str | None = None
    error: Fault | None = None
