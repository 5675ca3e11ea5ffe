"""The result of `train`."""

from __future__ import annotations

from convonet.documents.document import Document
from convonet.documents.plan import Plan
from convonet.documents.run_record import AdviceRow, FindingRow, SetScores
from convonet.documents.summary import TrainingSummary, UntestedDocument


class MeasuredHistory(Document):
    """The columns of the history, without epochs in which a value was not measured."""

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]


class TrainDocument(Document):
    """The result of `train` and `resume`.

    Attributes:
        model_epoch: the epoch, from 1, whose weights are in the model; None: no model yet.
        stopped: why training ended early.
        test: the main scores on the test images; None if the model was not tested.
        images_per_second: throughput of the training steps, without the first batch and without validation.
        seconds: from the start of the worker until the result is written.
        plan: the plan of the recipe; None without a recipe.
    """

    run: str
    state: str
    epochs: int
    model_epoch: int | None
    stopped: str
    advice: tuple[AdviceRow, ...]
    diagnosis: tuple[FindingRow, ...]
    test: SetScores | None
    test_skipped: UntestedDocument | None
    history: MeasuredHistory
    images_per_second: float
    seconds: float
    plan: Plan | None
    summary: TrainingSummary
