"""NetTuning: gives out work, takes in rows, and writes each of them down before anything else happens."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from convonet.documents.search import Setting
from convonet.errors import WorkerError
from convonet.events import Progressed, TrialEnded, Warned, Watch
from convonet.runs.trial_table import settings_of
from convonet.runs.trials import FoldKey, FoldRow, TrialsFile
from convonet.tasks import TuneTask
from convonet.tuning.budget import Budget
from convonet.tuning.executors import Executor
from convonet.tuning.memory_rule import MemoryRule
from convonet.tuning.messages import EpochScored, FoldEnded, Message, TrainerDied, UnitEnded
from convonet.tuning.samplers import create_sampler
from convonet.tuning.units import Trial, Unit, short_last, units_of

STAGE = "tune"
_WAIT_SECONDS = 0.1
_MOST_DEATHS = 100


@dataclass(frozen=True)
class TuneResult:
    """What a search gave: its settings, the best first, and why it ended before its last one, or empty."""

    settings: tuple[Setting, ...]
    stopped: str = ""


class NetTuning:
    """One search. Only this process talks to the sampler and writes rows.

    Args:
        task: what to search.
        file: where rows go; those in it already are not trained again.
        reports: trial → epoch → score of an earlier attempt, for pruning.
        on_report: called with trial, epoch and score, where settings are pruned.
        budget: when it is spent, no more is tried.
    """

    def __init__(
        self,
        task: TuneTask,
        file: TrialsFile,
        *,
        reports: Mapping[int, Mapping[int, float]] | None = None,
        on_report: Callable[[int, int, float], None] = lambda trial, epoch, score: None,
        budget: Budget | None = None,
    ) -> None:
        self._task, self._file, self._on_report = task, file, on_report
        self._budget = budget or Budget()
        # A search that was killed may have left half a row, and the next one would be appended to it.
        file.cut_torn()
        self._rows = {row.key: row for row in file.read()}
        known = settings_of(list(self._rows.values()), task)
        self._ended = {setting.trial for setting in known if setting.state != "partial"}
        self._sampler = create_sampler(task, known, reports)
        self._trials: dict[int, Trial] = {}
        self._queue: deque[Unit] = deque()
        # Trial → its units that wait for the first fold.
        self._gated: dict[int, list[Unit]] = {}
        self._running: dict[FoldKey, Unit] = {}
        self._memory = MemoryRule()
        self._deaths: Counter[FoldKey] = Counter()

    def run(self, executor: Executor, watch: Watch) -> TuneResult:
        """Search until all trials have ended or the budget is spent.

        Raises:
            Cancelled: the person asked to stop; every finished fold is written.
            WorkerError: trainers died of a fault that is not the settings'.
        """
        self._executor, self._watch = executor, watch
        self._started, self._rows_before = time.monotonic(), len(self._rows)
        self._tell_progress()
        while True:
            watch.check()
            # Trainers that are at work are left behind: their folds are not written, and a later attempt
            # trains them again.
            if spent := self._budget.spent():
                return self._result(spent)
            self._give_out()
            if not self._running:
                return self._result()
            for message in executor.wait(_WAIT_SECONDS):
                self._take_in(message)

    def _result(self, stopped: str = "") -> TuneResult:
        return TuneResult(tuple(settings_of(list(self._rows.values()), self._task)), stopped)

    def _give_out(self) -> None:
        while (room := self._executor.free()) > 0:
            if not self._queue and not self._more(room):
                return
            unit = self._wanted(self._queue.popleft())
            if unit is not None:
                self._running[unit.keys()[-1]] = unit
                self._executor.submit(unit)

    def _more(self, room: int) -> bool:
        """Queue units of new trials; False when there are none."""
        while not self._queue:
            trials = self._sampler.ask(room)
            if not trials:
                return False
            self._trials |= {trial.number: trial for trial in trials}
            left = [trial for trial in trials if trial.number not in self._ended]
            repeats, folds = self._task.repeats, self._task.folds
            units = units_of(left, repeats=repeats, folds=folds, finished=self._rows)
            if self._task.pruner == "none":
                # Short units last: at the end no trainer has to wait long for the others.
                self._queue.extend(short_last(units, room))
            else:
                self._gate(units)
        return True

    def _gate(self, units: list[Unit]) -> None:
        """Where settings are pruned, the first fold decides whether the others are trained."""
        for unit in units:
            trial = unit.trials[0].number
            # The first fold alone is given out; a setting that is pruned there costs no other fold.
            if trial in self._gated or unit.fold * unit.repeat > 1:
                self._gated.setdefault(trial, []).append(unit)
            else:
                self._gated[trial] = []
                self._queue.append(unit)
        for trial in [trial for trial in self._gated if (trial, 1, 1) in self._rows]:
            self._queue.extend(self._gated.pop(trial))

    def _wanted(self, unit: Unit) -> Unit | None:
        """The unit without trials that have failed meanwhile or are known to need too much memory."""
        # Asked when a unit is given out, not when it is queued: other trials may have run out of memory since.
        larger = self._memory.refuses(unit.hyper)
        if larger is not None:
            reason = f"Not tried: it needs at least as much memory as trial {larger}, which ran out of memory"
            self._fail(unit, reason)
        left = tuple(trial for trial in unit.trials if trial.number not in self._ended)
        return replace(unit, trials=left) if left else None

    def _take_in(self, message: Message) -> None:
        if isinstance(message, EpochScored):
            self._take_score(message)
        elif isinstance(message, FoldEnded):
            if message.memory:
                trial = self._trials[message.row.trial]
                self._memory.learn(trial.number, trial.hyper)
            self._take_row(message.row)
        elif isinstance(message, UnitEnded):
            self._running.pop(message.unit, None)
        else:
            self._take_death(message)

    def _take_score(self, scored: EpochScored) -> None:
        trial, repeat, fold = scored.unit
        # Pruners compare trials after equal epochs; scores of different folds are not comparable.
        if (repeat, fold) != (1, 1) or trial in self._ended:
            return
        self._on_report(trial, scored.epoch, scored.score)
        if self._sampler.report(trial, scored.epoch, scored.score):
            self._executor.prune(scored.unit)

    def _take_row(self, row: FoldRow) -> None:
        if row.key in self._rows:
            return
        # Written before anything else happens: what is told is on disk.
        self._file.append(row)
        self._rows[row.key] = row
        self._watch.tell(
            TrialEnded(
                trial=row.trial,
                trials=self._task.planned_trials,
                params={n: list(v) if isinstance(v, tuple) else v for n, v in row.values.items()},
                state=row.state,
                fold=(row.repeat - 1) * self._task.folds + row.fold,
                accuracy=row.accuracy,
                loss=row.loss,
                seconds=row.seconds,
            )
        )
        if row.state == "failed" and row.trial not in self._ended:
            self._watch.tell(Warned(message=f"Trial {row.trial} failed: {row.reason}", subject="trial"))
        self._queue.extend(self._gated.pop(row.trial, []))
        self._end_trial(row.trial)
        self._tell_progress()

    def _end_trial(self, number: int) -> None:
        """Tell the sampler, once, when a trial is done, failed or pruned."""
        setting = settings_of([row for row in self._rows.values() if row.trial == number], self._task)[0]
        if setting.state != "partial" and number not in self._ended:
            self._ended.add(number)
            self._sampler.tell(setting)

    def _take_death(self, death: TrainerDied) -> None:
        unit = self._running.pop(death.unit, None) if death.unit is not None else None
        # Every further unit would die of it too.
        if death.cause == "fault":
            raise WorkerError(death.reason, hint="See the run's worker.log for details, then resume the run")
        if unit is None or all(key in self._rows for key in unit.keys()):
            return
        left = tuple(
            trial for trial in unit.trials if (trial.number, unit.repeat, unit.fold) not in self._rows
        )
        unit = replace(unit, trials=left)
        self._deaths[unit.keys()[-1]] += 1
        # Somebody else may have filled the memory: only what is killed twice is too large.
        if death.cause == "memory" and self._deaths[unit.keys()[-1]] > 1:
            self._memory.learn(left[-1].number, unit.hyper)
            self._fail(unit, death.reason)
            return
        if self._deaths.total() > _MOST_DEATHS:
            raise WorkerError(
                f"Worker processes died {self._deaths.total()} times; last reason: {death.reason}"
            )
        self._queue.appendleft(unit)

    def _fail(self, unit: Unit, reason: str) -> None:
        for trial in unit.trials:
            if trial.number not in self._ended:
                values, seed = trial.values, unit.hyper.seed
                row = FoldRow(trial.number, unit.repeat, unit.fold, seed, values, "failed", reason=reason)
                self._take_row(row)

    def _tell_progress(self) -> None:
        each = self._task.folds * self._task.repeats
        done = len(self._ended) * each + sum(row.trial not in self._ended for row in self._rows.values())
        total = max(self._task.planned_trials * each, done)
        # Rows of earlier attempts took no time in this one.
        now = len(self._rows) - self._rows_before
        left = (total - done) * (time.monotonic() - self._started) / now if now else None
        until = self._budget.seconds_left()
        if until is not None:
            left = until if left is None else min(left, until)
        self._watch.tell(Progressed(stage=STAGE, done=done, total=total, seconds_left=left))
