"""One row of the table of several sets that were trained one after the other."""

from __future__ import annotations

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import Fault


class ManyRow(Document):
    """What a training on one set came to; a set that failed has `error`, and no scores.

    Attributes:
        data: the parameter file or folder that was given.
        run: None where no run was begun.
        baseline: of always predicting the most common class of the test images.
    """

    sparse = True

    data: str
    images: int = 0
    classes: int = 0
    epochs: int = 0
    val_accuracy: float | None = None
    test_accuracy: float | None = None
    test_interval: IntervalBounds | None = None
    baseline: float | None = None
    seconds: float | None = None
    run: str | None = None
    error: Fault | None = None
