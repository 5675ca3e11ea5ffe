"""TrainingRun: the epoch loop. It is ours, so that a killed training resumes with the same numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from convonet.errors import Cancelled
from convonet.events import EpochEnded, TrainingStarted, TrainingStopped, Watch
from convonet.nets.backend import put
from convonet.training.checkpoint import Checkpoint, CheckpointWriter, Snapshot
from convonet.training.guard import NanGuard, create_collapse_guard
from convonet.training.history import History
from convonet.training.hooks import Clock, CollapseHook, Hook, ProgressReporter, StopAfter
from convonet.training.image_rows import BatchMaker, ImageRows, check_images
from convonet.training.optimizers import create_optimizer
from convonet.training.result import TrainingResult
from convonet.training.rules import create_rules
from convonet.training.rules_hook import RulesHook
from convonet.training.scored_weights import ScoredWeights
from convonet.training.scoring import Scorer
from convonet.training.seeding import LayerSeeds, epoch_order
from convonet.training.state import TrainingState
from convonet.training.steps import create_step
from convonet.training.user_callbacks import UserCallbacks

if TYPE_CHECKING:
    from convonet.training.net_training import NetTraining

_AHEAD = 2
"""Batches that are decoded while one is trained, where images are not prepared."""


class TrainingRun:
    """One training on some images, from its first batch or its checkpoint to its end.

    Attributes:
        state: where it stands.

    Args:
        training: how to train.
        train: the training images.
        val: images that are scored after each epoch; None: no validation.

    Raises:
        DataError: there are no images.
        ParamError: a rule watches a validation score and there is no validation.
    """

    def __init__(self, training: NetTraining, train: ImageRows, val: ImageRows | None, watch: Watch) -> None:
        check_images(train, val)
        hyper, info, network = training.hyper, training.model.info, training.model.keras_model
        self._training, self._network, self._train, self._val = training, network, train, val
        rules = create_rules(hyper, validation=val is not None)
        self._batches = BatchMaker(train, hyper, info)
        optimizer = create_optimizer(hyper)
        history = History(extra=hyper.extra_scores if val is not None else ())
        steps = -(-len(train) // hyper.batch_size)
        self.state = TrainingState(hyper, watch, len(train), optimizer, history)
        self.state.position.batch_size = hyper.batch_size
        self._step = create_step(
            network, optimizer, info.output, hyper, training.workers, training.executor, training.loss
        )
        # Scores with the step's own compiled network, which need not be built a second time.
        self._scorer = None if val is None else Scorer(self._step, val, info, hyper)
        self._layer_seeds = LayerSeeds(list(network._flatten_layers()), hyper.seed)
        # Made after the step, which lays the weights out anew: a mean is kept in their order in memory.
        self._weights = ScoredWeights(network, hyper.weight_average * steps, self._show)
        guard = NanGuard(network, optimizer, len(info.classes), self._weights.average)
        self._guard = guard if hyper.nan_guard else None
        self._rules = RulesHook(rules, network, self._weights)
        collapse = create_collapse_guard(info, hyper, train, val, steps)
        self._collapse = CollapseHook(collapse, self._scorer, training.on_collapse)
        self._clock = Clock(hyper.time_limit)
        self._writer = CheckpointWriter(training.checkpoint, watch)
        # The guard comes first, so that no other hook sees what it undoes. Of several reasons to stop, the first one
        # in this order is reported.
        hooks: list[Hook | None] = [self._guard, self._weights, self._rules]
        if training.callbacks:
            hooks.append(UserCallbacks(training.callbacks, network, hyper.epochs, steps))
        # Collapse is measured against the loss of guessing, which is unknown for a user's own loss.
        hooks += [
            StopAfter(training.stop_after),
            self._clock,
            self._collapse if training.loss is None else None,
        ]
        hooks.append(ProgressReporter())
        self._hooks = tuple(hook for hook in hooks if hook is not None)
        self._is_warm = False

    @property
    def history(self) -> History:
        """Rows of the epochs that are finished, also after a stop."""
        return self.state.history

    @property
    def speed(self) -> float:
        """Images per second in training steps; 0 while nothing has been measured."""
        return self.state.speed

    @property
    def spent(self) -> float:
        """Seconds of this training so far, earlier attempts included."""
        return self._clock.spent

    def train(self) -> TrainingResult:
        """Train to the end, from the checkpoint where there is one.

        Raises:
            Cancelled: the person asked to stop; the checkpoint is written.
        """
        if self._training.checkpoint is not None and self._training.checkpoint.exists():
            self._restore(self._training.checkpoint.load())
        self._clock.start(self.state.position.spent)
        self._begin()
        try:
            while not self.state.is_over:
                self._epoch()
            for hook in self._hooks:
                hook.train_ended(self.state)
            return self._finish()
        # Progress since the last regular checkpoint is not lost to a stop.
        except Cancelled:
            self._save()
            raise
        finally:
            self._step.close()

    def _begin(self) -> None:
        state, position = self.state, self.state.position
        state.watch.tell(
            TrainingStarted(
                epochs=state.epochs,
                steps=state.steps,
                images=state.images,
                validation_images=0 if self._val is None else len(self._val),
                first_epoch=position.epoch,
                first_step=position.step,
            )
        )
        if not state.is_over:
            # A training that is over keeps the rate of its last batch, which the checkpoint holds.
            state.optimizer.learning_rate.assign(state.next_rate())
        for hook in self._hooks:
            hook.train_began(state)

    def _epoch(self) -> None:
        """Train and score one epoch, from its first batch or where it was stopped; then end it or undo it."""
        state, started = self.state, time.monotonic()
        # Hooks have heard of the beginning of an epoch that is resumed in its middle.
        if state.position.step == 0:
            for hook in self._hooks:
                hook.epoch_began(state)
        if self._train_batches():
            logs = self._scores()
            if all(hook.accepts_epoch(state, logs) for hook in self._hooks):
                self._end_epoch(logs, time.monotonic() - started)
                return
        for hook in self._hooks:
            hook.epoch_undone(state)

    def _train_batches(self) -> bool:
        """Train the batches of the epoch that are left; False where a hook wants the epoch undone."""
        state, position = self.state, self.state.position
        # Follows from seed and epoch alone, so a checkpoint need not hold it.
        order = epoch_order(state.images, state.hyper.seed, position.epoch)
        # An epoch that was stopped in the middle goes on with its sums, or its means would miss the first batches.
        self._step.reset(position.loss_sum, position.correct)
        # An epoch that is cut short by the clock has at least one batch, so that it has scores.
        while position.step < state.steps and not (position.step and self._clock.is_up):
            state.watch.check()
            loss = self._train_batch(order)
            if not all(hook.batch_ended(state, loss) for hook in self._hooks):
                return False
            if self._writer.is_due:
                self._save()
        return True

    def _train_batch(self, order: np.ndarray) -> float:
        """Train the next batch; gives its mean loss."""
        position, size = self.state.position, self.state.hyper.batch_size
        indices = order[position.step * size : (position.step + 1) * size]
        batch = self._batches.make(indices, position.epoch, position.step)
        # Decoding of the next batches goes on while this one is trained.
        self._train.expect(order[(position.step + 1) * size : (position.step + 1 + _AHEAD) * size])
        self._set_rate()
        self._layer_seeds.set(position.epoch, position.step)
        started = time.perf_counter()
        self._step.train(batch)
        if self._is_warm:
            # The first batch of a process is slow for reasons that no later one has.
            position.train_seconds += time.perf_counter() - started
            position.train_images += len(indices)
        self._is_warm = True
        position.step += 1
        before = position.loss_sum
        position.loss_sum, position.correct = self._step.sums()
        # From the running sum, so the step keeps one number for both the batch and the epoch.
        return (position.loss_sum - before) / len(indices)

    def _set_rate(self) -> None:
        for hook in self._hooks:
            hook.rate_due(self.state)
        put(self.state.optimizer.learning_rate, self.state.next_rate())
        for hook in self._hooks:
            hook.batch_began(self.state)

    def _scores(self) -> dict[str, float]:
        """The row of the epoch: means over the images it showed, then over the validation images."""
        state = self.state
        logs = {**state.means(), "learning_rate": state.rate()}
        if self._measures(state.position.epoch):
            self._weights.measure()
        if self._scorer is not None and self._training.validates(state.position.epoch):
            with self._weights.in_use(state):
                logs |= self._scorer.score(state.watch)
        return logs

    def _measures(self, epoch: int) -> bool:
        """Whether the weights after this epoch are scored, or kept as the best ones."""
        return self._rules.keeps_best or (self._scorer is not None and self._training.validates(epoch))

    def _end_epoch(self, logs: dict[str, float], seconds: float) -> None:
        state, position = self.state, self.state.position
        ended = position.epoch
        state.history.add(logs)
        reasons = [hook.epoch_ended(state, logs) for hook in self._hooks]
        position.ended = next(filter(None, reasons), "")
        position.begin_epoch(ended + 1)
        if not state.is_over:
            longer = self._training.new_length(ended, seconds)
            # Only here, between two epochs: the schedule is stretched from a batch that a resume knows.
            if longer is not None:
                state.set_epochs(longer)
        # Before the checkpoint: after a kill, history.csv is cut back to the length that the checkpoint knows.
        position.history_bytes = self._training.on_history(state.history)
        self._save()
        # Told after it is saved, so that an epoch that somebody has seen is never trained again.
        state.watch.tell(EpochEnded(epoch=ended, epochs=state.epochs, logs=logs, seconds=seconds))
        if position.ended:
            state.watch.tell(TrainingStopped(epoch=ended, reason=position.ended))

    def _finish(self) -> TrainingResult:
        state = self.state
        epoch = self._rules.put_best()
        if epoch is None:
            epoch = len(state.history)
            self._weights.put(state, measured=self._measures(epoch))
        return TrainingResult(
            state.history, epoch, state.position.ended, state.speed, self._collapse.guard.collapse
        )

    def _show(self, images: int) -> Iterator[None]:
        """Show about so many images of the epoch that was trained last, its first ones, as they were shown in it."""
        state, size = self.state, self.state.hyper.batch_size
        # Between two epochs the position is at the start of the next one.
        epoch = state.position.epoch - (state.position.step == 0)
        order = epoch_order(state.images, state.hyper.seed, epoch)
        for step in range(max(1, min(images, len(order)) // size)):
            self._layer_seeds.set(epoch, step)
            indices = order[step * size : (step + 1) * size]
            self._step.update_statistics(self._batches.make(indices, epoch, step))
            yield

    def _save(self) -> None:
        state, position = self.state, self.state.position
        if not self._writer.keeps:
            return
        position.history = state.history.rows
        position.rules = {**self._rules.state(), "collapse": self._collapse.guard.state()}
        position.spent = self._clock.spent
        position.step_state = self._step.state()
        # Between two epochs the guard would only remember what is saved anyway.
        good = self._guard.good if self._guard is not None and position.step else None
        now = Snapshot.take(self._network, state.optimizer, self._weights.average)
        self._writer.save(Checkpoint(position, now, good, self._rules.best))

    def _restore(self, saved: Checkpoint) -> None:
        state, position, start = self.state, saved.position, saved.now
        if position.step and position.batch_size != state.hyper.batch_size and saved.good is not None:
            # Batches of another size cannot be counted on: the epoch begins anew.
            start = saved.good
            position.begin_epoch(position.epoch)
        start.put_into(self._network, state.optimizer, self._weights.average)
        self._step.restore(position.step_state)
        position.batch_size = state.hyper.batch_size
        state.position, state.history.rows = position, list(position.history)
        self._rules.restore(position.rules, saved.best)
        if "collapse" in position.rules:
            # A checkpoint of an earlier version has no state of this guard.
            self._collapse.guard.restore(position.rules["collapse"])
        if self._guard is not None:
            self._guard.good = saved.good
        self._training.on_resume(state.history, position.history_bytes)
