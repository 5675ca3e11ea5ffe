"""Trains one unit, in whichever process. A trial calls the same NetTraining that a single training calls."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from convonet import metrics
from convonet.errors import Cancelled, ConvonetError, OutOfMemoryError
from convonet.events import Watch
from convonet.nets import backend
from convonet.nets.backend import set_threads
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.runs.memory import is_memory_error
from convonet.runs.trials import FoldRow, FoldState
from convonet.training.history import History
from convonet.training.net_training import ImageRows, NetTraining
from convonet.training.phases import create_training
from convonet.tuning.fold_data import FoldData
from convonet.tuning.messages import EpochScored, FoldEnded, Message, TrainerSettings
from convonet.tuning.units import Trial, Unit, is_length_free

_LOGGED = {"accuracy": "val_accuracy", "loss": "val_loss", "train_accuracy": "accuracy"}


class FoldTrainer:
    """Trains units one after the other on images that it maps once."""

    def __init__(self, data: FoldData, settings: TrainerSettings) -> None:
        set_threads(settings.threads)
        self._data = data
        self._settings = settings
        self._images = data.opened()
        self.gpu_bytes = 0
        """The most that the last unit has taken of a GPU; 0: none, or not known."""

    def train(self, unit: Unit, tell: Callable[[Message], None], should_stop: Callable[[], bool]) -> None:
        """Train, and tell a row for each trial as soon as its epochs are done.

        A setting that cannot be trained is a result too: its rows say why.

        Args:
            should_stop: asked before each batch; the trials that are left are then pruned.
        """
        work = _Work(unit, self._data, self._images, self._settings, tell)
        try:
            work.run(Watch(should_stop=should_stop))
        except Cancelled:
            work.end("pruned", "worse than other settings at this point")
        except ConvonetError as error:
            work.end("failed", error.sentence(), isinstance(error, OutOfMemoryError))
        except (MemoryError, RuntimeError, OSError, ValueError) as error:
            memory = is_memory_error(error)
            reason = (str(error).strip().splitlines() or [""])[0][:200]
            work.end("failed", f"{'Out of memory' if memory else type(error).__name__}: {reason}", memory)
        finally:
            del work
            self.gpu_bytes = _release()


def _release() -> int:
    """Give back what a training has taken; gives the most that it has had of a GPU, in bytes."""
    backend.forget_session()
    gc.collect()
    if backend.name() != "torch":
        return 0
    # Torch need not be installed where another backend computes.
    import torch

    if not torch.cuda.is_initialized():
        return 0
    peak = int(torch.cuda.max_memory_reserved())
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return peak


@dataclass
class _Work:
    """One unit in the making."""

    unit: Unit
    data: FoldData
    images: np.ndarray
    settings: TrainerSettings
    tell: Callable[[Message], None]
    left: list[Trial] = field(init=False)

    def __post_init__(self) -> None:
        self.left = list(self.unit.trials)
        self._history = History()
        self._started = time.monotonic()

    def run(self, watch: Watch) -> None:
        kept, held = self.data.rows(self.unit.repeat, self.unit.fold)
        self._train, self._held = (ImageRows(self.images, self.data.labels, rows) for rows in (kept, held))
        self._model = self._create()
        result = self._training().train_val(self._train, self._held, watch)
        # Where a rule chose the weights, the score is that of the epoch that they are from.
        row = result.history.rows[result.model_epoch - 1]
        for trial in list(self.left):
            self._read(trial, row, len(result.history), result.stopped)

    def _training(self) -> NetTraining:
        hyper = self.unit.hyper
        if hyper.save_best is None:
            # Choosing the epoch on the images that are held out would make their score too good.
            hyper = hyper.changed(save_best="none")
        settings: dict[str, Any] = {"on_history": self._after_epoch}
        if is_length_free(hyper) and not self.settings.reports:
            # Only the last epoch of a trial is read: the others need no scores.
            readings = {trial.hyper.epochs for trial in self.unit.trials}
            settings["validates"] = lambda epoch: epoch in readings
        return create_training(self._model, hyper, **settings)

    def end(self, state: FoldState, reason: str, memory: bool = False) -> None:
        """A row for each trial that has none yet, with the last epoch's scores where there are any."""
        for trial in self.left:
            row = replace(self._row(trial), state=state, reason=reason)
            row = replace(row, seconds=time.monotonic() - self._started)
            if len(self._history):
                row = self._with_scores(row, self._history.rows[-1], len(self._history))
            self.tell(FoldEnded(row, memory))

    def _create(self) -> NetModel:
        return create_model(self.unit.hyper, self.data.net_input)

    def _after_epoch(self, history: History) -> int:
        self._history = history
        epoch, row = len(history), history.rows[-1]
        score: float | None = None
        if self.settings.reports:
            score = self._score(row)
            self.tell(EpochScored(self.unit.keys()[-1], epoch, score, row))
        if is_length_free(self.unit.hyper):
            for trial in [trial for trial in self.left if trial.hyper.epochs == epoch]:
                self._read(trial, row, epoch, "", score)
        return 0

    def _read(
        self, trial: Trial, row: dict[str, float], epochs: int, stopped: str, score: float | None = None
    ) -> None:
        score = self._score(row) if score is None else score
        usable = math.isfinite(score)
        ended = replace(
            self._with_scores(self._row(trial), row, epochs),
            state="done" if usable else "failed",
            seconds=time.monotonic() - self._started,
            score=score,
            reason=stopped if usable else f"The {self.settings.objective} is not a number",
        )
        self.left.remove(trial)
        self.tell(FoldEnded(ended))

    @staticmethod
    def _with_scores(row: FoldRow, logs: dict[str, float], epochs: int) -> FoldRow:
        return replace(
            row,
            accuracy=logs.get("val_accuracy"),
            loss=logs.get("val_loss"),
            train_accuracy=logs["accuracy"],
            train_loss=logs["loss"],
            epochs_trained=epochs,
        )

    def _row(self, trial: Trial) -> FoldRow:
        unit = self.unit
        return FoldRow(trial.number, unit.repeat, unit.fold, unit.hyper.seed, trial.values)

    def _score(self, row: dict[str, float]) -> float:
        """The objective on the held-out images, of the weights as they are."""
        name = self.settings.objective
        if name in _LOGGED:
            return row[_LOGGED[name]]
        images, labels = self._held.take(slice(None))
        probabilities = self._model.predict(images)
        if name == "macro_f1":
            matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), probabilities.shape[1])
            return metrics.precision_recall_f1(matrix).macro.f1
        area: Any = metrics.roc_auc_ovr(labels, probabilities)
        return math.nan if area is None else area
