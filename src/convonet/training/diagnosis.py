"""Reads the curves of a training in plain words: what they show, and what to try next. Healthy curves say nothing.

Pure NumPy. Thresholds are set on curves that teaching texts show for each case; a finding names its evidence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convonet.params.stopping_params import CALIBRATED_LOSS
from convonet.text import counted
from convonet.training.collapse import Collapse

_LEAST_EPOCHS = 4
_GAP = 0.35
_RISE = 0.15
_FLAT = 0.03
_STILL_FALLING = 0.03
_POOR = 0.75
_MARGIN, _TRAINING_MARGIN = 0.01, 0.02
_GUESSING, _FEW_EPOCHS = 0.95, 3
_SMALL_RISE = 0.005

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """What the curves show.

    Attributes:
        kind: `collapsed`, `overfitting`, `underfitting`, `rate_too_high`, `rate_too_low`, `plateau` or
            `not_a_number`.
        sentence: what is seen, with its numbers.
        advice: what to try next.
    """

    kind: str
    sentence: str
    advice: str

    def text(self) -> str:
        """Both, for a line of text."""
        return f"{self.sentence} {self.advice}"


def read_curves(
    history: Mapping[str, Sequence[float | None]],
    majority: float | None = None,
    *,
    train_majority: float | None = None,
    images: tuple[int, int] | None = None,
    epoch: int | None = None,
    collapse: Collapse | None = None,
) -> tuple[Finding, ...]:
    """What a history shows; empty where all is well, or in fewer than 4 epochs nothing is seen but a collapse.

    Args:
        history: one value an epoch for `loss` and, where they were measured, `val_loss`, `accuracy`,
            `val_accuracy`; None where there is none. A `val_calibrated_loss` stands for `val_loss`: being too sure
            is mended by the calibration, and is no reason to train otherwise.
        majority: share of the largest class in the validation images, or without validation in the training images,
            0 to 1. None: a model that is no better than it is not named.
        train_majority: the same of the training images; None: as `majority`.
        images: how many validation and training images there are; with few, guessing may look better than it is.
        epoch: of the model, from 1; None: the last one.
        collapse: what training itself saw after its last epoch.
    """
    loss, val = _column(history, "loss"), _column(history, CALIBRATED_LOSS)
    if len(val) != len(loss):
        val = _column(history, "val_loss")
    if len(loss) and not np.isfinite(loss).all():
        return (_not_a_number(loss),)
    shares = None if majority is None else (majority, majority if train_majority is None else train_majority)
    if (collapsed := _collapsed(history, shares, images, epoch or len(loss), collapse)) is not None:
        return (collapsed,)
    if len(loss) < _LEAST_EPOCHS:
        return ()
    for rule in (_oscillating, _flat):
        if (finding := rule(loss)) is not None:
            return (finding,)
    if len(val) == len(loss) and np.isfinite(val).all():
        found = _overfitting(loss, val) or _stuck(history, loss, val)
        if found is not None:
            return (found,)
    slow = _slow(history, loss)
    return (slow,) if slow is not None else ()


def _column(history: Mapping[str, Sequence[float | None]], name: str) -> Array:
    values = history.get(name) or ()
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _not_a_number(loss: Array) -> Finding:
    epoch = int(np.argmin(np.isfinite(loss))) + 1
    return Finding(
        "not_a_number",
        f"The loss is NaN or infinite from epoch {epoch} on.",
        "Try a learning rate 10 times smaller, and check the pixel scaling.",
    )


def _collapsed(
    history: Mapping[str, Sequence[float | None]],
    shares: tuple[float, float] | None,
    images: tuple[int, int] | None,
    epoch: int,
    collapse: Collapse | None,
) -> Finding | None:
    """The model is no better than always predicting the largest class, and has not begun to learn.

    Args:
        shares: of the largest class, in the images whose accuracy counts and in the training images.
    """
    loss, accuracy, checked = (_column(history, name) for name in ("loss", "accuracy", "val_accuracy"))
    if collapse is not None and epoch == len(loss):
        return Finding("collapsed", collapse.sentence, collapse.advice)
    if shares is None or max(shares) >= 1 or not 0 < epoch <= min(len(loss), len(accuracy)):
        return None
    validated = len(checked) == len(loss) and np.isfinite(checked[epoch - 1])
    score, trained = (checked if validated else accuracy)[epoch - 1], accuracy[epoch - 1]
    majority, train_majority = shares
    few, few_trained = images or (None, None)
    guessing = score <= _guess_limit(majority, few if validated else few_trained, _MARGIN)
    guessing &= trained <= _guess_limit(train_majority, few_trained, _TRAINING_MARGIN)
    if not guessing or loss[epoch - 1] < _GUESSING * _least_entropy(train_majority):
        return None
    which = "validation" if validated else "training"
    if len(loss) > 1 and (np.diff(loss) <= _SMALL_RISE * loss[:-1]).all() and loss[-1] < loss[0]:
        advice = (
            f"The training loss is still falling, but slowly: {loss[0]:.3g} in epoch 1, {loss[-1]:.3g} at the end. "
            "Train for more epochs, or with a learning rate 10 times larger."
        )
    else:
        begin = "Train for more epochs. If that does not help, try" if len(loss) < _FEW_EPOCHS else "Try"
        advice = (
            f"{begin} a learning rate 10 times smaller, then one 10 times larger. Check that the pixels are "
            "scaled and that the images are in the right class folders."
        )
    return Finding(
        "collapsed",
        f"The model is no better than always predicting the most common class: the {which} accuracy is "
        f"{100 * score:.1f}%, and the most common class has {100 * majority:.1f}% of the images.",
        advice if collapse is None else collapse.advice,
    )


def _guess_limit(majority: float, images: int | None, least: float) -> float:
    """The highest accuracy that guessing explains: the largest class plus two standard errors, or plus `least`."""
    error = 0.0 if images is None else math.sqrt(majority * (1 - majority) / images)
    return majority + max(least, 2 * error)


def _least_entropy(majority: float) -> float:
    """The least loss of guessing that is possible where the largest class has this share of the images."""
    full = int(1 / majority)
    rest = max(1 - full * majority, 0.0)
    return -full * majority * math.log(majority) - (rest * math.log(rest) if rest > 0 else 0.0)


def _oscillating(loss: Array) -> Finding | None:
    """Large steps up again and again: the noise is much of the whole range."""
    steps = np.diff(loss)
    # Near zero a small step is a large share of the loss, and means nothing.
    ups = steps[(steps > 0.05 * loss[:-1]) & (steps > 0.05 * np.ptp(loss))]
    turns = int((np.sign(steps[1:]) != np.sign(steps[:-1])).sum())
    if len(ups) < max(2, len(steps) // 4) or turns < len(steps) // 2:
        return None
    return Finding(
        "rate_too_high",
        f"The training loss goes up and down: it rose by more than 5% after "
        f"{len(ups)} of {counted(len(steps), 'epoch')}.",
        "Try a learning rate 10 times smaller or a larger batch size, and check the images.",
    )


def _flat(loss: Array) -> Finding | None:
    if abs(loss[0] - loss.min()) > _FLAT * abs(loss[0]):
        return None
    return Finding(
        "rate_too_low",
        f"The training loss is flat from the first epoch: {loss[0]:.3g} in epoch 1, {loss[-1]:.3g} at the end.",
        "Try a learning rate 10 times larger, then a larger network; check the pixel scaling.",
    )


def _overfitting(loss: Array, val: Array) -> Finding | None:
    """Validation has turned upward, not for one epoch only, while training still falls."""
    best = int(np.argmin(val))
    after = val[best + 1 :]
    rise = np.median(after) / max(val[best], 1e-9) - 1 if len(after) > 1 else 0.0
    wide = val[-1] - loss[-1] > _GAP * val[-1]
    if rise < _RISE or loss[-1] >= loss[best] or not wide:
        return None
    return Finding(
        "overfitting",
        f"Overfitting: the validation loss was best in epoch {best + 1} ({val[best]:.3g}) and rose to {val[-1]:.3g}, "
        f"while the training loss fell to {loss[-1]:.3g}.",
        "Try early stopping with best weights, augmentation, dropout or L2, more images, or a smaller network.",
    )


def _stuck(history: Mapping[str, Sequence[float | None]], loss: Array, val: Array) -> Finding | None:
    """Validation stands still, clearly worse, while training goes on improving."""
    accuracy, checked = _column(history, "accuracy"), _column(history, "val_accuracy")
    half = len(loss) // 2
    if len(accuracy) == len(checked) == len(loss):
        gained, gap = checked[half:].max() - checked[:half].max(), accuracy[-1] - checked[-1]
        if gained > 0.01 or gap < 0.15 or accuracy[-1] - accuracy[half - 1] < 0.02:
            return None
        seen = (
            f"validation accuracy stays at {100 * checked[-1]:.0f}% while training accuracy rises to "
            f"{100 * accuracy[-1]:.0f}%"
        )
    else:
        still = val[half:].min() > val[:half].min() * (1 - _FLAT)
        if not still or val[-1] - loss[-1] < _GAP * val[-1] or loss[-1] > loss[half - 1] * (1 - _FLAT):
            return None
        seen = f"the validation loss stays at {val[-1]:.3g} while the training loss falls to {loss[-1]:.3g}"
    return Finding("plateau", f"Plateau: {seen}.", "Try augmentation, transfer learning, or more images.")


def _slow(history: Mapping[str, Sequence[float | None]], loss: Array) -> Finding | None:
    """The end is poor: still falling steadily, or at rest."""
    accuracy = _column(history, "accuracy")
    if not len(accuracy) or not accuracy[-1] < _POOR:
        return None
    falls = 1 - loss[-1] / loss[-2] if loss[-2] > 0 else 0.0
    if falls > _STILL_FALLING:
        return Finding(
            "underfitting",
            f"Not finished: the training loss was still falling in the last epoch (by {100 * falls:.0f}%), "
            f"and training accuracy is {100 * accuracy[-1]:.0f}%.",
            "Try more epochs or a higher learning rate.",
        )
    return Finding(
        "underfitting",
        f"Underfitting: training accuracy ends at {100 * accuracy[-1]:.0f}% and the loss no longer falls.",
        "Try a pretrained backbone or a larger network, less dropout and L2, or a larger image size.",
    )
