"""The summary of a training run on one screen: the plan, the candidates, the score, and what to do next."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds
from convonet.documents.run_record import Fault
from convonet.params.fields import ParamValues
from convonet.params.recipes import TrainRecipe


class UntestedDocument(Document):
    """Why a training run did not use its test images, and the command that uses them."""

    reason: str
    command: str
    error: Fault | None = None


class Tried(Document):
    """A row of the table of candidates. Accuracies are on the validation images."""

    name: str
    title: str
    state: str
    accuracy: float | None
    accuracy_interval: IntervalBounds | None = Field(description="95% Wilson interval.")
    log_loss: float | None
    epochs: int | None
    seconds: float
    chosen: bool = Field(description="Whether its model is the result.")
    result: str = Field(description="Why it was chosen, skipped or not chosen.")


class NextStep(Document):
    """A piece of advice and the command that carries it out; `command` is empty if there is none.

    Attributes:
        recipe, settings: what the command changes, for interfaces that have a button instead.
    """

    kind: str
    text: str
    command: str = ""
    recipe: TrainRecipe | None = None
    settings: ParamValues | None = Field(None, description="Hyperparameters to set.")


class Confusion(Document):
    """The pair of classes that is confused most often: `count` out of `of` images of the true class."""

    true: str
    predicted: str
    count: int
    total: int = Field(alias="of")


class TrainingSummary(Document):
    """The summary of a training run, finished or not.

    Attributes:
        sentence: the plan in words; empty without a plan.
        notes: remarks on the plan.
        tried: the candidates in the order of the plan.
        why: why the chosen candidate was chosen.
        accuracy, interval, baseline: of the test; None if the model was not tested.
        images: number of test images; 0 if the model was not tested.
        confusion: the pair of classes that is confused most often in the test.
        advice: findings and advice, most important first.
    """

    sentence: str
    notes: tuple[str, ...]
    tried: tuple[Tried, ...]
    why: str
    accuracy: float | None = Field(description="On the test images.")
    interval: IntervalBounds | None
    baseline: float | None
    images: int
    confusion: Confusion | None
    advice: tuple[NextStep, ...]
