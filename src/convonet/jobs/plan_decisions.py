"""What is decided while a plan is carried out because of time or a collapse, written down before it is acted on.

A resumed or repeated run finds the decisions in the record and takes none of them anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from convonet.documents.plan import Candidate, Plan, PlanDecision
from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.plan_speed import Speed, measure_speed
from convonet.jobs.train_sets import TrainSets
from convonet.params.stopping_params import CALIBRATED_LOSS
from convonet.runs import Run
from convonet.tasks import TrainTask
from convonet.text import counted
from convonet.training.net_training import TrainingResult

_FINISH_SECONDS = 15.0
_SHARE_OF_EARLIER = 0.35
"""Of the time that is left, what a timed candidate may take while another one follows."""
_SHARE_BEFORE_REFIT = 0.45
"""The same where the chosen candidate is trained again on all training images."""
_OVERTIME = 1.15
_TOLERANCE = 0.04
"""Of the time budget: a training that will end this much earlier or later keeps its number of epochs."""
_RESTARTS = 2


@dataclass
class PlanDecisions:
    """The plan of a run with its decisions.

    Attributes:
        began: when the job began, by `time.monotonic`.
        finish_seconds: what publishing a model takes: testing, exporting, drawing.
    """

    run: Run
    task: TrainTask
    plan: Plan
    watch: Watch
    began: float
    finish_seconds: float = _FINISH_SECONDS

    def __post_init__(self) -> None:
        self._spent_before = sum(one.seconds for one in self.plan.candidates)
        self._replays = self.run.read().replay
        self._until: dict[str, float] = {}
        self._resumed: set[str] = set()

    def write(self, plan: Plan) -> None:
        """Keep a changed plan in the record."""
        self.plan = plan
        self.run.update(plan=plan)

    def task_of(self, candidate: Candidate, epochs: int | None, *, validation: bool = True) -> TrainTask:
        """The training of a candidate, as decided so far, as if it had been asked for by itself."""
        hyper = candidate.hyper_params(epochs)
        rate = self.plan.decision(candidate.name, "rate")
        if rate is not None:
            hyper = hyper.changed(**{_rate_field(candidate): rate.value})
        release = self.plan.decision(candidate.name, "release")
        if release is not None:
            hyper = hyper.changed(release=str(int(release.value)))
        if self.task.hyper.is_set("batch_size"):
            # The candidate's is smaller after its memory was not enough, the task's in runs of earlier versions.
            smaller = min(hyper.batch_size, self.task.hyper.batch_size)
            hyper = hyper.changed(batch_size=smaller)
        if validation and candidate.kind != "frozen" and not hyper.is_set("save_best"):
            # The model is calibrated in the end, so an epoch that is too sure of itself is not worse for that.
            hyper = hyper.changed(save_best=CALIBRATED_LOSS)
        data = candidate.data_params(self.task.data)
        return self.task.changed(data=data, hyper=hyper, validation=validation, recipe="none")

    def epochs(self, candidate: Candidate, sets: TrainSets, *, alone: bool) -> int | None:
        """How many epochs a timed candidate is trained, 0: not at all; None: what its hyperparameters say.

        Args:
            alone: there is no other model, so it is trained whatever it takes.
        """
        if not candidate.timed:
            return None
        known = self.plan.length(candidate.name, after=0)
        if known is not None:
            self._until[candidate.name] = time.monotonic() + self._left_for(candidate)
            self._resumed.add(candidate.name)
            return known
        self.watch.tell(StageStarted(stage="speed", title="Measuring the training speed"))
        left = self._left_for(candidate)
        speed = self._measured(candidate, sets)
        whole = self.plan.decision(candidate.name, "release") is None
        if whole and candidate.last_blocks and left < candidate.least_epochs * speed.epoch_seconds:
            self._release_less(candidate, speed)
            speed = self._measured(candidate, sets)
            left = self._left_for(candidate)
        self._until[candidate.name] = time.monotonic() + left
        epochs = min(candidate.most_epochs, int(left / speed.epoch_seconds))
        if epochs < candidate.least_epochs:
            # The only model is trained whatever it takes: no model would be worse than a late one.
            epochs = candidate.least_epochs if alone else 0
        self._decide(candidate, "epochs", epochs, _why_epochs(candidate, epochs, speed, left))
        return epochs

    def new_length(self, candidate: Candidate) -> Callable[[int, float], int | None]:
        """Asked after each epoch: more or fewer of them where they take less or more time than was measured."""
        took: list[float] = []

        def length(epoch: int, seconds: float) -> int | None:
            if not candidate.timed:
                return None
            known = self.plan.length(candidate.name, epoch)
            if known is not None or self._replays:
                return known
            took.append(seconds)
            # The first epoch is slower: memory is new, and the processor's caches are cold.
            later, before = took[1:] or took, self._epochs_of(candidate)
            mean = sum(later) / len(later)
            left = self._until[candidate.name] - time.monotonic()
            tolerance = _TOLERANCE * 60 * self.plan.minutes
            most, least = epoch + (left + tolerance) / mean, epoch + (left - tolerance) / mean
            wanted = int(most) if most < before else int(least) if least > before else before
            # How long an earlier attempt has trained it is not known, so a resumed one gets no more epochs.
            upper = before if candidate.name in self._resumed else candidate.most_epochs
            wanted = min(max(wanted, epoch + 1, candidate.least_epochs), upper)
            if wanted == before or (epoch == 1 and wanted == before - 1):
                return None
            epochs = counted(wanted, "epoch", "epochs")
            reason = (
                f"an epoch takes {mean:.1f} s, so the network is trained for {epochs} instead of {before}"
            )
            self._decide(candidate, "epochs", wanted, reason, after=epoch)
            return wanted

        return length

    def deadline(self, candidate: Candidate) -> Callable[[int], str]:
        """Asked after each epoch: ends a training that turned out slower than was measured."""
        seen: list[float] = []

        def stop(epoch: int) -> str:
            known = self.plan.decision(candidate.name, "stop_after")
            if known is not None:
                return known.reason if epoch == known.value else ""
            seen.append(time.monotonic())
            # The first epoch loads and compiles; only those behind it say how long one takes.
            if self._replays or not candidate.timed or len(seen) < 2:
                return ""
            longest = (seen[-1] - seen[0]) / (len(seen) - 1)
            over = _OVERTIME * 60 * self.plan.minutes - (60 * self.plan.minutes - self._left())
            if longest + self.finish_seconds <= over:
                return ""
            reason = f"the {self.plan.minutes:g}-minute time budget is used up"
            self._decide(candidate, "stop_after", epoch, reason)
            return reason

        return stop

    def may_restart(self, candidate: Candidate) -> bool:
        """Whether a network that has collapsed is trained anew: so far not at too many learning rates."""
        tried = [one for one in self.plan.decisions if (one.candidate, one.what) == (candidate.name, "rate")]
        return candidate.kind != "frozen" and len(tried) < _RESTARTS and not self._replays

    def restarts(self, candidate: Candidate, task: TrainTask, result: TrainingResult) -> bool:
        """Decide on another learning rate for a network that has collapsed; False where it stays as it is."""
        if not self.may_restart(candidate):
            return False
        before = getattr(task.hyper, _rate_field(candidate)) or task.hyper.rate
        low = result.collapse is not None and result.collapse.cause == "rate_too_low"
        # A factor of ten: nearer rates collapse as well.
        rate = before * 10 if low else before / 10
        reason = f"collapsed at a learning rate of {before:.3g}; restarted at {rate:.3g}"
        self._decide(candidate, "rate", rate, reason)
        self.watch.tell(Warned(message=f"{candidate.title}: {reason}", subject="collapse"))
        return True

    def _measured(self, candidate: Candidate, sets: TrainSets) -> Speed:
        return measure_speed(self.task_of(candidate, candidate.least_epochs), sets, self.watch)

    def _left(self) -> float:
        """Seconds of the budget that are left."""
        return 60 * self.plan.minutes - self._spent_before - (time.monotonic() - self.began)

    def _left_for(self, candidate: Candidate) -> float:
        """Seconds that a timed candidate may take."""
        left = self._left() - self.finish_seconds
        later = [one for one in self.plan.candidates if one.timed and one.state == "waiting"]
        if len(later) > 1:
            left *= _SHARE_OF_EARLIER
        if not self.task.validation:
            # What is trained now is trained once more on all images, so it may take less than half.
            left *= _SHARE_BEFORE_REFIT
        return left

    def _release_less(self, candidate: Candidate, speed: Speed) -> None:
        blocks = candidate.last_blocks
        seconds = f"{speed.epoch_seconds:.0f} s"
        last = "block is" if blocks == 1 else f"{blocks} blocks are"
        reason = f"an epoch takes {seconds} when all layers are trained, so only the last {last} trained"
        self._decide(candidate, "release", blocks, reason)

    def _epochs_of(self, candidate: Candidate) -> int:
        decided = self.plan.decision(candidate.name, "epochs")
        assert decided is not None
        return int(decided.value)

    def _decide(self, candidate: Candidate, what: str, value: float, reason: str, *, after: int = 0) -> None:
        decision = PlanDecision(candidate=candidate.name, what=what, value=value, reason=reason, after=after)
        self.write(self.plan.with_decision(decision))


def _rate_field(candidate: Candidate) -> str:
    return "fine_tune_rate" if candidate.kind == "fine_tuned" else "init_rate"


def _why_epochs(candidate: Candidate, epochs: int, speed: Speed, left: float) -> str:
    if epochs:
        trained = counted(epochs, "epoch")
        return f"{speed.images_per_second:,.0f} images/s: {trained} of {speed.epoch_seconds:.0f} s"
    needed = candidate.least_epochs * speed.epoch_seconds
    return f"needs at least {needed:.0f} s, but only {max(left, 0):.0f} s of the time budget remain"
