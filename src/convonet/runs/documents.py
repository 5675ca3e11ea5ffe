"""The JSON documents of runs, made from the folder alone: the same from every face, today and later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convonet import documents, tasks
from convonet.documents.document import read_value
from convonet.errors import DocumentError, InputError
from convonet.params.hyper_params import HyperParams
from convonet.runs.grouping import own_evaluations
from convonet.runs.naming import data_set_of, network_of, title_of
from convonet.runs.run import Run
from convonet.runs.study_table import STUDY_HISTORY, StudyFile, study_results, study_rows
from convonet.runs.summary import summary_of
from convonet.runs.suspects import suspects_document
from convonet.runs.trial_table import best_hyper, best_of, settings_of
from convonet.runs.trials import TRIALS, TrialsFile
from convonet.runs.untested import untested

if TYPE_CHECKING:
    # Not at run time, where the union would load the documents of every kind.
    ResultDocument = (
        documents.TrainDocument
        | documents.SearchDocument
        | documents.StudyDocument
        | documents.SuspectsDocument
    )
    """What the commands print of a run that can be resumed."""

RESULT = "result.json"
"""The answer of a run's job."""


def train_document(run: Run) -> documents.TrainDocument:
    """What `train` and `resume` print."""
    record, history = run.read(), run.history()
    return documents.TrainDocument(
        run=str(run.path),
        state=run.state(record),
        epochs=history.epochs,
        model_epoch=record.model_epoch,
        stopped=record.stopped,
        advice=record.advice,
        diagnosis=record.diagnosis,
        test=record.scores.test,
        test_skipped=untested(run, record),
        history=documents.MeasuredHistory(
            loss=tuple(history.measured("loss")),
            accuracy=tuple(history.measured("accuracy")),
            val_loss=tuple(history.measured("val_loss")),
            val_accuracy=tuple(history.measured("val_accuracy")),
        ),
        images_per_second=record.images_per_second,
        seconds=record.seconds,
        plan=record.plan,
        summary=summary_of(run, record),
    )


def tune_document(run: Run) -> documents.SearchDocument:
    """What `tune` and `resume` print, also of a search that is not at its end."""
    record = run.read()
    task = run.task(record)
    assert isinstance(task, tasks.TuneTask)
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    return documents.SearchDocument(
        run=str(run.path),
        state=run.state(record),
        stopped=record.stopped,
        trials=sum(setting.state != "partial" for setting in settings),
        planned_trials=task.planned_trials,
        search=task.search,
        objective=task.objective,
        results=tuple(settings),
        best=best_of(settings),
        seconds=record.seconds,
    )


def study_document(run: Run) -> documents.StudyDocument:
    """What `study` and `resume` print."""
    record = run.read()
    task = run.task(record)
    assert isinstance(task, tasks.StudyTask)
    rows = study_rows(task, StudyFile(run.file(STUDY_HISTORY)).read())
    return documents.StudyDocument(
        run=str(run.path),
        state=run.state(record),
        metric=task.metric,
        targets=task.targets,
        results=study_results(task, rows),
        seconds=record.seconds,
    )


def adopted_hyper(run: Run, trial: int | None = None) -> HyperParams:
    """The hyperparameters of the best setting of a search, or of one of its trials.

    Raises:
        InputError: not a search, no such trial, or none that is done.
    """
    task = run.task()
    if not isinstance(task, tasks.TuneTask):
        raise InputError(
            "Only a search has settings to use", where=run.path, received=f"a run of kind {task.kind}"
        )
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    if trial is None:
        found = best_of(settings)
    else:
        found = next((setting for setting in settings if setting.trial == trial), None)
    if found is None:
        what = "No trial of this search has finished yet" if trial is None else "There is no such trial"
        raise InputError(what, where=run.path, received=trial)
    return best_hyper(task, found)


def run_document(run: Run) -> ResultDocument:
    """The document of a run that can be resumed, by its kind."""
    makers: dict[str, Callable[[Run], ResultDocument]] = {
        tasks.TuneTask.kind: tune_document,
        tasks.StudyTask.kind: study_document,
        tasks.SuspectsTask.kind: suspects_document,
    }
    return makers.get(run.read().kind, train_document)(run)


def show_document(run: Run) -> documents.RunDocument:
    """What `runs show` prints: the record with the true state, the documents of its results, its files."""
    record = run.read()
    return documents.RunDocument.of(
        {
            **record.to_dict(),
            **({"summary": summary_of(run, record)} if record.kind == tasks.TrainTask.kind else {}),
            "run": str(run.path),
            "title": title_of(run, record),
            "data_set": data_set_of(record),
            "state": run.state(record),
            "history": run.history(),
            "files": sorted(path.name for path in run.folder.iterdir() if not path.name.startswith(".")),
        }
    )


def list_row(run: Run, record: documents.RunRecord | None = None) -> documents.RunRow:
    """One row of `runs list`.

    Args:
        record: the run's record where it was read already.
    """
    record = record or run.read()
    try:
        history = run.history()
    except DocumentError:
        # The run is there all the same, and the other runs are.
        history = documents.HistoryTable()
    measured = history.measured("val_accuracy", record.model_epoch)
    images = record.set_record("train")
    is_training, model = record.kind == tasks.TrainTask.kind, record.task.get("model")
    return documents.RunRow(
        run=str(run.path),
        title=title_of(run, record),
        data_set=data_set_of(record),
        network=network_of(record) if is_training else "",
        state=run.state(record),
        id=record.id,
        kind=record.kind,
        created=record.created,
        started=record.started,
        ended=record.ended,
        seconds=record.seconds,
        scores=record.scores,
        images=images.images if images else None,
        classes=len(record.data.classes) if record.data else None,
        epochs=history.epochs,
        error=record.error.error().sentence() if record.error else None,
        family=record.hyper_value("family", "convonet") if is_training else None,
        val_accuracy=measured[-1] if measured else None,
        base=record.hyper_value("base"),
        train_dir=record.train_dir,
        model=model if record.kind == tasks.EvaluateTask.kind and isinstance(model, str) else None,
        evaluations=own_evaluations(record),
    )


def read_result(run: Run) -> dict[str, Any]:
    """The answer that the run's job left, as JSON.

    Raises:
        DocumentError: there is none, or it is damaged.
    """
    answer: dict[str, Any] = read_value(run.file(RESULT))
    return answer
