"""Carries out a plan: trains each candidate, compares them on the validation images, and publishes the best one.

The first candidate that is done is published at once, so that there is a tested model while the others are trained.
Every decision that depends on time is written to the record before it is acted on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import replacing
from convonet.data.sources import DataSets
from convonet.errors import Cancelled, ConvonetError, DataError
from convonet.events import CandidateEnded, CandidateStarted, StageStarted, Warned, Watch
from convonet.jobs.fitting import HISTORY, Fit, advise_of, held_out
from convonet.jobs.plan_candidates import CandidateFolder, Trained, contest
from convonet.jobs.plan_speed import Speed, measure_speed
from convonet.jobs.train_sets import TrainSets, prepare_found
from convonet.jobs.train_stages import draw, leave_model, save_partial
from convonet.nets.backend import set_threads
from convonet.nets.net_model import NetModel
from convonet.planning import Candidate, Plan, PlanDecision, ValidationScore, score_validation
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.specs import TrainTask
from convonet.training.net_training import TrainingResult
from convonet.training.scoring import probabilities_of

CANDIDATES = "candidates"
REFIT = "refit"
PUBLISHED = "published"
"""The key of the record that names the candidate whose model is in the run's folder."""
REPLAY = "replay"
"""The key of the record of a run that repeats another one's decisions and takes none of its own."""

_FINISH_SECONDS = 15.0
_SHARE_OF_EARLIER = 0.35
"""Of the time that is left, what a timed candidate may take while another one follows."""
_SHARE_BEFORE_REFIT = 0.45
"""The same where the chosen candidate is trained again on all images."""
_OVERTIME = 1.15
_RESTARTS = 2


def carry_out(
    run: Run,
    task: TrainTask,
    found: DataSets,
    plan: Plan,
    watch: Watch,
    callbacks: Sequence[Any] = (),
    *,
    began: float,
) -> dict[str, Any]:
    """Train as planned and leave the best model in the run's folder; the answer is the run's document.

    Args:
        began: when the job began, by `time.monotonic`.

    Raises:
        Cancelled: the person asked to stop; a model that was published stays.
        ConvonetError: no candidate could be trained.
    """
    if task.threads is not None:
        set_threads(task.threads)
    carrying = _Carrying(run, task, found, plan, watch, callbacks, began)
    carrying.all()
    return train_document(run)


@dataclass
class _Carrying:
    run: Run
    task: TrainTask
    found: DataSets
    plan: Plan
    watch: Watch
    callbacks: Sequence[Any]
    began: float
    best: Trained | None = None
    _sets: dict[tuple[tuple[int, int], int], TrainSets] = field(default_factory=dict)
    _finish_seconds: float = _FINISH_SECONDS

    def __post_init__(self) -> None:
        self._spent_before = sum(one.seconds for one in self.plan.candidates)
        self._replays = bool(self.run.read().get(REPLAY))

    def all(self) -> None:
        """Every candidate in turn, then what is left to do for the best of them."""
        if not self.task.validation and not self._can_hold_out():
            self._without_comparison()
            return
        failure: ConvonetError | None = None
        for number, candidate in enumerate(self.plan.candidates, start=1):
            if candidate.state == "done":
                done = self._folder(candidate.name).trained(candidate)
                if self.best is None or contest(done, self.best)[0]:
                    self.best = done
            elif candidate.state == "waiting":
                self.watch.tell(
                    CandidateStarted(
                        name=candidate.name,
                        title=candidate.title,
                        number=number,
                        total=len(self.plan.candidates),
                    )
                )
                try:
                    self._one(candidate)
                except Cancelled:
                    raise
                except ConvonetError as error:
                    failure = error
                    self._ended(replace(candidate, state="failed", reason=error.sentence()))
        if self.best is None:
            raise failure or ConvonetError("No candidate of the plan could be trained")
        if not self.task.validation:
            self._refit(self.best)
        else:
            self._publish_best(self.best)
        self._clean()

    # One candidate

    def _one(self, candidate: Candidate) -> None:
        started = time.monotonic()
        sets = self._sets_of(candidate)
        epochs = self._epochs(candidate, sets)
        if epochs == 0:
            decided = self.plan.decision(candidate.name, "epochs")
            self._ended(
                replace(candidate, state="skipped", reason=decided.reason if decided is not None else "")
            )
            return
        while True:
            task = self._task_of(candidate, epochs)
            model, result = self._trained(task, sets, self._folder(candidate.name).path, candidate, epochs)
            score, losses = self._scored(model, sets)
            if not (score.collapsed or result.collapse) or not self._restarts(candidate, task, result):
                break
            shutil.rmtree(self._folder(candidate.name).path, ignore_errors=True)
        self._folder(candidate.name).keep(model, result, losses)
        done = replace(
            candidate,
            state="done",
            validation=score.to_dict(),
            seconds=time.monotonic() - started,
            images_per_second=result.images_per_second,
        )
        first = self.best is None
        self._compete(Trained(done, losses, score))
        if first and self.task.validation:
            self._publish(model, result, done, score.temperature)

    def _can_hold_out(self) -> bool:
        try:
            return bool(len(self._sets_of(self.plan.candidates[0]).val_rows))
        except DataError:
            return False

    def _without_comparison(self) -> None:
        """So few images that none can be held out: train the simplest model that a backbone gives, on all of them."""
        candidates = self.plan.candidates
        chosen = next((one for one in candidates if one.kind == "frozen"), candidates[0])
        reason = "too few images to hold any out for a comparison"
        for one in candidates:
            if one != chosen:
                self._ended(replace(one, state="skipped", reason=reason))
        task = self._task_of(chosen, chosen.least_epochs if chosen.timed else None, validation=False)
        sets = prepare_found(self.run, task, self.found, self.watch)
        folder = self._folder(chosen.name)
        model, result = self._trained(task, sets, folder.path, replace(chosen, timed=False), None)
        self.plan = replace(self.plan, chosen=chosen.name, why=reason)
        self._ended(replace(chosen, state="done", seconds=time.monotonic() - self.began))
        self._publish(model, result, chosen, sets=sets)
        draw(self.run, task, model, result, self.watch)
        self._clean()

    def _trained(
        self,
        task: TrainTask,
        sets: TrainSets,
        folder: Path,
        candidate: Candidate,
        epochs: int | None,
    ) -> tuple[NetModel, TrainingResult]:
        folder.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {
            "callbacks": self.callbacks,
            "stop_after": self._deadline(candidate, epochs),
            "on_collapse": lambda collapse: self._may_restart(candidate),
        }
        fit = Fit(self.run, task, sets, folder, settings, advises=False)
        model = fit.build(self.watch)
        try:
            return model, fit.train(self.watch)
        except Cancelled:
            if self.run.read().get(PUBLISHED) is None:
                save_partial(self.run, task, model, fit.training, self.watch)
            raise

    def _scored(self, model: NetModel, sets: TrainSets) -> tuple[ValidationScore, np.ndarray]:
        rows = held_out(sets)
        labels = rows.labels[rows.rows]
        return score_validation(labels, probabilities_of(model, rows, self.watch))

    def _compete(self, done: Trained) -> None:
        """Make the better one of the candidate and the best so far the best, and say why."""
        if self.best is None:
            self.best = done
            self.plan = replace(
                self.plan, chosen=done.candidate.name, why="the first candidate that was trained"
            )
            self._ended(done.candidate)
            return
        wins, why = contest(done, self.best)
        loser, winner = (self.best, done) if wins else (done, self.best)
        self.plan = replace(self.plan, chosen=winner.candidate.name, why=why)
        self.plan = self.plan.with_candidate(replace(loser.candidate, reason=f"{why[0].upper()}{why[1:]}"))
        self.best = winner
        self._ended(winner.candidate if wins else replace(loser.candidate, reason=why))

    def _ended(self, candidate: Candidate) -> None:
        """Write the candidate's end down and tell it."""
        self._write(self.plan.with_candidate(candidate))
        score = candidate.validation or {}
        self.watch.tell(
            CandidateEnded(
                name=candidate.name,
                title=candidate.title,
                state=candidate.state,
                accuracy=score.get("accuracy"),
                accuracy_interval=score.get("accuracy_interval"),
                seconds=candidate.seconds,
                best=self.plan.chosen == candidate.name,
                reason=candidate.reason,
            )
        )

    # Decisions that depend on time

    def _epochs(self, candidate: Candidate, sets: TrainSets) -> int | None:
        """How many epochs a timed candidate is trained, 0: not at all; None: what its hyper parameters say."""
        if not candidate.timed:
            return None
        known = self.plan.decision(candidate.name, "epochs")
        if known is not None:
            return int(known.value)
        self.watch.tell(StageStarted(stage="speed", title="Measuring how fast it trains"))
        left = self._left_for(candidate)
        speed = measure_speed(self._task_of(candidate, candidate.least_epochs), sets, self.watch)
        whole = self.plan.decision(candidate.name, "release") is None
        if whole and candidate.last_blocks and left < candidate.least_epochs * speed.epoch_seconds:
            self._release_less(candidate, speed)
            speed = measure_speed(self._task_of(candidate, candidate.least_epochs), sets, self.watch)
            left = self._left_for(candidate)
        epochs = min(candidate.most_epochs, int(left / speed.epoch_seconds))
        if epochs < candidate.least_epochs:
            epochs = 0 if self.best is not None or len(self.plan.candidates) > 1 else candidate.least_epochs
        self._write(self.plan.with_decision(_epochs_decision(candidate, epochs, speed, left)))
        return epochs

    def _left_for(self, candidate: Candidate) -> float:
        """Seconds that a timed candidate may take."""
        left = self._left() - self._finish_seconds
        later = [one for one in self.plan.candidates if one.timed and one.state == "waiting"]
        if len(later) > 1:
            left *= _SHARE_OF_EARLIER
        if not self.task.validation:
            left *= _SHARE_BEFORE_REFIT
        return left

    def _release_less(self, candidate: Candidate, speed: Speed) -> None:
        """Decide to train the last blocks of a backbone only."""
        blocks = candidate.last_blocks
        reason = f"an epoch of all layers takes {speed.epoch_seconds:.0f} s; only the last {blocks} blocks are trained"
        self._write(self.plan.with_decision(PlanDecision(candidate.name, "release", blocks, reason)))

    def _deadline(self, candidate: Candidate, epochs: int | None) -> Callable[[int], str]:
        """Asked after each epoch: ends a training that turned out slower than was measured."""
        seen: list[float] = []

        def stop(epoch: int) -> str:
            known = self.plan.decision(candidate.name, "stop_after")
            if known is not None:
                return known.reason if epoch == known.value else ""
            seen.append(time.monotonic())
            if self._replays or not candidate.timed or len(seen) < 2:
                return ""
            longest = (seen[-1] - seen[0]) / (len(seen) - 1)
            over = _OVERTIME * 60 * self.plan.minutes - (60 * self.plan.minutes - self._left())
            if longest + self._finish_seconds <= over:
                return ""
            reason = f"the time budget of {self.plan.minutes:g} minutes is used up"
            self._write(self.plan.with_decision(PlanDecision(candidate.name, "stop_after", epoch, reason)))
            return reason

        return stop

    def _may_restart(self, candidate: Candidate) -> bool:
        """Whether a network that has collapsed is trained anew: so far not at too many learning rates."""
        tried = [one for one in self.plan.decisions if (one.candidate, one.what) == (candidate.name, "rate")]
        return candidate.kind != "frozen" and len(tried) < _RESTARTS and not self._replays

    def _restarts(self, candidate: Candidate, task: TrainTask, result: TrainingResult) -> bool:
        """Decide on another learning rate for a network that has collapsed; False where it stays as it is."""
        if not self._may_restart(candidate):
            return False
        before = getattr(task.hyper, _rate_field(candidate)) or task.hyper.rate
        low = result.collapse is not None and result.collapse.cause == "rate_too_low"
        rate = before * 10 if low else before / 10
        reason = f"collapsed at a learning rate of {before:.3g}; restarted at {rate:.3g}"
        self._write(self.plan.with_decision(PlanDecision(candidate.name, "rate", rate, reason)))
        self.watch.tell(Warned(message=f"{candidate.title}: {reason}", subject="collapse"))
        return True

    def _left(self) -> float:
        """Seconds of the budget that are left."""
        return 60 * self.plan.minutes - self._spent_before - (time.monotonic() - self.began)

    # What is kept

    def _task_of(self, candidate: Candidate, epochs: int | None, *, validation: bool = True) -> TrainTask:
        """The training of a candidate as if it had been asked for by itself."""
        hyper = candidate.hyper_params(epochs)
        rate = self.plan.decision(candidate.name, "rate")
        if rate is not None:
            hyper = hyper.changed(**{_rate_field(candidate): rate.value})
        release = self.plan.decision(candidate.name, "release")
        if release is not None:
            hyper = hyper.changed(release=str(int(release.value)))
        if self.task.hyper.is_set("batch_size"):
            # The person's, or half of it after the memory was not enough.
            hyper = hyper.changed(batch_size=self.task.hyper.batch_size)
        data = candidate.data_params(self.task.data)
        return self.task.changed(data=data, hyper=hyper, validation=validation, recipe="none")

    def _sets_of(self, candidate: Candidate) -> TrainSets:
        key = (candidate.image_size, candidate.channels)
        if key not in self._sets:
            task = self._task_of(candidate, None)
            self._sets[key] = prepare_found(self.run, task, self.found, self.watch)
        return self._sets[key]

    def _folder(self, name: str) -> CandidateFolder:
        return CandidateFolder(self.run.file(CANDIDATES) / name)

    def _refit(self, best: Trained) -> None:
        """The chosen candidate once more on all images, for as many epochs as were best."""
        candidate = best.candidate
        _, result = self._folder(candidate.name).model()
        epochs = result.model_epoch - (1 if candidate.kind == "fine_tuned" else 0)
        task = self._task_of(
            candidate, None if candidate.kind == "frozen" else max(epochs, 0), validation=False
        )
        self.watch.tell(StageStarted(stage="refit", title="Training the chosen model on all images"))
        sets = prepare_found(self.run, task, self.found, self.watch)
        model, whole = self._trained(
            task, sets, self._folder(REFIT).path, replace(candidate, timed=False), None
        )
        temperature = best.score.temperature
        self._publish(model, whole, candidate, temperature, sets=sets, folder=self._folder(REFIT))
        draw(self.run, task, model, whole, self.watch)

    def _publish_best(self, best: Trained) -> None:
        """Publish the best candidate, unless it is published already, and draw its figures."""
        model, result = self._folder(best.candidate.name).model()
        if self.run.read().get(PUBLISHED) != best.candidate.name:
            self._publish(model, result, best.candidate, best.score.temperature)
        decided = self.plan.decision(best.candidate.name, "epochs")
        task = self._task_of(best.candidate, None if decided is None else int(decided.value))
        draw(self.run, task, model, result, self.watch)

    def _publish(
        self,
        model: NetModel,
        result: TrainingResult,
        candidate: Candidate,
        temperature: float = 1.0,
        *,
        sets: TrainSets | None = None,
        folder: CandidateFolder | None = None,
    ) -> None:
        """Leave a candidate's model and all that belongs to it in the run's folder, calibrated."""
        started = time.monotonic()
        decided = self.plan.decision(candidate.name, "epochs")
        task = self._task_of(candidate, None if decided is None else int(decided.value))
        sets = sets or self._sets_of(candidate)
        info = model.info.changed(temperature=model.info.temperature * temperature)
        calibrated = NetModel(model.keras_model, info)
        with replacing(self.run.file(HISTORY)) as temporary:
            shutil.copyfile((folder or self._folder(candidate.name)).history, temporary)
        spec = task.to_dict()
        advise_of(self.run, task, sets, Watch(should_stop=lambda: False))
        self.run.update(params={"data": spec["data"], "hyper": spec["hyper"]})
        leave_model(self.run, task, sets, calibrated, result, self.watch)
        self.run.update(published=candidate.name)
        self._finish_seconds = time.monotonic() - started

    def _write(self, plan: Plan) -> None:
        self.plan = plan
        self.run.update(plan=plan.to_dict())

    def _clean(self) -> None:
        for path in self.run.file(CANDIDATES).glob("*"):
            CandidateFolder(path).clean()


def _rate_field(candidate: Candidate) -> str:
    return "fine_tune_rate" if candidate.kind == "fine_tuned" else "init_rate"


def _epochs_decision(candidate: Candidate, epochs: int, speed: Speed, left: float) -> PlanDecision:
    if epochs:
        reason = f"{speed.images_per_second:,.0f} images/s: {epochs} epochs of {speed.epoch_seconds:.0f} s"
    else:
        needed = candidate.least_epochs * speed.epoch_seconds
        reason = f"needs at least {needed:.0f} s, and {max(left, 0):.0f} s of the time budget are left"
    return PlanDecision(candidate.name, "epochs", epochs, reason)
