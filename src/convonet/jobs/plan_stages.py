"""Carries out a plan: trains each candidate, compares them on the validation images, and publishes the best one.

The first candidate that is done is published at once, so that there is a tested model while the others are trained.
Every decision that depends on time is written to the record before it is acted on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import replacing
from convonet.data.sources import DataSets
from convonet.documents.plan import Candidate, Plan, ValidationScore
from convonet.documents.run_record import RunParams
from convonet.documents.training import TrainDocument
from convonet.errors import Cancelled, ConvonetError, DataError
from convonet.events import CandidateEnded, CandidateStarted, StageStarted, Watch
from convonet.jobs.fitting import HISTORY, Fit, advise_of, held_out
from convonet.jobs.plan_candidates import CandidateFolder, Trained, contest
from convonet.jobs.plan_decisions import PlanDecisions
from convonet.jobs.train_sets import TrainSets, prepare_found
from convonet.jobs.train_stages import draw, leave_model, save_partial
from convonet.json_values import object_at
from convonet.nets.backend import set_threads
from convonet.nets.net_model import NetModel
from convonet.planning import score_validation
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.tasks import TrainTask
from convonet.training.net_training import TrainingResult
from convonet.training.scoring import probabilities_of

CANDIDATES = "candidates"
REFIT = "refit"


def carry_out(
    run: Run,
    task: TrainTask,
    found: DataSets,
    plan: Plan,
    watch: Watch,
    callbacks: Sequence[Any] = (),
    *,
    began: float,
) -> TrainDocument:
    """Train as planned and leave the best model in the run's folder; the answer is the run's document.

    Args:
        began: when the job began, by `time.monotonic`.

    Raises:
        Cancelled: the person asked to stop; a model that was published stays.
        ConvonetError: no candidate could be trained.
    """
    if task.threads is not None:
        set_threads(task.threads)
    decisions = PlanDecisions(run, task, plan, watch, began)
    _Carrying(run, task, found, decisions, watch, callbacks).all()
    return train_document(run)


@dataclass
class _Carrying:
    run: Run
    task: TrainTask
    found: DataSets
    decisions: PlanDecisions
    watch: Watch
    callbacks: Sequence[Any]
    best: Trained | None = None
    _sets: dict[tuple[tuple[int, int], int], TrainSets] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return self.decisions.plan

    def all(self) -> None:
        """Every candidate in turn, then what is left to do for the best of them."""
        # Training without validation still compares candidates on held-out images first, where there are
        # enough.
        if not self.task.validation and not self._can_hold_out():
            self._without_comparison()
            return
        failure: ConvonetError | None = None
        for number, candidate in enumerate(self.plan.candidates, start=1):
            if candidate.state == "done":
                done = self._folder(candidate.name).trained(candidate)
                # A resumed run finds the candidates of its first attempt and compares them once more, with
                # the same result.
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
                    # One network that cannot be trained, for lack of memory perhaps, is no reason to do
                    # without the others.
                    failure = error
                    self._ended(candidate.changed(state="failed", reason=error.sentence()))
        if self.best is None:
            # The last failure is the one with a reason that the person can act on.
            raise failure or ConvonetError("No candidate of the plan could be trained")
        if not self.task.validation:
            self._refit(self.best)
        else:
            self._publish_best(self.best)
        self._clean()

    def _one(self, candidate: Candidate) -> None:
        started = time.monotonic()
        sets = self._sets_of(candidate)
        # A single candidate has no other to leave time for.
        alone = self.best is None and len(self.plan.candidates) == 1
        epochs = self.decisions.epochs(candidate, sets, alone=alone)
        if epochs == 0:
            decided = self.plan.decision(candidate.name, "epochs")
            self._ended(
                candidate.changed(state="skipped", reason=decided.reason if decided is not None else "")
            )
            return
        # Ends: a candidate is restarted at most twice, and the decision counts them.
        while True:
            task = self.decisions.task_of(candidate, epochs)
            model, result = self._trained(task, sets, self._folder(candidate.name).path, candidate)
            # Scored anew rather than read from the history, whose best epoch may not be the last.
            score, losses = self._scored(model, sets)
            if not (score.collapsed or result.collapse) or not self.decisions.restarts(
                candidate, task, result
            ):
                break
            # Its checkpoint belongs to the learning rate that collapsed.
            shutil.rmtree(self._folder(candidate.name).path, ignore_errors=True)
        # Kept with its losses on each image, so that a resumed run compares without predicting again.
        self._folder(candidate.name).keep(model, result, losses)
        done = candidate.changed(
            state="done",
            validation=score,
            seconds=time.monotonic() - started,
            images_per_second=result.images_per_second,
        )
        # Asked before the candidate competes, since it is the best one afterwards.
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
        reason = "too few images to hold some out for a comparison"
        for one in candidates:
            # The table shows all candidates, also those that were not tried.
            if one != chosen:
                self._ended(one.changed(state="skipped", reason=reason))
        task = self.decisions.task_of(chosen, chosen.least_epochs if chosen.timed else None, validation=False)
        sets = prepare_found(self.run, task, self.found, self.watch)
        folder = self._folder(chosen.name)
        model, result = self._trained(task, sets, folder.path, chosen.changed(timed=False))
        self.decisions.plan = self.plan.changed(chosen=chosen.name, why=reason)
        self._ended(chosen.changed(state="done", seconds=time.monotonic() - self.decisions.began))
        self._publish(model, result, chosen, sets=sets)
        draw(self.run, task, model, result, self.watch)
        self._clean()

    def _trained(
        self,
        task: TrainTask,
        sets: TrainSets,
        folder: Path,
        candidate: Candidate,
    ) -> tuple[NetModel, TrainingResult]:
        folder.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {
            "callbacks": self.callbacks,
            "stop_after": self.decisions.deadline(candidate),
            "new_length": self.decisions.new_length(candidate),
            "on_collapse": lambda collapse: self.decisions.may_restart(candidate),
        }
        fit = Fit(self.run, task, sets, folder, settings, advises=False)
        model = fit.build(self.watch)
        try:
            return model, fit.train(model, self.watch)
        except Cancelled:
            # A model that was published is tested and calibrated: a stop must not put a half-trained one in
            # its place.
            if self.run.read().published is None:
                save_partial(self.run, fit, model, self.watch)
            raise

    def _scored(self, model: NetModel, sets: TrainSets) -> tuple[ValidationScore, np.ndarray]:
        rows = held_out(sets)
        labels = rows.labels[rows.rows]
        return score_validation(labels, probabilities_of(model, rows, self.watch))

    def _compete(self, done: Trained) -> None:
        """Make the better one of the candidate and the best so far the best, and say why."""
        if self.best is None:
            self.best = done
            self.decisions.plan = self.plan.changed(
                chosen=done.candidate.name, why="the first candidate that was trained"
            )
            self._ended(done.candidate)
            return
        wins, why = contest(done, self.best)
        loser, winner = (self.best, done) if wins else (done, self.best)
        chosen = self.plan.changed(chosen=winner.candidate.name, why=why)
        reason = f"{why[0].upper()}{why[1:]}"
        self.decisions.plan = chosen.with_candidate(loser.candidate.changed(reason=reason))
        self.best = winner
        self._ended(winner.candidate if wins else loser.candidate.changed(reason=why))

    def _ended(self, candidate: Candidate) -> None:
        """Write the candidate's end down and tell it."""
        self.decisions.write(self.plan.with_candidate(candidate))
        score = candidate.validation
        self.watch.tell(
            CandidateEnded(
                name=candidate.name,
                title=candidate.title,
                state=candidate.state,
                accuracy=None if score is None else score.accuracy,
                accuracy_interval=None if score is None else score.accuracy_interval,
                seconds=candidate.seconds,
                best=self.plan.chosen == candidate.name,
                reason=candidate.reason,
            )
        )

    def _sets_of(self, candidate: Candidate) -> TrainSets:
        # Nothing else of a candidate changes its pixels.
        key = (candidate.image_size, candidate.channels)
        # Candidates of one size share their decoded images.
        if key not in self._sets:
            task = self.decisions.task_of(candidate, None)
            self._sets[key] = prepare_found(self.run, task, self.found, self.watch)
        return self._sets[key]

    def _folder(self, name: str) -> CandidateFolder:
        return CandidateFolder(self.run.file(CANDIDATES) / name)

    def _refit(self, best: Trained) -> None:
        """The chosen candidate once more on all images, for as many epochs as were best."""
        candidate = best.candidate
        _, result = self._folder(candidate.name).model()
        # The first epoch of a fine-tuned candidate is its head, which is fitted anyway.
        epochs = result.model_epoch - (1 if candidate.kind == "fine_tuned" else 0)
        task = self.decisions.task_of(
            candidate, None if candidate.kind == "frozen" else max(epochs, 0), validation=False
        )
        self.watch.tell(StageStarted(stage="refit", title="Training the chosen model on all images"))
        sets = prepare_found(self.run, task, self.found, self.watch)
        model, whole = self._trained(task, sets, self._folder(REFIT).path, candidate.changed(timed=False))
        temperature = best.score.temperature
        self._publish(model, whole, candidate, temperature, sets=sets, folder=self._folder(REFIT))
        draw(self.run, task, model, whole, self.watch)

    def _publish_best(self, best: Trained) -> None:
        """Publish the best candidate, unless it is published already, and draw its figures."""
        model, result = self._folder(best.candidate.name).model()
        # Testing and exporting take seconds, and the first candidate is often the best one.
        if self.run.read().published != best.candidate.name:
            self._publish(model, result, best.candidate, best.score.temperature)
        decided = self.plan.decision(best.candidate.name, "epochs")
        task = self.decisions.task_of(best.candidate, None if decided is None else int(decided.value))
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
        task = self.decisions.task_of(candidate, None if decided is None else int(decided.value))
        sets = sets or self._sets_of(candidate)
        # The model may have a temperature already, and both divide the logits.
        info = model.info.changed(temperature=model.info.temperature * temperature)
        calibrated = NetModel(model.keras_model, info)
        # The run's history is that of the model in it, not of the candidate that was trained last.
        with replacing(self.run.file(HISTORY)) as temporary:
            shutil.copyfile((folder or self._folder(candidate.name)).history, temporary)
        # The advice stands in the record; to tell it again for each candidate would be noise.
        advise_of(self.run, task, sets, Watch(should_stop=lambda: False))
        spec = task.to_dict()
        # From here on the run is the one that a person would have set by hand with these values.
        self.run.update(params=RunParams(data=object_at(spec, "data"), hyper=object_at(spec, "hyper")))
        leave_model(self.run, task, sets, calibrated, result, self.watch)
        # Written last: after a kill in between, the model is published once more.
        self.run.update(published=candidate.name)
        # Measured on this model, in place of the guess, for the time that the next candidate gets.
        self.decisions.finish_seconds = time.monotonic() - started

    def _clean(self) -> None:
        for path in self.run.file(CANDIDATES).glob("*"):
            # Checkpoints are several times as large as the model, and no resume needs them now.
            CandidateFolder(path).clean()
