"""Carries out a plan: trains each candidate, compares them on the validation images, and publishes the best one.

The first candidate that is done is published at once, so that there is a tested model while the others are trained.
Every decision that depends on time is written to the record before it is acted on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convonet.data.sources import DataSets
from convonet.documents.plan import Candidate, Plan, ValidationScore
from convonet.documents.training import TrainDocument
from convonet.errors import Cancelled, ConvonetError, DataError, OutOfMemoryError
from convonet.events import CandidateEnded, CandidateStarted, Watch
from convonet.hints import Hint, option
from convonet.jobs.fitting import held_out
from convonet.jobs.plan_candidates import Trained, contest
from convonet.jobs.plan_decisions import PlanDecisions
from convonet.jobs.plan_publishing import clean, publish, publish_best, refit
from convonet.jobs.plan_work import PlanWork
from convonet.jobs.train_sets import TrainSets, prepare_found
from convonet.jobs.train_stages import draw
from convonet.nets.backend import set_threads
from convonet.nets.net_model import NetModel
from convonet.planning import score_validation
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.runs.memory import NO_MEMORY
from convonet.tasks import TrainTask
from convonet.training.scoring import probabilities_of


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
    _Carrying(PlanWork(run, task, found, decisions, watch, callbacks)).all()
    return train_document(run)


@dataclass
class _Carrying:
    work: PlanWork
    best: Trained | None = None

    def all(self) -> None:
        """Every candidate in turn, then what is left to do for the best of them."""
        # Training without validation still compares candidates on held-out images first, where there are
        # enough.
        if not self.work.task.validation and not self._can_hold_out():
            self._without_comparison()
            return
        failure: ConvonetError | None = None
        for number, candidate in enumerate(self.work.plan.candidates, start=1):
            if candidate.state == "done":
                done = self.work.folder(candidate.name).trained(candidate)
                # A resumed run finds the candidates of its first attempt and compares them once more, with
                # the same result.
                if self.best is None or contest(done, self.best)[0]:
                    self.best = done
            elif candidate.state == "waiting":
                self.work.watch.tell(
                    CandidateStarted(
                        name=candidate.name,
                        title=candidate.title,
                        number=number,
                        total=len(self.work.plan.candidates),
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
            raise failure or self._no_candidate()
        if not self.work.task.validation:
            refit(self.work, self.best)
        else:
            publish_best(self.work, self.best)
        clean(self.work)

    def _no_candidate(self) -> ConvonetError:
        """An earlier attempt has tried all of them."""
        hint = Hint.of(
            "Use a smaller image size, or {} with a small network",
            option("recipe", "none"),
            window="Use a smaller image size, or your own values with a small network",
        )
        if any(one.reason == NO_MEMORY for one in self.work.plan.candidates):
            return OutOfMemoryError("There is not enough memory to train any network of the plan", hint=hint)
        return ConvonetError("No candidate of the plan could be trained")

    def _one(self, candidate: Candidate) -> None:
        started = time.monotonic()
        sets = self.work.sets_of(candidate)
        # A single candidate has no other to leave time for.
        alone = self.best is None and len(self.work.plan.candidates) == 1
        epochs = self.work.decisions.epochs(candidate, sets, alone=alone)
        if epochs == 0:
            decided = self.work.plan.decision(candidate.name, "epochs")
            self._ended(
                candidate.changed(state="skipped", reason=decided.reason if decided is not None else "")
            )
            return
        # Ends: a candidate is restarted at most twice, and the decision counts them.
        while True:
            task = self.work.decisions.task_of(candidate, epochs)
            model, result = self.work.trained(task, sets, self.work.folder(candidate.name).path, candidate)
            # Scored anew rather than read from the history, whose best epoch may not be the last.
            score, losses = self._scored(model, sets)
            if not (score.collapsed or result.collapse) or not self.work.decisions.restarts(
                candidate, task, result
            ):
                break
            # Its checkpoint belongs to the learning rate that collapsed.
            shutil.rmtree(self.work.folder(candidate.name).path, ignore_errors=True)
        # Kept with its losses on each image, so that a resumed run compares without predicting again.
        self.work.folder(candidate.name).keep(model, result, losses)
        done = candidate.changed(
            state="done",
            validation=score,
            seconds=time.monotonic() - started,
            images_per_second=result.images_per_second,
        )
        # Asked before the candidate competes, since it is the best one afterwards.
        first = self.best is None
        self._compete(Trained(done, losses, score))
        if first and self.work.task.validation:
            publish(self.work, model, result, done, score.temperature)

    def _can_hold_out(self) -> bool:
        try:
            return bool(len(self.work.sets_of(self.work.plan.candidates[0]).val_rows))
        except DataError:
            return False

    def _without_comparison(self) -> None:
        """So few images that none can be held out: train the simplest model that a backbone gives, on all of them."""
        candidates = self.work.plan.candidates
        chosen = next((one for one in candidates if one.kind == "frozen"), candidates[0])
        reason = "too few images to hold some out for a comparison"
        for one in candidates:
            # The table shows all candidates, also those that were not tried.
            if one != chosen:
                self._ended(one.changed(state="skipped", reason=reason))
        task = self.work.decisions.task_of(
            chosen, chosen.least_epochs if chosen.timed else None, validation=False
        )
        sets = prepare_found(self.work.run, task, self.work.found, self.work.watch)
        folder = self.work.folder(chosen.name)
        model, result = self.work.trained(task, sets, folder.path, chosen.changed(timed=False))
        self.work.decisions.plan = self.work.plan.changed(chosen=chosen.name, why=reason)
        self._ended(chosen.changed(state="done", seconds=time.monotonic() - self.work.decisions.began))
        publish(self.work, model, result, chosen, sets=sets)
        draw(self.work.run, task, model, result, self.work.watch)
        clean(self.work)

    def _scored(self, model: NetModel, sets: TrainSets) -> tuple[ValidationScore, np.ndarray]:
        rows = held_out(sets)
        labels = rows.labels[rows.rows]
        return score_validation(labels, probabilities_of(model, rows, self.work.watch))

    def _compete(self, done: Trained) -> None:
        """Make the better one of the candidate and the best so far the best, and say why."""
        if self.best is None:
            self.best = done
            self.work.decisions.plan = self.work.plan.changed(
                chosen=done.candidate.name, why="the first candidate that was trained"
            )
            self._ended(done.candidate)
            return
        wins, why = contest(done, self.best)
        loser, winner = (self.best, done) if wins else (done, self.best)
        chosen = self.work.plan.changed(chosen=winner.candidate.name, why=why)
        reason = f"{why[0].upper()}{why[1:]}"
        self.work.decisions.plan = chosen.with_candidate(loser.candidate.changed(reason=reason))
        self.best = winner
        self._ended(winner.candidate if wins else loser.candidate.changed(reason=why))

    def _ended(self, candidate: Candidate) -> None:
        """Write the candidate's end down and tell it."""
        self.work.decisions.write(self.work.plan.with_candidate(candidate))
        score = candidate.validation
        self.work.watch.tell(
            CandidateEnded(
                name=candidate.name,
                title=candidate.title,
                state=candidate.state,
                accuracy=None if score is None else score.accuracy,
                accuracy_interval=None if score is None else score.accuracy_interval,
                seconds=candidate.seconds,
                best=self.work.plan.chosen == candidate.name,
                reason=candidate.reason,
            )
        )
