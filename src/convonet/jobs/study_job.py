"""The target study: scan, prepare, train each setting, the table and its figures."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.atomic import write_text
from convonet.documents.study import StudyDocument
from convonet.events import FileSaved, StageStarted, Watch
from convonet.jobs.search_data import prepare_search
from convonet.plots.plotter import Plotter
from convonet.plots.study import study_cases
from convonet.runs import Run
from convonet.runs.documents import study_document
from convonet.runs.environment import available_cores
from convonet.runs.study_table import STUDY_HISTORY, StudyFile, StudyRow, study_text
from convonet.tasks import StudyTask
from convonet.tuning.executors import create_executor, get_ready
from convonet.tuning.messages import TrainerSettings
from convonet.tuning.net_study import NetStudy

STUDY = "study.csv"
_MOST_CASES = 64


def work(run: Run, task: StudyTask, watch: Watch) -> StudyDocument:
    """Do the whole job in the run's folder; the answer is the run's document.

    Raises:
        Cancelled: the person asked to stop; the table of what was trained is written.
        ConvonetError: it cannot be done, or not on these images.
    """
    get_ready("local")
    data = prepare_search(
        run, task.data, folds=1, images=task.images, accept=task.accept_changed_data, watch=watch
    )
    watch.tell(StageStarted(stage="study", title="Training each setting"))
    study = NetStudy(task, StudyFile(run.file(STUDY_HISTORY)))
    threads = task.threads or 1
    # The study is about training images where it says accuracy; an objective's accuracy is always of held-out
    # ones.
    objective = "train_accuracy" if task.metric == "accuracy" else "accuracy"
    settings = TrainerSettings(objective, threads, reports=True)
    executor = create_executor("local", data, settings, task.jobs, available_cores())
    try:
        study.run(executor, watch)
    finally:
        executor.close()
        _write(run, task, study.rows(), Watch(watch.tell))
    return study_document(run)


def _write(run: Run, task: StudyTask, rows: Sequence[StudyRow], watch: Watch) -> None:
    write_text(run.file(STUDY), study_text(task, rows))
    watch.tell(FileSaved(path=STUDY, title="Epochs to reach each target"))
    watch.tell(StageStarted(stage="plot", title="Drawing"))
    cases = study_cases(task, rows)
    plotter = Plotter(run.path, watch=watch)
    plotter.save("study", cases, task.metric)
    for case, row in zip(cases[:_MOST_CASES], list(rows) * len(task.targets), strict=False):
        plotter.save("study_case", case, file=f"study_{row.trial}_{case.target:g}.png")
