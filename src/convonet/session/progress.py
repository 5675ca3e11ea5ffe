"""What the events of the work add up to: how far it is, the time left, the history so far, messages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from convonet import documents
from convonet.events import (
    BatchEnded,
    CancelAcknowledged,
    CandidateEnded,
    CandidateStarted,
    EpochEnded,
    Event,
    PlanMade,
    Progressed,
    StageStarted,
    TrainingStarted,
    TrainingStopped,
    Warned,
)
from convonet.runs import Run
from convonet.runs.untested import untested


@dataclass
class LiveCurves:
    """One value per epoch in each column; NaN: not measured."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, history: documents.HistoryTable) -> LiveCurves:
        """The columns that a run has written."""
        return cls(**{name: [_number(value) for value in history.get(name, ())] for name in SCORES})

    def columns(self) -> dict[str, list[float]]:
        """All columns by name; they stay these very lists."""
        return {name: getattr(self, name) for name in SCORES}

    @property
    def epochs(self) -> int:
        """Whole epochs."""
        return max(map(len, self.columns().values()))


SCORES = tuple(column.name for column in fields(LiveCurves))


class Progress:
    """The state of one piece of work. Feed it events with `take`.

    Attributes:
        title: what is being done now.
        share: how much of it is done, 0..1; None while that cannot be told.
        history: the scores of the epochs so far.
        now: where the training stands, in epochs from 1; None outside training.
        messages: warnings and other sentences, in order.
        plan: what a recipe trains; None without one.
        candidate: the candidate of the plan that is being trained.
        ended: the candidates that have ended, in order.
    """

    def __init__(self, history: documents.HistoryTable | None = None) -> None:
        self.title = "Starting …"
        self.share: float | None = None
        self.seconds_left: float | None = None
        self.epochs = 0
        self.images = self.validation_images = 0
        self.now: float | None = None
        self.batch: BatchEnded | None = None
        self.acknowledged = False
        self.messages: list[str] = []
        self.plan: PlanMade | None = None
        self.candidate: CandidateStarted | None = None
        self.ended: list[CandidateEnded] = []
        self.history = LiveCurves() if history is None else LiveCurves.of(history)

    @property
    def epochs_done(self) -> int:
        """Whole epochs in the history."""
        return self.history.epochs

    def take(self, event: Event) -> None:
        """Add one event."""
        if isinstance(event, StageStarted):
            self.title, self.share, self.seconds_left, self.batch = event.title, None, None, None
        elif isinstance(event, Progressed):
            # When all steps are done the stage may still have work that nobody counts: no time is left to tell.
            counted = 0 < event.done < event.total
            self.share = event.done / event.total if counted else None
            self.seconds_left = event.seconds_left if counted else None
        elif isinstance(event, TrainingStarted):
            self.epochs, self.images = event.epochs, event.images
            self.validation_images = event.validation_images
            self._cut(event.first_epoch - 1)
        elif isinstance(event, BatchEnded):
            self._batch(event)
        elif isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, CancelAcknowledged):
            self.acknowledged, self.title = True, "Stopping; finished work is kept"
        elif isinstance(event, PlanMade):
            self.plan, self.ended = event, []
        elif isinstance(event, CandidateStarted):
            self._candidate(event)
        elif isinstance(event, CandidateEnded):
            self.candidate = None
            self.ended = [one for one in self.ended if one.name != event.name] + [event]
        elif isinstance(event, Warned):
            message = event.window or event.message
            if message not in self.messages:
                self.messages.append(message)
        elif isinstance(event, TrainingStopped):
            self.messages.append(_stopped(event.epoch, event.reason))

    @property
    def heading(self) -> str:
        """What is being done, behind the number of the candidate that it is done for."""
        one = self.candidate
        return self.title if one is None or self.acknowledged else f"[{one.number}/{one.total}] {self.title}"

    def _candidate(self, event: CandidateStarted) -> None:
        """The curves are those of one candidate."""
        self.candidate, self.now, self.epochs = event, None, 0
        self._cut(0)

    def _batch(self, event: BatchEnded) -> None:
        done = event.epoch - 1 + event.step / max(event.steps, 1)
        self.batch, self.now, self.epochs = event, done + 1, event.epochs
        self.share, self.seconds_left = done / max(event.epochs, 1), event.seconds_left
        # Batches still arrive after a wish to stop, and the title must go on saying that it stops.
        if not self.acknowledged:
            self.title = f"Epoch {event.epoch} of {event.epochs}"

    def _epoch(self, event: EpochEnded) -> None:
        self._cut(event.epoch - 1)
        self.epochs = event.epochs
        for name, column in self.history.columns().items():
            # A gap is filled so that each value stays at the index of its own epoch.
            column.extend([math.nan] * (event.epoch - 1 - len(column)))
            column.append(_number(event.logs.get(name)))

    def _cut(self, epochs: int) -> None:
        """What a new attempt does again is forgotten."""
        for column in self.history.columns().values():
            del column[epochs:]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _stopped(epoch: int, reason: str) -> str:
    return f"Stopped after epoch {epoch}: {reason}"


def stored_messages(run: Run, record: documents.RunRecord) -> list[str]:
    """What a training had to say, from its record: why it ended early, what its curves show, advice, why no test.

    Args:
        record: the run's record.
    """
    # In the words of the event, so that a page which has both shows one.
    found = [_stopped(run.history().epochs, record.stopped)] if record.stopped else []
    found += list(_decisions(record.plan)) if record.plan is not None else []
    found += [f"{finding.sentence} {finding.advice}" for finding in record.diagnosis]
    found += [advice.text for advice in record.advice]
    skipped = untested(run, record)
    if skipped:
        found.append(f"The model was not tested: {skipped.reason} Test it with: {skipped.command}")
    # Not str.capitalize, which would make the rest of the sentence lowercase.
    return [f"{message[0].upper()}{message[1:]}" for message in dict.fromkeys(found) if message]


def _decisions(plan: documents.Plan) -> Iterator[str]:
    """What a plan has changed on the way; how long a candidate was trained stands in the table of candidates."""
    for decision in plan.decisions:
        if decision.what != "epochs":
            yield f"{plan.candidate(decision.candidate).title}: {decision.reason}"


def time_left(seconds: float | None) -> str:
    """Such as `12 s left` or `3 min left`; empty when it cannot be told."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min left"
