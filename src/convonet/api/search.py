"""Search for hyperparameters, and count the epochs to target accuracies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convonet.api.execution import new_run
from convonet.api.inputs import Data, Hyper, Listener, PathLike, data_of, space_of
from convonet.api.run_results import TunedRun, tuned_run
from convonet.runs.documents import study_document
from convonet.tasks import StudyTask, TuneTask
from convonet.tasks.study_task import StudyMetric
from convonet.tasks.task import ExecutorName
from convonet.tasks.tune_task import IMAGE_LIMIT, Objective, Pruner, Search


def tune(
    data: Data,
    hyper: Hyper,
    *,
    search: Search = "grid",
    objective: Objective = "accuracy",
    trials: int | None = None,
    folds: int = 3,
    repeats: int = 1,
    images: int | None = IMAGE_LIMIT,
    jobs: int | None = None,
    executor: ExecutorName = "local",
    time_limit: float | None = None,
    memory_limit: int | None = None,
    disk_limit: int | None = None,
    pruner: Pruner = "none",
    seed: int = 0,
    threads: int = 1,
    out: PathLike | None = None,
    name: str | None = None,
    track: str | Sequence[str] = (),
    listen: Listener = None,
    progress: bool | None = None,
) -> TunedRun:
    """Search for good hyperparameters and write a run folder.

    The folds are trained in separate worker processes; the calling process coordinates the search.

    Args:
        data: the images, as in `train`.
        hyper: the search space: lists of values, ranges, or a `SearchSpace`.
        search: `grid` tries every combination, `random` draws settings, `tpe` learns from earlier trials.
        objective: score to optimize on held-out images: `accuracy`, `loss` (minimized), `auc` or `macro_f1`.
        trials: number of settings to try; None: the whole grid; 20 in other searches.
        folds: number of stratified cross-validation folds. With 1, each setting is scored on a held-out fraction of
            the training images instead.
        repeats: number of times that each setting is trained on all folds, with different seeds and folds.
        images: maximum number of images, stratified by class; None: all.
        jobs: number of parallel training runs; None: one per core.
        executor: `local` for processes on this machine, `ray` for a Ray cluster.
        time_limit: seconds after which the search ends. Finished folds are kept. None: no limit.
        memory_limit: memory for all parallel folds together, shared equally, in bytes; None: no limit.
        disk_limit: disk space for the prepared images and the files of the run, in bytes; None: no limit.
        pruner: stops a setting early if it is worse than others after the same number of epochs: `median`,
            `hyperband` or `none`.
        seed: seed of all random numbers of the search, 0 to 2³¹ − 1.
        threads: number of threads of each training run.
        out: parent folder of the run folder; None: `result_dir` of the data parameters, or `./runs`.
        name: name of the run folder; None: made from the kind and the time.
        track: trackers to write to: `tensorboard:DIR`, `mlflow:URI`, or several of them.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Raises:
        InputError: the parameters or images cannot be used. No run folder is created.
        KeyboardInterrupt: the search was stopped. Its state is `cancelled`, it keeps its results so far, and
            it can be resumed.
    """
    task = TuneTask(
        data=data_of(data),
        space=space_of(hyper),
        search=search,
        objective=objective,
        trials=trials,
        folds=folds,
        repeats=repeats,
        images=images,
        jobs=jobs,
        executor=executor,
        time_limit=time_limit,
        memory_limit=memory_limit,
        disk_limit=disk_limit,
        pruner=pruner,
        seed=seed,
        threads=threads,
    )
    return tuned_run(new_run(task, out, name, listen, progress, track))


def study(
    data: Data,
    hyper: Hyper,
    targets: Iterable[float],
    *,
    metric: StudyMetric = "accuracy",
    images: int | None = None,
    jobs: int | None = None,
    threads: int = 1,
    out: PathLike | None = None,
    name: str | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Count the epochs that each setting needs to reach each target accuracy.

    Args:
        data: the images, as in `train`.
        hyper: the settings; `epochs` is the maximum number of epochs for each.
        targets: target accuracies, above 0, at most 1.
        metric: `accuracy` on the training images, or `val_accuracy` on held-out images.
        images: maximum number of images, stratified by class; None: all.
        jobs: number of parallel training runs; None: one per core.
        threads: number of threads of each training run.
        out: parent folder of the run folder; None: `result_dir` of the data parameters, or `./runs`.
        name: name of the run folder; None: made from the kind and the time.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet study --json` prints.

    Raises:
        InputError: the parameters or images cannot be used. No run folder is created.
    """
    task = StudyTask(
        data=data_of(data),
        space=space_of(hyper),
        targets=tuple(targets),
        metric=metric,
        images=images,
        jobs=jobs,
        threads=threads,
    )
    return study_document(new_run(task, out, name, listen, progress)).to_dict()
