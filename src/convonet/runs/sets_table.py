"""Training, validation and test beside each other, from what a run remembers of its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convonet.metrics import drop_sentence, wilson

_TRAINING = {
    "train": ("accuracy", "loss", "images"),
    "val": ("val_accuracy", "val_loss", "val_images"),
}


def sets_table(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The main scores of each set, and a sentence where test falls below validation beyond noise.

    A set that was not evaluated has the scores of the epoch whose weights were kept; those of the training set are
    then means over the epoch, while the weights still changed.

    Args:
        scores: those in a run's record.

    Returns:
        `{"rows": [{"set", "images", "accuracy", "accuracy_interval", "loss", "evaluated"}], "sentence": …}`, in the
        order training, validation, test.
    """
    rows = [row for name in ("train", "val", "test") if (row := _row(name, scores)) is not None]
    by_set = {row["set"]: row for row in rows if row["images"]}
    sentence = None
    if "val" in by_set and "test" in by_set:
        val, test = by_set["val"], by_set["test"]
        sentence = drop_sentence(_right(val), val["images"], _right(test), test["images"])
    return {"rows": rows, "sentence": sentence}


def _row(name: str, scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    if name in scores:
        keys = ("images", "accuracy", "accuracy_interval", "loss")
        return {"set": name} | {key: scores[name].get(key) for key in keys} | {"evaluated": True}
    accuracy, loss, images = _TRAINING.get(name, ("", "", ""))
    seen = scores.get("training", {})
    if seen.get(accuracy) is None:
        return None
    count = int(seen.get(images, 0))
    row = {"set": name, "images": count, "accuracy": seen[accuracy], "accuracy_interval": None}
    row |= {"loss": seen.get(loss), "evaluated": False}
    if name == "val" and count:
        row["accuracy_interval"] = list(wilson(_right(row), count))
    return row


def _right(row: Mapping[str, Any]) -> int:
    return round(float(row["accuracy"]) * int(row["images"]))
