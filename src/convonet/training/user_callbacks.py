"""A person's own Keras callbacks, called as Keras' `fit` calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convonet.nets.backend import keras
from convonet.training.hooks import Hook
from convonet.training.state import TrainingState
from convonet.user_code import user_code


class UserCallbacks(Hook):
    """Calls callbacks at the turning points of a training, and does what they ask for.

    A callback may set `model.stop_training`, or the rate of `model.optimizer`, which then scales the schedule.

    Args:
        callbacks: `keras.callbacks.Callback`s.
        model: the Keras network.
        epochs, steps: of the training.
    """

    def __init__(self, callbacks: Sequence[Any], model: Any, epochs: int, steps: int) -> None:
        self._model = model
        with user_code():
            self._list = keras.callbacks.CallbackList(
                list(callbacks),
                add_history=False,
                add_progbar=False,
                model=model,
                # What Keras' `fit` hands over: ProgbarLogger reads all three.
                verbose=1,
                epochs=epochs,
                steps=steps,
            )
        self._rate = 0.0
        # A model that was trained before may still have the wish of that training.
        model.stop_training = False

    def train_began(self, state: TrainingState) -> None:
        self._rate = state.next_rate()
        with user_code():
            self._list.on_train_begin()

    def epoch_began(self, state: TrainingState) -> None:
        with user_code():
            self._list.on_epoch_begin(state.position.epoch - 1)  # Keras counts from 0.

    def rate_due(self, state: TrainingState) -> None:
        state.position.rate_scale *= self._factor()
        self._rate = state.next_rate()

    def batch_began(self, state: TrainingState) -> None:
        with user_code():
            self._list.on_train_batch_begin(state.position.step)

    def batch_ended(self, state: TrainingState, loss: float) -> bool:
        with user_code():
            self._list.on_train_batch_end(state.position.step - 1, state.means())
        return True

    def epoch_undone(self, state: TrainingState) -> None:
        # The optimizer has the rate of an earlier batch again, which nobody has asked for.
        self._rate = self._rate_now()

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        with user_code():
            self._list.on_epoch_end(state.position.epoch - 1, dict(logs))
        return "a callback requested a stop" if self._model.stop_training else ""

    def train_ended(self, state: TrainingState) -> None:
        with user_code():
            self._list.on_train_end(dict(state.history.rows[-1]))

    def _factor(self) -> float:
        """What a callback has multiplied the rate by since it was set; 1 where none has."""
        if self._rate == 0:
            return 1.0
        now = self._rate_now()
        # The optimizer keeps its rate in 32 bits: a difference of rounding is no wish.
        return 1.0 if abs(now - self._rate) <= 1e-6 * self._rate else now / self._rate

    def _rate_now(self) -> float:
        return float(keras.ops.convert_to_numpy(self._model.optimizer.learning_rate))
