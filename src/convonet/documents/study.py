"""The result of `study`: the epochs that each setting needs to reach each target."""

from __future__ import annotations

from convonet.documents.document import Document
from convonet.params.fields import ParamValues


class TargetReached(Document):
    """The first epoch, from 1, at which a score was at or above the target; None: not reached."""

    target: float
    epochs: int | None


class StudyResult(Document):
    """One setting of a study; `best` is its best score, None if no epoch is done."""

    trial: int
    params: ParamValues
    epochs_to: tuple[TargetReached, ...]
    best: float | None
    epochs_trained: int


class StudyDocument(Document):
    """The result of `study` and `resume`."""

    run: str
    state: str
    metric: str
    targets: tuple[float, ...]
    results: tuple[StudyResult, ...]
    seconds: float

    def varied(self) -> list[str]:
        """The names of the hyperparameters that differ, in the order of their columns."""
        return list(dict.fromkeys(name for row in self.results for name in row.params))
