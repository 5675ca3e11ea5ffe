"""The guard against numbers that are none: it knows the last good state, and how often it had to go back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convonet.errors import TrainingError
from convonet.events import Warned, Watch
from convonet.training.checkpoint import Position, Snapshot

_LEAST_SCALE = 2.0**-40


@dataclass
class NanGuard:
    """Goes back to the start of the epoch with half the rate when the loss or a weight is no longer finite.

    Attributes:
        good: network and optimizer at the start of the epoch.
    """

    model: Any
    optimizer: Any
    good: Snapshot | None = None

    def remember(self) -> None:
        """The epoch begins: what there is now is good."""
        self.good = Snapshot.take(self.model, self.optimizer)

    def is_sound(self, logs: Mapping[str, float]) -> bool:
        """Whether an epoch ended with finite scores and weights."""
        finite = all(math.isfinite(value) for value in logs.values())
        return finite and Snapshot.take(self.model, self.optimizer).is_sound()

    def go_back(self, place: Position, rate: float, watch: Watch) -> None:
        """Undo the epoch so far and halve the rate.

        Args:
            rate: the rate that was too high.

        Raises:
            TrainingError: no rate is small enough: something else is wrong.
        """
        if place.rate_scale < _LEAST_SCALE or self.good is None:
            raise TrainingError(
                "The loss is not a number, however small the learning rate is",
                received=f"a rate of {rate:.3g}",
                hint="Look at the scaling of the pixels and at the layers of the network",
            )
        self.good.put_into(self.model, self.optimizer)
        place.step, place.loss_sum, place.right = 0, 0.0, 0
        place.rate_scale /= 2
        watch.tell(
            Warned(
                message=f"The loss was no longer a number in epoch {place.epoch}: back to the start of the epoch, "
                f"with half the learning rate, {rate / 2:.3g}",
                subject="nan_guard",
            )
        )
