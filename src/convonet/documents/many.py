"""What `many` prints: a row for each data set."""

from __future__ import annotations

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import Fault


class DataSetResult(Document):
    """A data set, and what training on it came to: scores, or `error` where it failed.

    Attributes:
        data: the folder or file that was given.
        run: the run folder; None where it did not begin.
        images: those of training.
        baseline: test accuracy of always predicting the most common class.
        seconds: of the whole training.
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
