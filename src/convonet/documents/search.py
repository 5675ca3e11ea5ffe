"""The table of a search, and the document that `tune` prints."""

from __future__ import annotations

from typing import Literal

from convonet.documents.document import Document
from convonet.params.fields import ParamValues

SettingState = Literal["done", "partial", "pruned", "failed"]


class Setting(Document):
    """What the folds of one setting of a search came to.

    Attributes:
        state: `done` when every fold of every repeat is.
        params: the varied hyperparameters.
        folds: finished ones, over all repeats.
        mean_accuracy, std: of the held-out folds, 0..1; the spread is that of the folds themselves
            (divided by n, as GridSearchCV's). None where no fold is finished.
        mean_loss: None also where it is not a number.
        mean_score, std_score: of the objective.
        seconds: of all its trainings.
        tied: whether it differs from the best by no more than noise; None where that cannot be told.
        reason: why it failed or was pruned.
    """

    params: ParamValues
    trial: int
    seed: int
    state: SettingState
    folds: int
    mean_accuracy: float | None
    std: float | None
    mean_loss: float | None
    mean_score: float | None
    std_score: float | None
    seconds: float
    epochs_trained: int
    tied: bool | None = None
    reason: str = ""


class SearchDocument(Document):
    """What `tune` and `resume` print, also of a search that goes on.

    Attributes:
        stopped: why it ended early.
        trials: settings that have ended, of `planned_trials`.
        results: the best first.
        best: the first of them that is done.
    """

    run: str
    state: str
    stopped: str
    trials: int
    planned_trials: int
    search: str
    objective: str
    results: tuple[Setting, ...]
    best: Setting | None
    seconds: float

    def varied(self) -> list[str]:
        """The names of the hyperparameters that differ, in the order of their columns."""
        return list(dict.fromkeys(name for row in self.results for name in row.params))
