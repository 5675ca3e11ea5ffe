"""A person's own Keras callbacks, called as Keras' `fit` calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convonet.errors import user_code
from convonet.nets.backend import keras


class OwnCallbacks:
    """Calls callbacks at the points of the epoch loop, and tells what they asked for.

    A callback may set `model.stop_training`, or the rate of `model.optimizer`, which then scales the schedule.
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
        self._any = bool(callbacks)
        model.stop_training = False

    def train_began(self) -> None:
        """Before the first batch."""
        with user_code():
            self._list.on_train_begin()

    def epoch_began(self, epoch: int) -> None:
        """`epoch` from 1; Keras counts from 0."""
        with user_code():
            self._list.on_epoch_begin(epoch - 1)

    def batch_began(self, step: int) -> None:
        """Before the batch after `step` others."""
        with user_code():
            self._list.on_train_batch_begin(step)

    def batch_ended(self, step: int, logs: Mapping[str, float]) -> None:
        """After that batch."""
        with user_code():
            self._list.on_train_batch_end(step, dict(logs))

    def epoch_ended(self, epoch: int, logs: Mapping[str, float]) -> str:
        """The reason to stop, empty where there is none."""
        with user_code():
            self._list.on_epoch_end(epoch - 1, dict(logs))
        return "a callback asked to stop" if self._any and self._model.stop_training else ""

    def train_ended(self, logs: Mapping[str, float]) -> None:
        """After the last epoch."""
        with user_code():
            self._list.on_train_end(dict(logs))

    def scale_of_rate(self, given: float) -> float:
        """What a callback has multiplied the rate by since it was `given`; 1 where none has."""
        if not self._any or given == 0:
            return 1.0
        now = float(keras.ops.convert_to_numpy(self._model.optimizer.learning_rate))
        # The optimizer keeps its rate in 32 bits: a difference of rounding is no wish.
        return 1.0 if abs(now - given) <= 1e-6 * given else now / given
