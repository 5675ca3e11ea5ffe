"""`trials.csv`: one row a finished fold of a search, appended at once, so that nothing finished is ever lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams
from convonet.runs.event_log import LineFile
from convonet.text import csv_cell, csv_text

TRIALS = "trials.csv"
FoldState = Literal["done", "failed", "pruned"]
FoldKey = tuple[int, int, int]
"""Trial, repeat and fold, each from 1."""

_HEAD = ("trial", "repeat", "seed")
_NUMBERS = ("accuracy", "loss", "train_accuracy", "train_loss", "seconds")
_TAIL = ("fold", "state", *_NUMBERS, "score", "epochs_trained", "reason")


@dataclass(frozen=True)
class FoldRow:
    """One setting trained on one fold.

    Attributes:
        trial, repeat, fold: from 1.
        seed: of the training.
        values: the varied hyperparameters that this setting has.
        accuracy, loss: of the held-out fold; None where nothing was measured.
        train_accuracy, train_loss: means over the last epoch's batches.
        seconds: from the start of the training to this score.
        score: the objective's value.
        epochs_trained: may be fewer than `epochs` where training stopped early.
        reason: why it failed or was pruned.
    """

    trial: int
    repeat: int
    fold: int
    seed: int
    values: Mapping[str, Any] = field(default_factory=dict)
    state: FoldState = "done"
    accuracy: float | None = None
    loss: float | None = None
    train_accuracy: float | None = None
    train_loss: float | None = None
    seconds: float | None = None
    score: float | None = None
    epochs_trained: int | None = None
    reason: str = ""

    @property
    def key(self) -> FoldKey:
        """Which fold it is."""
        return self.trial, self.repeat, self.fold


class TrialsFile:
    """The rows of one search.

    Args:
        varied: names of the varied hyperparameters, in the order of their columns.
    """

    def __init__(self, path: Path, varied: Sequence[str]) -> None:
        self._file = LineFile(path)
        self._varied = tuple(varied)
        declared = fields_of(HyperParams)
        self._fields = {name: declared[name] for name in varied}

    def append(self, row: FoldRow) -> None:
        """Add a row, in one write.

        Raises:
            StorageError: the disk is full.
        """
        if not self._file.size():
            self._file.append(_line((*_HEAD, *self._varied, *_TAIL)))
        head = [row.trial, row.repeat, row.seed]
        values = [
            self._fields[name].show(row.values[name]) if name in row.values else "" for name in self._varied
        ]
        tail = ["" if (value := getattr(row, name)) is None else value for name in _TAIL]
        self._file.append(_line((*head, *values, *tail)))

    def read(self) -> list[FoldRow]:
        """The rows in the order in which they were finished; a torn line, cut by a crash, is left out."""
        rows = []
        for cells in csv.DictReader(io.StringIO(self._whole(), newline="")):
            # A row with too few or too many cells was torn.
            if None not in cells and None not in cells.values():
                rows.append(self._row({name: csv_text(cell) for name, cell in cells.items()}))
        return rows

    def cut_torn(self) -> None:
        """Take a torn last line away, before rows are appended again."""
        self._file.cut(len(self._whole().encode("utf-8")))

    def _whole(self) -> str:
        if not self._file.path.exists():
            return ""
        content = self._file.path.read_bytes()
        return content[: content.rfind(b"\n") + 1].decode("utf-8")

    def _row(self, cells: Mapping[str, str]) -> FoldRow:
        # An empty cell means that the setting does not have this parameter, not that its value is empty.
        texts = {name: cells[name] for name in self._varied if cells[name]}
        read = HyperParams.of(texts)
        state: Any = cells["state"]
        return FoldRow(
            trial=int(cells["trial"]),
            repeat=int(cells["repeat"]),
            fold=int(cells["fold"]),
            seed=int(cells["seed"]),
            values={name: getattr(read, name) for name in texts},
            state=state,
            **{name: _number(cells[name]) for name in _NUMBERS},
            score=_number(cells["score"]),
            epochs_trained=int(cells["epochs_trained"]) if cells["epochs_trained"] else None,
            reason=cells["reason"],
        )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _line(cells: Sequence[object]) -> str:
    # A row is one line and one write, so a reason that has line ends is laid in one.
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([csv_cell(" ".join(str(cell).split())) for cell in cells])
    return text.getvalue()
