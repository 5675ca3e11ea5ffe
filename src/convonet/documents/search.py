"""The table of a search, and the result of `tune`."""

from __future__ import annotations

from typing import Literal

from convonet.documents.document import Document
from convonet.params.fields import ParamValues

SettingState = Literal["done", "partial", "pruned", "failed"]


class Setting(Document):
    """The results of one setting of a search over its folds.

    Attributes:
        state: `done` if all folds of all repeats are done.
        params: the varied hyperparameters.
        folds: number of finished folds over all repeats.
        mean_accuracy, std: mean and standard deviation over the held-out folds, 0..1; the deviation is that of a
            population (ddof=0), as in GridSearchCV. None if no fold is finished.
        mean_loss: also None if it is not a number.
        mean_score, std_score: mean and standard deviation of the objective.
        seconds: duration of all its training runs.
        tied: whether its difference from the best may be noise; None if this is not known.
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
    """The result of `tune` and `resume`, also of a search that is still running.

    Attributes:
        stopped: why it ended early.
        trials: number of settings that have ended, out of `planned_trials`.
        results: one row per setting, best first.
        best: the first row that is done.
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
