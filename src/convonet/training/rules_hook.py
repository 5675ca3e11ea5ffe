"""Applies the rules of a training after each epoch: keeps the best weights, lowers the rate, stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from convonet.events import Warned
from convonet.training.hooks import Hook
from convonet.training.rules import Rules, RulesState
from convonet.training.scored_weights import ScoredWeights
from convonet.training.state import TrainingState


class RulesHook(Hook):
    """The rules, and the weights of the best epoch so far.

    Attributes:
        best: those weights; None where none are kept, or there was no epoch yet.

    Args:
        rules: what the hyperparameters ask for.
        network: the Keras network.
        weights: with which it is scored, and so kept.
    """

    def __init__(self, rules: Rules, network: Any, weights: ScoredWeights) -> None:
        self._rules, self._network, self._weights = rules, network, weights
        self.best: list[np.ndarray] | None = None

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the best epoch are kept."""
        return self._rules.keeper is not None

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        keeper = self._rules.keeper
        if keeper is not None and keeper.update(state.position.epoch, logs):
            with self._weights.in_use(state):
                self.best = self._network.get_weights()
        self._lower_rate(state, logs)
        return self._rules.reason_to_stop(logs)

    def _lower_rate(self, state: TrainingState, logs: Mapping[str, float]) -> None:
        plateau = self._rules.plateau
        if plateau is None:
            return
        rate = state.rate()
        lower = plateau.update(logs, rate)
        if lower < rate:
            state.position.rate_scale *= lower / rate
            message = f"{plateau.monitor} is on a plateau: the learning rate was reduced from {rate:.3g} to {lower:.3g}"
            state.watch.tell(Warned(message=message, subject="plateau"))

    def put_best(self) -> int | None:
        """Give the network the best epoch's weights; the epoch, None where none is kept."""
        keeper = self._rules.keeper
        if keeper is None or self.best is None:
            return None
        self._network.set_weights(self.best)
        return keeper.epoch

    def state(self) -> RulesState:
        """What a checkpoint keeps beside the best weights."""
        return self._rules.state()

    def restore(self, state: RulesState, best: list[np.ndarray] | None) -> None:
        """Take up a checkpoint's state."""
        self._rules.restore(state)
        self.best = best
