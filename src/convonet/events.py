"""One event schema for the run folder, standard error, the window and the server's stream.

An event on the wire is `{"event": NAME, "time": seconds since 1970, "run": ID, …}`, one JSON object a
line. Work is told to a `Watch`, which knows nothing of windows or terminals; whoever wants to see it
subscribes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar

from convonet.errors import Cancelled
from convonet.json_values import JsonObject


class RunState(StrEnum):
    """The state of a run.

    No run is stored as `interrupted`: a run is interrupted if it is stored as `running` but no process holds its lock,
    or as `waiting` and the process that would have started it has ended.
    """

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless somebody resumes it."""
        return self not in (RunState.WAITING, RunState.RUNNING)


def state_label(state: str) -> str:
    """A state as people read it: what the *Stop* button leaves is a stopped run, whatever its files call it."""
    return "stopped" if state == RunState.CANCELLED else str(state)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that has happened. The class name is the event's name on the wire."""

    registry: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        Event.registry[cls.__name__] = cls

    def to_dict(self, run: str = "", at: float | None = None) -> JsonObject:
        """The wire form; `at` is in seconds since 1970, now when None."""
        head: JsonObject = {
            "event": type(self).__name__,
            "time": time.time() if at is None else at,
            "run": run,
        }
        return head | asdict(self)


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A worker took the run up. `attempt` counts from 1."""

    kind: str
    process: int
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class StageStarted(Event):
    """A stage began: `scan`, `prepare`, `build`, `train`, `save`, `export`, `plot`, `test` …"""

    stage: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Progressed(Event):
    """`done` of `total` steps of a stage; seconds_left is None while it cannot be told."""

    stage: str
    done: int
    total: int
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class DataScanned(Event):
    """The images of one set were listed. `skipped` counts files that are left out, `marked` obeyed marks."""

    set: str
    images: int
    classes: int
    skipped: int
    marked: int = 0


@dataclass(frozen=True, kw_only=True)
class DataPrepared(Event):
    """The pixels of one set are mapped. `cached`: nothing had to be decoded."""

    set: str
    images: int
    skipped: int
    cached: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrainingStarted(Event):
    """The first batch is about to be trained; epochs count from 1."""

    epochs: int
    steps: int
    images: int
    validation_images: int
    first_epoch: int = 1
    first_step: int = 0


@dataclass(frozen=True, kw_only=True)
class BatchEnded(Event):
    """Told about ten times a second, not for each batch. loss and accuracy: running means of the epoch."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None
    images_per_second: float
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """One row of the history."""

    epoch: int
    epochs: int
    logs: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """The run can be resumed from here; `step` batches of `epoch` are done."""

    epoch: int
    step: int


@dataclass(frozen=True, kw_only=True)
class TrainingStopped(Event):
    """Training ended before its last epoch by a rule, not by the person."""

    epoch: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something that the person should know; the work goes on.

    Where the message names a command, `python` is the one for scripts and notebooks, and `window` the one for the
    window and the web page.
    """

    message: str
    subject: str = ""
    python: str = ""
    window: str = ""


@dataclass(frozen=True, kw_only=True)
class FileSaved(Event):
    """A result was written; `path` is relative to the run folder or absolute."""

    path: str
    title: str


@dataclass(frozen=True, kw_only=True)
class EvaluationEnded(Event):
    """The scores of one set."""

    split: str
    images: int
    accuracy: float
    accuracy_interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class TrialEnded(Event):
    """One trial of a search, or one fold of it."""

    trial: int
    trials: int
    params: JsonObject
    state: str
    fold: int | None = None
    accuracy: float | None = None
    loss: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class PlanMade(Event):
    """What a recipe is going to train, in one sentence, and notes that a person should read with it."""

    recipe: str
    sentence: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CandidateStarted(Event):
    """The plan's candidate `number` of `total` is about to be trained."""

    name: str
    title: str
    number: int
    total: int


@dataclass(frozen=True, kw_only=True)
class CandidateEnded(Event):
    """A candidate was scored on the validation images, or was not trained. `best`: it is the best so far."""

    name: str
    title: str
    state: str
    accuracy: float | None = None
    accuracy_interval: tuple[float, float] | None = None
    seconds: float = 0.0
    best: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CancelAcknowledged(Event):
    """The worker has seen the wish to stop and will end after what it is doing now."""


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The last event of an attempt. `error` is `ConvonetError.to_dict`, when it failed."""

    state: str
    seconds: float
    error: JsonObject | None = None


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(Event):
    """An event of a newer version, kept as it is."""

    name: str
    values: JsonObject


class Watch:
    """What long work tells and asks: `tell(event)` reports, `check()` raises Cancelled on a wish to stop.

    Args:
        tell: called with every event, in the thread that works.
        should_stop: asked by `check`; must be cheap, it is called for each batch.
    """

    def __init__(
        self,
        tell: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        self._tell = tell
        self._should_stop = should_stop

    def tell(self, event: Event) -> None:
        """Report what has happened."""
        if self._tell is not None:
            self._tell(event)

    def quietly(self) -> Watch:
        """A watch that asks the same and tells nothing: for work that a person need not follow."""
        return Watch(None, self._should_stop)

    def also(self, tell: Callable[[Event], None]) -> Watch:
        """A watch that asks the same, and tells one more."""

        def both(event: Event) -> None:
            self.tell(event)
            tell(event)

        return Watch(both, self._should_stop)

    def check(self) -> None:
        """Raise Cancelled if the person asked to stop."""
        if self._should_stop is not None and self._should_stop():
            raise Cancelled
