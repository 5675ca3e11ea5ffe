"""The guard against a loss that is no number any more, or has exploded: it knows the last good state.

The guard against a collapse is made here too, for the images of a training.

Softmax and Keras' clipping hide many explosions: the loss stays finite, near 16, and the network is dead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from convonet.errors import TrainingError
from convonet.events import Warned
from convonet.inference.model_info import ModelInfo
from convonet.nets.backend import numbers
from convonet.params.hyper_params import HyperParams
from convonet.training.averaging import WeightAverage
from convonet.training.checkpoint import Snapshot
from convonet.training.collapse import CollapseGuard, guess_loss
from convonet.training.hooks import Hook
from convonet.training.image_rows import ImageRows
from convonet.training.losses import class_weights
from convonet.training.state import TrainingState

_LEAST_SCALE = 2.0**-40
_EXPLODED, _BATCHES = 3.0, 10
"""A mean loss of so many times that of guessing, over so many batches."""


@dataclass
class NanGuard(Hook):
    """Goes back to the start of the epoch with a lower rate when the loss or a weight is no longer good.

    Attributes:
        model, optimizer: Keras' own.
        classes: how many there are; guessing has a loss of their logarithm.
        average: the mean of the weights, where one is kept.
        good: network, optimizer and mean at the start of the epoch.
    """

    model: Any
    optimizer: Any
    classes: int
    average: WeightAverage | None = None
    good: Snapshot | None = None

    def epoch_began(self, state: TrainingState) -> None:
        self.good = Snapshot.take(self.model, self.optimizer, self.average)

    def batch_ended(self, state: TrainingState, loss: float) -> bool:
        """Whether the epoch is still sound; `position.recent` remembers its losses.

        An epoch that began with an explosion cannot be mended by going back: there only the rate is lowered.
        """
        position = state.position
        if not math.isfinite(loss):
            return False
        position.first_loss = position.first_loss or loss
        # Some networks begin far above guessing and still learn: their own first loss is the measure then.
        bearable = _EXPLODED * max(position.first_loss, math.log(self.classes))
        position.began_bad = position.began_bad if position.recent else loss > bearable
        position.recent = [*position.recent[1 - _BATCHES :], loss]
        # One bad batch is no explosion; a mean over ten is.
        enough = len(position.recent) >= min(_BATCHES, state.steps)
        if not enough or sum(position.recent) / len(position.recent) <= bearable:
            return True
        if position.began_bad:
            self._lower(state, "training continues")
        return position.began_bad or position.rate_scale < _LEAST_SCALE

    def accepts_epoch(self, state: TrainingState, logs: Mapping[str, float]) -> bool:
        """Whether scores and weights are finite; tells in one sentence what that took, if several attempts."""
        finite = all(math.isfinite(value) for value in logs.values())
        # Weights too: a step after the last loss that was seen may have ruined them.
        if not finite or not all(map(_is_finite, (*self.model.weights, *self.optimizer.variables))):
            return False
        position = state.position
        if position.restores > 1:
            message = (
                f"Epoch {position.epoch} succeeded after its learning rate was lowered {position.restores} times, "
                f"to {state.rate():.3g}"
            )
            state.watch.tell(Warned(message=message, subject="nan_guard"))
        position.restores = 0
        return True

    def epoch_undone(self, state: TrainingState) -> None:
        """Take back the epoch so far and lower the rate.

        Raises:
            TrainingError: no rate is small enough: something else is wrong.
        """
        position = state.position
        if position.rate_scale < _LEAST_SCALE or self.good is None:
            raise TrainingError(
                "The loss is NaN even at a very low learning rate",
                received=f"a rate of {state.rate():.3g}",
                hint="Check the pixel scaling and the layers of the network",
            )
        self.good.put_into(self.model, self.optimizer, self.average)
        self._lower(state, "the epoch starts again")
        position.begin_epoch(position.epoch)

    def _lower(self, state: TrainingState, where: str) -> None:
        """Half the rate, then a quarter of that, then an eighth: eight attempts reach every rate there is."""
        position, rate = state.position, state.rate()
        position.restores += 1
        factor = 2**position.restores
        position.rate_scale /= factor
        position.recent = []
        if position.restores > 1:
            return
        message = f"The loss exploded or became NaN in epoch {position.epoch}: {where} "
        state.watch.tell(
            Warned(message=message + f"with half the learning rate, {rate / factor:.3g}", subject="nan_guard")
        )


def _is_finite(variable: Any) -> bool:
    values = numbers(variable)
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())


def create_collapse_guard(
    info: ModelInfo, hyper: HyperParams, train: ImageRows, val: ImageRows | None, steps: int
) -> CollapseGuard:
    """The guard against a training that learns nothing, for these images."""
    classes = info.classes
    labels = train.labels[train.rows]
    counts = np.bincount(labels, minlength=len(classes))
    warm_up = hyper.warm_up if hyper.warm_up_unit == "epochs" else hyper.warm_up / steps
    guess = guess_loss(
        counts,
        class_weights(hyper, labels, classes),
        smoothing=hyper.label_smoothing,
        gamma=hyper.focal_gamma if hyper.loss == "focal" else 0.0,
    )
    return CollapseGuard(
        classes,
        counts,
        None if val is None else np.bincount(val.labels[val.rows], minlength=len(classes)),
        guess,
        steps,
        hyper.epochs,
        warm_up=warm_up,
        rate=hyper.rate,
        usual_rate=HyperParams(optimizer=hyper.optimizer).rate,
        raw_pixels=info.scaling == "none" and info.base is None,
    )
