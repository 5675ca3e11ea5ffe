"""A run done once more beside itself: equal to the last digit, or the first difference."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from convonet.documents.plan import Candidate
from convonet.documents.repetition import (
    ComparedPart,
    EnvironmentChange,
    NumberChange,
    RunMismatch,
    VerifyDocument,
)
from convonet.errors import DataChangedError, InputError
from convonet.events import RunState, Watch, state_label
from convonet.jobs import job_module
from convonet.jobs.data_record import FILES
from convonet.runs import Run
from convonet.runs.repeats import changed_surroundings, count_rows, last_numbers, table_difference
from convonet.runs.study_table import STUDY_HISTORY
from convonet.runs.trials import TRIALS
from convonet.tasks import StudyTask, Task, TrainTask, TuneTask, traits_of
from convonet.tasks.moved import check_images, moved
from convonet.tasks.verify_task import VerifyTask
from convonet.text import counted, file_name

MODEL = "model.keras"


class _Table(NamedTuple):
    """The table of a kind of run: its file, what a row is called, its key, what never repeats."""

    file: str
    what: str
    keys: tuple[str, ...]
    ignored: tuple[str, ...] = ()


_TABLES: dict[type[Task], _Table] = {
    TrainTask: _Table("history.csv", "epochs", ("epoch",)),
    TuneTask: _Table(TRIALS, "folds", ("trial", "repeat", "fold"), ("seconds",)),
    StudyTask: _Table(STUDY_HISTORY, "epochs", ("trial", "epoch")),
}


def work(run: Run, task: VerifyTask, watch: Watch) -> VerifyDocument:
    """Repeat the run in this job's own folder; the answer says whether it is equal.

    Raises:
        InputError: a run that is not done, or of a kind that has nothing to repeat.
        Cancelled: the person asked to stop.
    """
    first = Run.open(Path(task.run))
    record = first.read()
    table = _TABLES.get(traits_of(record.kind))
    if table is None or first.state(record) is not RunState.DONE:
        raise InputError(
            "Only a finished training run, search or study can be verified",
            where=first.path,
            received=f"a run of kind {record.kind} ({state_label(first.state(record))})",
        )
    repeated = _changed(moved(first.task(), task.data), task.changes, record.plan is not None)
    check_images(repeated, first.path, "verify")
    again = _begun_again(run, first, repeated)
    try:
        task_again = again.task()
        job_module(task_again).work(again, task_again, watch)
    except DataChangedError as error:
        difference: RunMismatch | None = RunMismatch(
            what="data", place=", ".join(error.paths[:5]), before="another", after="changed"
        )
        # The repeated run has stopped before its first epoch, and so has no table to read numbers from.
        compared = {}
        numbers: tuple[NumberChange, ...] = ()
    else:
        difference = _difference(first, again, table)
        numbers = () if difference is None else last_numbers(first.file(table.file), again.file(table.file))
        compared = {table.what: count_rows(first.file(table.file))} | _weights_of(first)
    changed = changed_surroundings(record, again.read())
    return VerifyDocument(
        run=str(first.path),
        equal=difference is None,
        difference=difference,
        compared=compared,
        surroundings=changed,
        changes=task.changes,
        numbers=numbers,
        sentence=_sentence(difference, compared, changed) + _numbers_sentence(task, numbers),
    )


def _changed(task: Task, changes: dict[str, str], planned: bool) -> Task:
    """The task with another device or precision."""
    if not changes:
        return task
    if not isinstance(task, TrainTask) or planned:
        raise InputError(
            "Only a training run without a recipe can be repeated on a different device or with a different precision",
            received=f"a run of kind {task.kind}" + " with a recipe" * planned,
        )
    return task.changed(hyper=task.hyper.changed(**changes))


def _numbers_sentence(task: VerifyTask, numbers: Sequence[NumberChange]) -> str:
    """What the other device or precision has done to the scores of the last epoch."""
    if not task.changes or not numbers:
        return ""
    how = " and ".join(f"{name} {value}" for name, value in task.changes.items())
    return f" With {how}, the last epoch has " + ", ".join(one.words() for one in numbers) + "."


def _begun_again(run: Run, first: Run, task: Task) -> Run:
    """A new run of the same task, which insists on the same images and leaves nothing outside its folder."""
    again = Run.create(run.file("repeat"), _quiet(task), name=file_name(first.id))
    record = first.read()
    again.update(data=record.data)
    if record.plan is not None:
        again.update(plan=record.plan.anew(), replay=True)
    if first.file(FILES).is_file():
        shutil.copyfile(first.file(FILES), again.file(FILES))
    return again


def _quiet(task: Task) -> Task:
    assert isinstance(task, (TrainTask, TuneTask, StudyTask))
    same = task.changed(data=task.data.changed(result_dir=None), accept_changed_data=False)
    return same.changed(then_test=False) if isinstance(same, TrainTask) else same


def _difference(first: Run, again: Run, table: _Table) -> RunMismatch | None:
    planned = _plan_difference(first, again)
    if planned is not None:
        return planned
    what: ComparedPart = "trials" if table.file == TRIALS else "history"
    found = table_difference(what, first.file(table.file), again.file(table.file), table.keys, table.ignored)
    if found is not None or not first.file(MODEL).is_file():
        return found
    before, after = _weights(first.file(MODEL)), _weights(again.file(MODEL))
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old is None or new is None or old.shape != new.shape:
            shapes = [None if values is None else str(values.shape) for values in (old, new)]
            return RunMismatch(what="weights", place=name, before=shapes[0], after=shapes[1])
        if not np.array_equal(old, new, equal_nan=old.dtype.kind == "f"):
            index = np.flatnonzero(old.ravel() != new.ravel())[0]
            values = [repr(values.ravel()[index].item()) for values in (old, new)]
            return RunMismatch(
                what="weights", place=name, name=f"value {index}", before=values[0], after=values[1]
            )
    return None


def _plan_difference(first: Run, again: Run) -> RunMismatch | None:
    """The first candidate that came out otherwise, or another choice among them."""
    before, after = first.read().plan, again.read().plan
    if before is None or after is None:
        return None
    for old, new in zip(before.candidates, after.candidates, strict=True):
        if (old.state, old.validation) != (new.state, new.validation):
            before_after = [_candidate_result(one) for one in (old, new)]
            return RunMismatch(
                what="plan", place=old.title, name="the result", before=before_after[0], after=before_after[1]
            )
    if before.chosen != after.chosen:
        return RunMismatch(
            what="plan", place="the chosen candidate", before=before.chosen, after=after.chosen
        )
    return None


def _candidate_result(candidate: Candidate) -> str:
    """Such as `done (accuracy 0.9, log loss 0.25)`, with all digits."""
    scores = candidate.validation
    if scores is None:
        return candidate.state
    return f"{candidate.state} (accuracy {scores.accuracy!r}, log loss {scores.log_loss!r})"


def _weights_of(run: Run) -> dict[str, int]:
    return {"weights": len(_weights(run.file(MODEL)))} if run.file(MODEL).is_file() else {}


def _weights(model: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.keras` file by their path in it."""
    found: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(model) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return found


def _sentence(
    difference: RunMismatch | None, compared: Mapping[str, int], changed: Sequence[EnvironmentChange]
) -> str:
    if difference is None:
        said = "Identical down to the last digit: " + " and ".join(
            counted(count, what.removesuffix("s"), what) for what, count in compared.items()
        )
    elif difference.what == "data":
        said = f"Not repeated: images have changed since the run, including {difference.place}"
    else:
        said = f"Different: {difference.sentence()}"
    parts = [change.sentence() for change in changed]
    return f"{said}. " + (
        f"Changed since the run: {', '.join(parts)}."
        if parts
        else "The versions and the machine are the same."
    )
