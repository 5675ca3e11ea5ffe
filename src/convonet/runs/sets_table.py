"""Training, validation and test beside each other, from what a run remembers of its scores."""

from __future__ import annotations

from typing import Literal

from convonet.documents.evaluation import SetRow, SetsTable
from convonet.documents.run_record import RunScores
from convonet.metrics import drop_sentence, wilson


def sets_table(scores: RunScores) -> SetsTable:
    """The main scores of each set, and a sentence where test falls below validation beyond noise.

    A set that was not evaluated has the scores of the epoch whose weights were kept; those of the training set are
    then means over the epoch, while the weights still changed.

    Args:
        scores: those in a run's record.

    Returns:
        Rows in the order training, validation, test.
    """
    found = [_row("train", scores), _row("val", scores), _row("test", scores)]
    rows = tuple(row for row in found if row is not None)
    by_set = {row.set: row for row in rows if row.images}
    sentence = None
    if "val" in by_set and "test" in by_set:
        val, test = by_set["val"], by_set["test"]
        sentence = drop_sentence(_correct(val), val.images, _correct(test), test.images)
    return SetsTable(rows=rows, sentence=sentence)


def _row(name: Literal["train", "val", "test"], scores: RunScores) -> SetRow | None:
    tested = scores.evaluated(name)
    if tested is None:
        return _seen_in_training(name, scores)
    return SetRow(
        set=name,
        images=tested.images,
        accuracy=tested.accuracy,
        accuracy_interval=tested.accuracy_interval,
        loss=tested.loss,
        evaluated=True,
    )


def _seen_in_training(name: Literal["train", "val", "test"], scores: RunScores) -> SetRow | None:
    seen = scores.training
    if seen is None or name == "test":
        return None
    accuracy, loss, images = (
        (seen.accuracy, seen.loss, seen.images)
        if name == "train"
        else (seen.val_accuracy, seen.val_loss, seen.val_images)
    )
    if accuracy is None:
        return None
    known = name == "val" and images > 0
    return SetRow(
        set=name,
        images=images,
        accuracy=accuracy,
        accuracy_interval=wilson(round(accuracy * images), images) if known else None,
        loss=loss,
        evaluated=False,
    )


def _correct(row: SetRow) -> int:
    return round((row.accuracy or 0.0) * row.images)
