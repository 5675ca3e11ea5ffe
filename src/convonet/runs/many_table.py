"""The row of a run in the table of several sets."""

from __future__ import annotations

from convonet.documents.many import DataSetResult
from convonet.runs.run import Run


def many_row(data: str, run: Run) -> DataSetResult:
    """What a training that has ended came to.

    Args:
        data: how the set was named.
    """
    record, history = run.read(), run.history()
    training, test = record.scores.training, record.scores.test
    images = record.set_record("train")
    return DataSetResult(
        data=data,
        images=images.images if images else 0,
        classes=len(record.data.classes) if record.data else 0,
        epochs=history.epochs,
        val_accuracy=training.val_accuracy if training else None,
        test_accuracy=test.accuracy if test else None,
        test_interval=test.accuracy_interval if test else None,
        baseline=test.baseline_accuracy if test else None,
        seconds=record.seconds,
        run=str(run.path),
    )
