"""NetStudy: trains each setting once, until the highest target is reached, and keeps every epoch's scores."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from convonet.errors import ConvonetError, TrainingError, WorkerError
from convonet.events import Progressed, TrialEnded, Warned, Watch
from convonet.runs.study_table import StudyFile, StudyRow, study_rows
from convonet.tasks.study_task import StudyTask
from convonet.tuning.executors import Executor
from convonet.tuning.messages import EpochScored, FoldEnded, Message, TrainerDied, UnitEnded
from convonet.tuning.units import Trial, Unit

STAGE = "study"
_WAIT_SECONDS = 0.1


class NetStudy:
    """One study.

    Args:
        file: where epochs go; settings that ended in it are not trained again.
    """

    def __init__(self, task: StudyTask, file: StudyFile) -> None:
        self._task, self._file = task, file
        trials = [Trial.of(n, hyper, task.space.varied) for n, hyper in enumerate(task.space.grid(), 1)]
        self._trials = {trial.number: trial for trial in trials}
        ended = {row.trial for row in self.rows() if row.ended}
        self._queue = deque(Unit(t.hyper, (t,), 1, 1) for t in trials if t.number not in ended)
        self._running = 0

    def rows(self) -> list[StudyRow]:
        """The table as far as it is."""
        return study_rows(self._task, self._file.read())

    def run(self, executor: Executor, watch: Watch) -> Sequence[StudyRow]:
        """Train all settings.

        Raises:
            Cancelled: the person asked to stop; the epochs that ended are kept.
            TrainingError: a trainer was killed, probably for its memory.
            WorkerError: a trainer died of another fault.
        """
        self._tell_progress(watch)
        while self._queue or self._running:
            watch.check()
            while self._queue and executor.free() > 0:
                executor.submit(self._queue.popleft())
                self._running += 1
            for message in executor.wait(_WAIT_SECONDS):
                self._take_in(message, executor, watch)
        return self.rows()

    def _take_in(self, message: Message, executor: Executor, watch: Watch) -> None:
        if isinstance(message, EpochScored):
            trial = message.unit[0]
            self._file.append(trial, message.epoch, message.logs)
            if message.score >= max(self._task.targets):
                executor.prune(message.unit)
        elif isinstance(message, FoldEnded) and message.row.state == "failed":
            watch.tell(
                Warned(message=f"Trial {message.row.trial} failed: {message.row.reason}", subject="trial")
            )
        elif isinstance(message, UnitEnded):
            self._running -= 1
            self._tell_end(message.unit[0], watch)
        elif isinstance(message, TrainerDied):
            raise _death(message)

    def _tell_end(self, number: int, watch: Watch) -> None:
        row = self.rows()[number - 1]
        logs = row.history[-1] if row.history else {}
        watch.tell(
            TrialEnded(
                trial=number,
                trials=len(self._trials),
                params={n: list(v) if isinstance(v, tuple) else v for n, v in row.params.items()},
                state="done" if row.history else "failed",
                accuracy=logs.get(self._task.metric),
                loss=logs.get("loss"),
            )
        )
        self._tell_progress(watch)

    def _tell_progress(self, watch: Watch) -> None:
        done = len(self._trials) - len(self._queue) - self._running
        watch.tell(Progressed(stage=STAGE, done=done, total=len(self._trials)))


def _death(died: TrainerDied) -> ConvonetError:
    """The error that ends a study. A resumed one has the same jobs and values: only a new one can need less memory."""
    if died.cause == "memory":
        hint = "Free memory and resume, or start a new study with fewer jobs or a smaller batch size"
        return TrainingError(died.reason, hint=hint)
    return WorkerError(died.reason, hint="See the run's worker.log for details, then resume the run")
