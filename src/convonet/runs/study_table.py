"""`study_history.csv` and the table of a target study, computed from it alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convonet import documents, tasks
from convonet.csv_files import csv_content
from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams
from convonet.runs.event_log import LineFile

STUDY_HISTORY = "study_history.csv"
_LOGS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
Logs = Mapping[str, float]


class StudyFile:
    """Epochs of all settings, appended as they end; an epoch that is trained again replaces itself."""

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)

    def append(self, trial: int, epoch: int, logs: Logs) -> None:
        """Add the scores after an epoch (from 1) of a setting."""
        if not self._file.size():
            self._file.append(",".join(("trial", "epoch", *_LOGS)))
        # All digits: whether a target is reached may hang on the last one.
        cells = [repr(logs[name]) if name in logs else "" for name in _LOGS]
        self._file.append(",".join([str(trial), str(epoch), *cells]))

    def read(self) -> dict[int, list[Logs]]:
        """Trial → scores of its epochs; a torn line, cut by a crash, is left out."""
        found: dict[int, dict[int, Logs]] = {}
        if not self._file.path.exists():
            return {}
        content = self._file.path.read_text(encoding="utf-8")
        for row in csv.DictReader(io.StringIO(content[: content.rfind("\n") + 1])):
            if None in row or None in row.values():
                continue
            logs = {name: float(row[name]) for name in _LOGS if row[name]}
            # The last row of an epoch counts: a resumed setting trains its epochs once more.
            found.setdefault(int(row["trial"]), {})[int(row["epoch"])] = logs
        return {trial: [epochs[place] for place in sorted(epochs)] for trial, epochs in found.items()}


@dataclass(frozen=True)
class StudyRow:
    """One setting.

    Attributes:
        epochs_to: for each target of the study the epochs that were needed; None: not reached.
        best: the best score.
        history: one entry an epoch, up to the one that reached the highest target.
        ended: whether more epochs would change nothing.
    """

    trial: int
    params: Mapping[str, Any]
    epochs_to: tuple[int | None, ...]
    best: float | None
    history: tuple[Logs, ...]
    ended: bool


def epochs_to(scores: Sequence[float], target: float) -> int | None:
    """The first epoch, from 1, whose score is at or above the target; None: not reached."""
    return next((epoch for epoch, score in enumerate(scores, 1) if score >= target), None)


def study_rows(task: tasks.StudyTask, histories: Mapping[int, Sequence[Logs]]) -> list[StudyRow]:
    """A row for each setting of the study, in the order of its grid."""
    rows = []
    for trial, hyper in enumerate(task.space.grid(), 1):
        whole = histories.get(trial, ())
        last = epochs_to([logs[task.metric] for logs in whole], max(task.targets))
        history = tuple(whole[:last])
        scores = [logs[task.metric] for logs in history]
        rows.append(
            StudyRow(
                trial=trial,
                params={name: getattr(hyper, name) for name in task.space.varied if hyper.is_set(name)},
                epochs_to=tuple(epochs_to(scores, target) for target in task.targets),
                best=max(scores, default=None),
                history=history,
                ended=last is not None or len(whole) >= hyper.epochs,
            )
        )
    return rows


def study_results(task: tasks.StudyTask, rows: Sequence[StudyRow]) -> tuple[documents.StudyResult, ...]:
    """The rows of the JSON document."""
    return tuple(
        documents.StudyResult(
            trial=row.trial,
            params=dict(row.params),
            epochs_to=tuple(
                documents.TargetReached(target=target, epochs=epochs)
                for target, epochs in zip(task.targets, row.epochs_to, strict=True)
            ),
            best=row.best,
            epochs_trained=len(row.history),
        )
        for row in rows
    )


def study_text(task: tasks.StudyTask, rows: Sequence[StudyRow]) -> str:
    """`study.csv`: the varied parameters, a column for each target, the best score, the epochs trained."""
    declared = fields_of(HyperParams)
    names = task.space.varied
    head = (*names, *(f"epochs_to_{target:g}" for target in task.targets), "best", "epochs_trained")
    table: list[Sequence[object]] = [head]
    for row in rows:
        values = [declared[name].show(row.params[name]) if name in row.params else "" for name in names]
        reached = ["not reached" if epochs is None else epochs for epochs in row.epochs_to]
        table.append((*values, *reached, "" if row.best is None else row.best, len(row.history)))
    return csv_content(table)
