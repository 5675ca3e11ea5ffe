"""What acts on a training at its turning points. The loop calls one list of hooks and knows none by name.

A hook is called with the `TrainingState`; where an epoch ends, also with its row of the history.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from convonet.events import BatchEnded, Warned
from convonet.training.collapse import Collapse, CollapseGuard
from convonet.training.scoring import Scorer
from convonet.training.state import TrainingState

_REPORT_SECONDS = 0.1
"""A face draws ten times a second at most; more events would only fill the run's file."""


class Hook:
    """Does nothing. A hook overrides the methods that it needs."""

    def train_began(self, state: TrainingState) -> None:
        """Before the first batch, also of a training that is resumed or already over."""

    def epoch_began(self, state: TrainingState) -> None:
        """Before the first batch of an epoch, also of one that was undone."""

    def rate_due(self, state: TrainingState) -> None:
        """Before the optimizer gets the rate of the next batch; `position.rate_scale` may be changed."""

    def batch_began(self, state: TrainingState) -> None:
        """The optimizer has the rate of the next batch."""

    def batch_ended(self, state: TrainingState, loss: float) -> bool:
        """Whether the epoch may go on; False undoes it, and later hooks do not see the batch.

        Args:
            loss: mean of the batch.
        """
        return True

    def accepts_epoch(self, state: TrainingState, logs: Mapping[str, float]) -> bool:
        """Whether an epoch whose batches are trained may end with this row; False undoes it."""
        return True

    def epoch_undone(self, state: TrainingState) -> None:
        """The epoch begins anew."""

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        """The reason to stop after this epoch, empty where there is none. Its row is the history's last one."""
        return ""

    def train_ended(self, state: TrainingState) -> None:
        """After the last epoch."""


class Clock(Hook):
    """Ends a training whose time is up, in the middle of an epoch if need be. Earlier attempts count.

    Args:
        limit: seconds; None: no limit.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._began = time.monotonic()

    def start(self, spent: float) -> None:
        """Count from here, after so many seconds of earlier attempts."""
        self._began = time.monotonic() - spent

    @property
    def spent(self) -> float:
        """Seconds of training so far."""
        return time.monotonic() - self._began

    @property
    def is_up(self) -> bool:
        """Whether the limit is reached."""
        return self._limit is not None and self.spent >= self._limit

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        if not self.is_up:
            return ""
        position = state.position
        cut = f" after {position.step} of {state.steps} batches" if position.step < state.steps else ""
        return f"the time limit of {self._limit:g} s was reached in epoch {position.epoch}{cut}"


class StopAfter(Hook):
    """Asks the caller after each epoch whether to stop there.

    Args:
        reason: of the epoch, from 1; empty: training continues.
    """

    def __init__(self, reason: Callable[[int], str]) -> None:
        self._reason = reason

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        return self._reason(state.position.epoch)


class CollapseHook(Hook):
    """Warns once where training has collapsed, and lets the caller end it.

    Args:
        scorer: of the validation images, whose predictions are judged; None: there are none.
        ends: whether this collapse ends training; None: no collapse does.
    """

    def __init__(
        self, guard: CollapseGuard, scorer: Scorer | None, ends: Callable[[Collapse], bool] | None
    ) -> None:
        self.guard = guard
        self._scorer, self._ends = scorer, ends

    def epoch_ended(self, state: TrainingState, logs: Mapping[str, float]) -> str:
        # The scorer keeps its last predictions, which are an earlier epoch's where this one was not scored.
        scored = self._scorer is not None and "val_loss" in logs
        predictions = self._scorer.predictions if self._scorer is not None and scored else None
        collapse = self.guard.update(state.history.rows, predictions)
        if collapse is None:
            return ""
        if not self.guard.warned:
            self.guard.warned = True
            state.watch.tell(Warned(message=collapse.text(), subject="collapse"))
        return collapse.reason() if self._ends is not None and self._ends(collapse) else ""


class ProgressReporter(Hook):
    """Tells the batches, a few times a second and the last one of each epoch."""

    def __init__(self) -> None:
        self._reported = 0.0

    def epoch_began(self, state: TrainingState) -> None:
        self._reported = 0.0

    def batch_ended(self, state: TrainingState, loss: float) -> bool:
        now = time.monotonic()
        if now - self._reported >= _REPORT_SECONDS or state.position.step == state.steps:
            self._reported = now
            self._report(state)
        return True

    def _report(self, state: TrainingState) -> None:
        position, epochs = state.position, state.epochs
        # As if no rule stopped it earlier: nobody can know that yet.
        left = (epochs - position.epoch + 1) * state.images - state.images_shown
        state.watch.tell(
            BatchEnded(
                epoch=position.epoch,
                epochs=epochs,
                step=position.step,
                steps=state.steps,
                **state.means(),
                images_per_second=state.speed,
                seconds_left=left / state.speed if state.speed else None,
            )
        )
