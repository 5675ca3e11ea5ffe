"""Notices a training that has collapsed: the network predicts nearly one class for all images, or guesses.

Pure numbers, no network. An epoch teaches nothing where all of this holds: the training accuracy is that of the
largest class, the training loss is that of guessing, and so are accuracy and balanced accuracy on the validation
images. A loss that still falls is a slow start, not a collapse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, TypedDict

import numpy as np
from numpy.typing import NDArray

Cause = Literal["rate_too_high", "rate_too_low", "raw_pixels", "unknown"]
Array = NDArray[np.float64]

_FIRST_EPOCH, _FIRST_STEPS, _FIRST_FRACTION = 3, 100, 0.3
_ONE_CLASS = 0.98
_EPOCHS_OF_ONE_CLASS, _EPOCHS_OF_GUESSING = 2, 3
_MARGIN, _ERRORS = 0.02, 2.0
_GUESSING, _EXPLODED, _FALLING = 0.97, 1.1, 0.01
_SAME_OUTPUT = 1e-6
_FAR_FROM_USUAL = 3.0
_AT_ONCE = 32
"""Classes."""


@dataclass(frozen=True)
class PredictionCounts:
    """What a network predicts for the validation images, in numbers.

    Attributes:
        counts: images by predicted class.
        balanced_accuracy: mean recall of the classes that have images, 0 to 1.
        spread: the largest standard deviation of a class's probability over the images; 0 where the output does
            not depend on the image.
    """

    counts: tuple[int, ...]
    balanced_accuracy: float
    deviation: float

    @classmethod
    def of(cls, probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Self:
        """From probabilities (N, K) and labels (N,)."""
        classes = probabilities.shape[1]
        predicted = probabilities.argmax(axis=1)
        images = np.bincount(labels, minlength=classes)
        correct = np.bincount(labels[predicted == labels], minlength=classes)
        recall = correct[images > 0] / images[images > 0]
        counts = tuple(np.bincount(predicted, minlength=classes).tolist())
        # Some classes at a time: NumPy copies the numbers of which it takes the deviation.
        blocks = (probabilities[:, start : start + _AT_ONCE] for start in range(0, classes, _AT_ONCE))
        deviation = max(float(block.std(axis=0, dtype=np.float64).max()) for block in blocks)
        return cls(counts, float(recall.mean()), deviation)


@dataclass(frozen=True)
class Collapse:
    """A training that has collapsed.

    Attributes:
        epoch: after which this was seen, from 1.
        cause: the likely one.
        sentence: what is seen, with its numbers.
        advice: what to do.
    """

    epoch: int
    cause: Cause
    sentence: str
    advice: str

    def text(self) -> str:
        """Both, for a line of text."""
        return f"{self.sentence} {self.advice}"

    def reason(self) -> str:
        """Why training ended, for `TrainingResult.stopped`."""
        return f"training collapsed in epoch {self.epoch}"


class CollapseState(TypedDict):
    """Of `CollapseGuard`; `collapse` has the attributes of a `Collapse`."""

    streak: int
    warned: bool
    collapse: Mapping[str, Any] | None


@dataclass
class CollapseGuard:
    """Says after each epoch whether training has collapsed. Its state goes into checkpoints.

    Attributes:
        classes: their names.
        train: training images by class, (K,).
        val: validation images by class, (K,); None: there are none.
        guess_loss: the training loss of a network that knows only how frequent the classes are.
        steps, epochs: of the training.
        warm_up: epochs in which the learning rate rises.
        rate, usual_rate: the learning rate at the start, and the default one of the optimizer.
        raw_pixels: the network takes 0 to 255 without scaling.
        streak: epochs in a row that taught nothing.
        warned: whether this was reported.
        collapse: as of the last epoch; None: all is well.
    """

    classes: Sequence[str]
    train: NDArray[np.int64]
    val: NDArray[np.int64] | None
    guess_loss: float
    steps: int
    epochs: int
    warm_up: float = 0.0
    rate: float = 0.0
    usual_rate: float = 0.0
    raw_pixels: bool = False
    streak: int = 0
    warned: bool = False
    collapse: Collapse | None = None

    def update(
        self, rows: Sequence[Mapping[str, float]], predictions: PredictionCounts | None
    ) -> Collapse | None:
        """The collapse that is seen after an epoch, or None.

        Args:
            rows: the history up to and with this epoch.
            predictions: for the validation images; None where the epoch was not validated.
        """
        nothing = self._teaches_nothing(rows[-1], predictions)
        self.streak = self.streak + 1 if nothing else 0
        self.collapse = self._judged(rows, predictions) if nothing else None
        return self.collapse

    def state(self) -> CollapseState:
        """What a checkpoint keeps."""
        collapse = None if self.collapse is None else asdict(self.collapse)
        return {"streak": self.streak, "warned": self.warned, "collapse": collapse}

    def restore(self, state: CollapseState) -> None:
        """Take up a checkpoint's state."""
        self.streak, self.warned = state["streak"], state["warned"]
        self.collapse = None if state["collapse"] is None else Collapse(**state["collapse"])

    def _teaches_nothing(self, logs: Mapping[str, float], predictions: PredictionCounts | None) -> bool:
        if logs["accuracy"] > _guess_accuracy(self.train) or logs["loss"] < _GUESSING * self.guess_loss:
            return False
        if self.val is None or predictions is None:
            return True
        images = self.val[self.val > 0]
        even = 1 / len(images)
        error = even * np.sqrt(even * (1 - even) * (1 / images).sum())
        balanced_guess = even + max(_MARGIN, _ERRORS * error)
        return (
            logs["val_accuracy"] <= _guess_accuracy(self.val)
            and predictions.balanced_accuracy <= balanced_guess
        )

    def _judged(
        self, rows: Sequence[Mapping[str, float]], predictions: PredictionCounts | None
    ) -> Collapse | None:
        epoch, loss = len(rows), rows[-1]["loss"]
        # Dead units give every image the same output, whatever the classes are; no epoch can mend that.
        same_output = predictions is not None and predictions.deviation < _SAME_OUTPUT
        broken = same_output or loss > _EXPLODED * self.guess_loss
        if epoch < self._first_epoch(same_output, broken):
            return None
        # Over three epochs: a slow start falls a little in each, and no single one would show it.
        before = rows[max(epoch - 3, 0)]["loss"]
        if not same_output and before - loss > _FALLING * self.guess_loss:
            return None
        one_class = predictions is not None and max(predictions.counts) >= _ONE_CLASS * sum(
            predictions.counts
        )
        if self.streak < (_EPOCHS_OF_ONE_CLASS if one_class else _EPOCHS_OF_GUESSING):
            return None
        cause = self._cause([row["loss"] for row in rows], same_output, broken)
        start = "The network has learned nothing" if cause == "rate_too_low" else "Training has collapsed"
        sentence = f"{start}: {self._seen(epoch, rows[-1], predictions if one_class else None)}"
        return Collapse(epoch, cause, sentence, self._advice(cause, rows, same_output))

    def _first_epoch(self, same_output: bool, broken: bool) -> int:
        """The first epoch to judge: a network that can still learn gets 100 steps, and 30% of the epochs."""
        first = _FIRST_EPOCH
        if not same_output:
            first = max(first, -(-_FIRST_STEPS // self.steps))
        if not broken:
            first = max(first, math.ceil(_FIRST_FRACTION * self.epochs))
        return first + math.ceil(self.warm_up)

    def _cause(self, losses: Sequence[float], same_output: bool, broken: bool) -> Cause:
        # The first thing to mend: pixels of 0 to 255 make every usual learning rate too high.
        if self.raw_pixels:
            return "raw_pixels"
        rose = losses[-1] > _EXPLODED * min(losses)
        if same_output or rose or self.rate > _FAR_FROM_USUAL * self.usual_rate:
            return "rate_too_high"
        # A loss above that of guessing may still be the one that the first weights had.
        if self.rate * _FAR_FROM_USUAL < self.usual_rate:
            return "rate_too_low"
        return "rate_too_high" if broken else "unknown"

    def _seen(self, epoch: int, logs: Mapping[str, float], predictions: PredictionCounts | None) -> str:
        validated = self.val is not None and "val_accuracy" in logs
        images = self.val if validated and self.val is not None else self.train
        accuracy = logs["val_accuracy" if validated else "accuracy"]
        which = "validation" if validated else "training"
        largest = f"the most common class has {100 * images.max() / images.sum():.1f}% of the images"
        if predictions is None:
            seen = f"the {which} accuracy after epoch {epoch} is {100 * accuracy:.1f}%"
            return f"{seen}, which is no better than chance; {largest}."
        index = int(np.argmax(predictions.counts))
        fraction = predictions.counts[index] / sum(predictions.counts)
        return (
            f"after epoch {epoch} the network predicts {self.classes[index]} for "
            f"{100 * fraction:.1f}% of the validation images. The accuracy is {100 * accuracy:.1f}%; {largest}."
        )

    def _advice(self, cause: Cause, rows: Sequence[Mapping[str, float]], same_output: bool) -> str:
        lower = f"from {self.rate:.3g} to {self.rate / 10:.3g}"
        higher = f"from {self.rate:.3g} to {self.rate * 10:.3g}"
        first, last = rows[0]["loss"], rows[-1]["loss"]
        if cause == "raw_pixels":
            return f"The pixels are not scaled: set scaling to unit, or lower the learning rate {lower}."
        if cause == "rate_too_high":
            seen = f"The loss is {last:.3g}, no lower than with random guessing ({self.guess_loss:.3g})."
            if same_output:
                seen = "The output no longer depends on the image, as with dead ReLU units."
            return f"{seen} The learning rate is probably too high: lower it {lower}."
        moved = f"The loss has hardly changed: {first:.3g} in epoch 1, {last:.3g} now."
        if cause == "rate_too_low":
            return f"{moved} The learning rate is probably too low: raise it {higher}."
        return (
            f"{moved} Lower the learning rate {lower}; if that does not help, raise it {higher}. "
            "Check that the images are in the right class folders."
        )


def guess_loss(
    counts: NDArray[np.int64],
    weights: NDArray[np.float32] | None = None,
    *,
    smoothing: float = 0.0,
    gamma: float = 0.0,
) -> float:
    """The mean loss of a network that predicts how frequent the classes are, whatever the image.

    Args:
        counts: images by class, (K,).
        weights: of the classes in the loss; None: all weigh 1.
        smoothing: label smoothing, 0 to 1.
        gamma: of the focal loss; 0: cross-entropy.
    """
    fractions = (1 - smoothing) * counts / counts.sum() + smoothing / len(counts)
    weighted = fractions if weights is None else fractions * weights
    weighted = weighted[weighted > 0]
    # Cross-entropy is least at the frequencies themselves, the focal loss between them and equal probabilities.
    powers = np.linspace(0, 1, 21) if gamma else [1.0]
    guesses = [weighted**power / (weighted**power).sum() for power in powers]
    return float(min((weighted * (1 - guess) ** gamma * -np.log(guess)).sum() for guess in guesses))


def _guess_accuracy(counts: NDArray[np.int64]) -> float:
    """The highest accuracy that always predicting the largest class, or guessing, explains."""
    images = int(counts.sum())
    majority = counts.max() / images
    return float(majority + max(_MARGIN, _ERRORS * np.sqrt(majority * (1 - majority) / images)))
