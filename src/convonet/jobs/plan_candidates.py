"""Trained candidates of a plan: kept in folders of their own inside the run, and compared with one another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convonet.atomic import replacing, write_json
from convonet.documents.plan import Candidate, ValidationScore
from convonet.jobs.fitting import HISTORY, MODEL
from convonet.nets.net_model import NetModel
from convonet.planning import compare
from convonet.training.history import History
from convonet.training.net_training import TrainingResult

_RESULT, _LOSSES = "result.json", "validation.npy"
_COST = {"own": 0, "frozen": 1, "fine_tuned": 1}
"""What an answer costs: a fine-tuned backbone is as fast as a frozen one."""


@dataclass
class Trained:
    """A trained candidate.

    Attributes:
        losses: calibrated log loss of each validation image, (N,).
    """

    candidate: Candidate
    losses: np.ndarray
    score: ValidationScore


class CandidateFolder:
    """What a candidate leaves for the rest of the plan: its model, history and validation losses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = path / HISTORY

    def keep(self, model: NetModel, result: TrainingResult, losses: np.ndarray) -> None:
        """Write everything that a later attempt needs."""
        model.save(self.path / MODEL)
        with replacing(self.path / _LOSSES) as temporary, temporary.open("wb") as file:
            np.save(file, losses)
        write_json(
            self.path / _RESULT,
            {
                "history": result.history.rows,
                "extra": list(result.history.extra),
                "model_epoch": result.model_epoch,
                "stopped": result.stopped,
                "images_per_second": result.images_per_second,
            },
        )

    def trained(self, candidate: Candidate) -> Trained:
        """The candidate as an earlier attempt has left it."""
        losses = np.load(self.path / _LOSSES, allow_pickle=False)
        assert candidate.validation is not None
        return Trained(candidate, losses, candidate.validation)

    def model(self) -> tuple[NetModel, TrainingResult]:
        """The trained network and what its training gave."""
        values = json.loads((self.path / _RESULT).read_text(encoding="utf-8"))
        history = History(values["history"], tuple(values["extra"]))
        result = TrainingResult(
            history, values["model_epoch"], values["stopped"], values["images_per_second"]
        )
        return NetModel.load(self.path / MODEL), result

    def clean(self) -> None:
        """Remove what only a resumption needs; the history stays."""
        for path in self.path.iterdir():
            if path != self.history:
                path.unlink()


def contest(new: Trained, best: Trained) -> tuple[bool, str]:
    """Whether a candidate is better than the best so far, and why the winner is."""
    compared = compare(new.losses, best.losses)
    numbers = f"difference {abs(compared.difference):.3f}, margin {compared.margin:.3f}"
    if compared.tied and new.score.collapsed == best.score.collapsed:
        costs = [_COST[one.candidate.kind] for one in (new, best)]
        if costs[0] != costs[1]:
            why = f"no clear difference in validation log loss ({numbers}); the faster model is used"
            return costs[0] < costs[1], why
    if new.score.collapsed != best.score.collapsed:
        return best.score.collapsed, "the other candidate is no better than always predicting one class"
    low, high = sorted((new.score.log_loss, best.score.log_loss))
    return compared.difference < 0, f"validation log loss {low:.3f} compared with {high:.3f} ({numbers})"
