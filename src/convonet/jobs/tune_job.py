"""The tuning job: scan, prepare, search, and the table. Every finished fold is a row that no crash takes away."""

from __future__ import annotations

import csv
import time
from dataclasses import replace

from convonet.data.held_classes import absent_classes, check_auc
from convonet.documents.search import SearchDocument
from convonet.errors import TrainingError
from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.search_data import prepare_search
from convonet.params import FAMILIES
from convonet.params.labels import label_of
from convonet.runs import Run
from convonet.runs.documents import adopted_hyper, tune_document
from convonet.runs.environment import available_cores
from convonet.runs.event_log import LineFile
from convonet.runs.trials import TRIALS, FoldRow, TrialsFile
from convonet.tasks import TuneTask
from convonet.text import counted
from convonet.tuning.budget import Budget
from convonet.tuning.executors import create_executor, get_ready
from convonet.tuning.fold_data import FoldData
from convonet.tuning.messages import FoldEnded, Message, TrainerSettings
from convonet.tuning.net_tuning import NetTuning
from convonet.tuning.units import Trial, Unit, repeat_seed

REPORTS = "reports.csv"

_MONITORS = ("stop_monitor", "plateau_monitor", "save_best")


def work(run: Run, task: TuneTask, watch: Watch) -> SearchDocument:
    """Do the whole job in the run's folder; the answer is the run's document.

    Raises:
        Cancelled: the person asked to stop; the table of what was finished is written.
        TrainingError: no setting could be trained.
        ConvonetError: it cannot be done, or not on these images.
    """
    # The time limit covers earlier attempts too.
    started = time.monotonic() - run.read().seconds
    # The trainers' processes load Keras in the background while the images are read.
    get_ready(task.executor)
    data = _data(run, task, watch)
    # It loads matplotlib, which takes no time while the trainers load keras.
    from convonet.jobs.search_results import write_results

    watch.tell(StageStarted(stage="tune", title="Searching"))
    for name in _ignored(task):
        watch.tell(Warned(message=f"No network in this search uses {label_of(name)}", subject=name))
    file = TrialsFile(run.file(TRIALS), task.space.varied)
    reports = LineFile(run.file(REPORTS))
    tuning = NetTuning(
        task,
        file,
        reports=_read_reports(run),
        on_report=lambda trial, epoch, score: reports.append(f"{trial},{epoch},{score!r}"),
        budget=_budget(run, task, data, started),
    )
    threads, cores = task.threads or 1, available_cores()
    side_by_side = task.jobs or max(1, cores // threads)
    memory = None if task.memory_limit is None else task.memory_limit // side_by_side
    settings = TrainerSettings(task.objective, threads, task.pruner != "none", memory)
    executor = create_executor(task.executor, data, settings, task.jobs, cores)
    try:
        result = tuning.run(executor, watch)
    finally:
        executor.close()
        write_results(run, task, Watch(watch.tell))
    run.update(stopped=result.stopped)
    if result.stopped:
        watch.tell(Warned(message=f"The search ended early: {result.stopped}", subject="budget"))
    _check_any_done(task, file)
    return tune_document(run)


def retrain(run: Run, trial: int, *, repeat: int = 1, fold: int = 1, watch: Watch | None = None) -> FoldRow:
    """Train one fold of a finished search again from its record, in this process.

    Args:
        trial, repeat, fold: from 1, as in `trials.csv`.

    Returns:
        The new row; but for its seconds it equals the recorded one, with the same versions and machine.

    Raises:
        InputError: no such trial.
    """
    task = run.task()
    assert isinstance(task, TuneTask)
    hyper = adopted_hyper(run, trial)
    one = Unit(hyper, (Trial.of(trial, hyper, task.space.varied),), repeat, fold)
    unit = replace(one, hyper=hyper.changed(seed=repeat_seed(hyper.seed, repeat)))
    rows: list[FoldRow] = []

    def keep(message: Message) -> None:
        if isinstance(message, FoldEnded):
            rows.append(message.row)

    # Keras takes seconds to load; what is wrong is told before anybody waits for it.
    from convonet.tuning.fold_training import FoldTrainer

    trainer = FoldTrainer(
        _data(run, task, watch or Watch()), TrainerSettings(task.objective, task.threads or 1)
    )
    trainer.train(unit, keep, lambda: False)
    return rows[0]


def _data(run: Run, task: TuneTask, watch: Watch) -> FoldData:
    accept = task.accept_changed_data
    data = prepare_search(
        run,
        task.data,
        folds=task.folds,
        images=task.images,
        accept=accept,
        disk_limit=task.disk_limit,
        watch=watch,
    )
    _check_auc(task, data)
    return data


def _check_auc(task: TuneTask, data: FoldData) -> None:
    """Refuse a search by a score that some fold cannot have."""
    wanted = [name for name in _MONITORS if "val_auc" in task.space.choices.get(name, ())]
    if task.objective == "auc":
        wanted.insert(0, "objective")
    if wanted:
        repeats, folds = range(1, task.repeats + 1), range(1, max(task.folds, 1) + 1)
        held = (data.rows(repeat, fold)[1] for repeat in repeats for fold in folds)
        absent = absent_classes(data.labels, held, data.net_input.classes)
        where = (
            "among the held-out images of at least one fold"
            if task.folds > 1
            else "among the held-out images"
        )
        check_auc(wanted, absent, data.labels, data.net_input.classes, where)


def _budget(run: Run, task: TuneTask, data: FoldData, started: float) -> Budget:
    """What is left of time since `started`, and of disk beside the prepared images."""
    return Budget(
        deadline=None if task.time_limit is None else started + task.time_limit,
        folder=run.path,
        disk=None if task.disk_limit is None else task.disk_limit - data.stored_bytes,
    )


def _ignored(task: TuneTask) -> list[str]:
    """Varied names that no family of the search takes."""
    families = task.space.choices.get("family", (task.space.first().family,))
    first = task.space.first()
    unused = [set(FAMILIES[family].ignored(first)) for family in families]
    return [name for name in task.space.varied if all(name in names for names in unused)]


def _read_reports(run: Run) -> dict[int, dict[int, float]]:
    """Trial → epoch → score of earlier attempts; a torn line is left out."""
    found: dict[int, dict[int, float]] = {}
    if run.file(REPORTS).exists():
        with run.file(REPORTS).open(encoding="utf-8", newline="") as file:
            for cells in csv.reader(file):
                # A killed run may have cut its last line anywhere.
                if len(cells) == 3 and cells[2]:
                    found.setdefault(int(cells[0]), {})[int(cells[1])] = float(cells[2])
    return found


def _check_any_done(task: TuneTask, file: TrialsFile) -> None:
    rows = file.read()
    failed = [row for row in rows if row.state == "failed"]
    settings = len({row.trial for row in rows})
    # Some that failed are rows of the table; if all did, the person must know why.
    if failed and len(failed) == len(rows):
        raise TrainingError(
            "The only setting could not be trained"
            if settings == 1
            else f"None of the {counted(settings, 'setting')} could be trained",
            reason=failed[0].reason,
            hint="Use smaller or different values",
        )
