"""The `plan` of `run.json`: what a recipe trains, what was decided on the way, and what came of each candidate.

What depends on time is written there before it is acted on, so that a resumed or repeated run takes the same decisions
without measuring again.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.params import DataParams, HyperParams
from convonet.params.fields import ParamValues

PLAN_VERSION = 1
CandidateKind = Literal["own", "frozen", "fine_tuned"]
CandidateState = Literal["waiting", "done", "skipped", "failed"]


class ValidationScore(Document):
    """The scores of a candidate on the validation images.

    Attributes:
        images: number of validation images.
        accuracy: fraction of correct predictions.
        accuracy_interval: its 95% Wilson interval.
        log_loss: mean after calibration.
        temperature: the logits are divided by it for calibration.
        majority: fraction of the largest class among these images.
    """

    images: int
    accuracy: float
    accuracy_interval: IntervalBounds
    log_loss: float
    temperature: float
    majority: float

    @property
    def collapsed(self) -> bool:
        """Whether the candidate is no better than always predicting the largest class."""
        # With equality: a model that has collapsed has exactly this accuracy.
        return self.accuracy <= self.majority


class Candidate(Document):
    """A network that the plan trains and compares.

    Attributes:
        name: unique in the plan, and the name of its folder.
        kind: a network trained from scratch, a frozen backbone with a linear classifier, or a fine-tuned backbone.
        title: for tables.
        hyper: its hyperparameters; without the epochs if the candidate is timed: these are recorded as a decision.
        image_size: (height, width) of its input, in pixels.
        channels: 1 or 3.
        last_blocks: number of blocks at the end of the backbone that are trained if training all of it takes too long;
            0: never.
        timed: the measured speed decides how many epochs it trains, from `least_epochs` to `most_epochs`.
        state: whether it is waiting, done, skipped or failed.
        reason: why it was skipped, failed or was not chosen.
        seconds: how long it took.
        images_per_second: throughput of its training steps, or of the frozen backbone.
    """

    name: str
    kind: CandidateKind
    title: str
    hyper: ParamValues
    image_size: tuple[int, int]
    channels: int
    last_blocks: int = 0
    timed: bool = False
    least_epochs: int = 1
    most_epochs: int = 1
    state: CandidateState = "waiting"
    reason: str = ""
    validation: ValidationScore | None = None
    seconds: float = 0.0
    images_per_second: float = 0.0

    def hyper_params(self, epochs: int | None = None) -> HyperParams:
        """Its hyperparameters, with the epochs that were decided on."""
        # A copy: the document is frozen, but a dictionary inside it is not.
        values = dict(self.hyper)
        if epochs is not None:
            values[self.epochs_field] = epochs
        return HyperParams.of(values)

    @property
    def epochs_field(self) -> str:
        """The hyperparameter that sets how long it trains."""
        return "fine_tune_epochs" if self.kind == "fine_tuned" else "epochs"

    def data_params(self, data: DataParams) -> DataParams:
        """The given data parameters with this candidate's image size and channels."""
        return data.changed(image_size=self.image_size, channels=self.channels)


class PlanDecision(Document):
    """A decision that depends on time, made while the plan is executed.

    Attributes:
        candidate: name of the candidate.
        what: `epochs` (0: not trained), `stop_after`, `rate` (restart with this learning rate) or `release` (only the
            last blocks are trained).
        value: the epochs, the learning rate or the number of blocks.
        after: finished epochs at the time of the decision; 0: before training.
        reason: as a sentence.
    """

    candidate: str
    what: str
    value: float
    reason: str = ""
    after: int = 0


class ImageFacts(Document):
    """Facts about a training set, from headers and counts.

    Attributes:
        images: number of training images, not counting a separate validation set.
        counts: number of images of each class, by name.
        channels: 1 if all images are gray, 3 if any has color.
        height, width: median over a sample of the images, in pixels.
        signs: whether the class names look like digits or letters.
        photographs: whether most files have a type that cameras write.
        validation: number of images in a separate validation set; 0 if some training images are held out instead.
    """

    images: int
    counts: dict[str, int]
    channels: int
    height: int
    width: int
    signs: bool
    photographs: bool = False
    validation: int = 0

    @property
    def small(self) -> bool:
        """Whether the images are smaller than photographs."""
        return max(self.height, self.width) < _PHOTOGRAPH

    @property
    def imbalance(self) -> float:
        """Images of the largest class divided by those of the smallest class that is not empty."""
        # A class whose images were all skipped would make the imbalance infinite.
        counts = [count for count in self.counts.values() if count]
        return max(counts) / min(counts)

    @property
    def noun(self) -> str:
        """The noun for one of the images in a sentence."""
        if self.small:
            return "small image"
        return "photograph" if self.photographs and self.channels == 3 else "image"


_PHOTOGRAPH = 100
"""Sides from here on, in pixels, are those of photographs and scans; smaller images are small."""


class Plan(Document):
    """What a recipe trains on the given images.

    Attributes:
        recipe: `auto`, `fast` or `best`.
        minutes: the time budget.
        facts: what is known about the images.
        sentence: the plan in words.
        notes: remarks, for example on values that apply to every candidate, or on a better backbone to install.
        candidates: in the order in which they are trained.
        decisions: in the order in which they were made.
        chosen: name of the best candidate so far.
        why: why it was chosen.
    """

    version: int = Field(PLAN_VERSION, le=PLAN_VERSION)
    recipe: Literal["auto", "fast", "best"]
    minutes: float
    facts: ImageFacts
    sentence: str
    notes: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    decisions: tuple[PlanDecision, ...] = ()
    chosen: str | None = None
    why: str = ""

    def candidate(self, name: str) -> Candidate:
        """The candidate of that name."""
        return next(one for one in self.candidates if one.name == name)

    def decision(self, candidate: str, what: str) -> PlanDecision | None:
        """The last decision of this type for a candidate; None if there is none."""
        found = (one for one in reversed(self.decisions) if (one.candidate, one.what) == (candidate, what))
        return next(found, None)

    def length(self, candidate: str, after: int) -> int | None:
        """The epochs decided on for a candidate after `after` epochs; None if there is no such decision."""
        wanted = (candidate, "epochs", after)
        found = (one for one in self.decisions if (one.candidate, one.what, one.after) == wanted)
        decision = next(found, None)
        return None if decision is None else int(decision.value)

    def with_candidate(self, changed: Candidate) -> Plan:
        """The plan with a candidate in its new state."""
        made = (changed if one.name == changed.name else one for one in self.candidates)
        return self.changed(candidates=tuple(made))

    def with_decision(self, decision: PlanDecision) -> Plan:
        """The plan with one more decision."""
        return self.changed(decisions=(*self.decisions, decision))

    def anew(self) -> Plan:
        """The same plan and decisions without results, to repeat the run from."""
        fresh = tuple(
            one.changed(state="waiting", reason="", validation=None, seconds=0.0, images_per_second=0.0)
            for one in self.candidates
        )
        return self.changed(candidates=fresh, chosen=None, why="")
