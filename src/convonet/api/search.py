"""Search for hyperparameters, and count the epochs to target accuracies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from convonet.api.execution import new_run
from convonet.api.inputs import Data, Hyper, Listener, PathLike, data_of, space_of
from convonet.api.run_results import TunedRun, tuned_run
from convonet.runs.documents import study_document
from convonet.tasks import StudyTask, TuneTask
from convonet.tasks.main_tasks import ExecutorName
from convonet.tasks.study_task import StudyMetric
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
    """Search for good hyperparameters and leave a run folder.

    Trainings run in processes of their own; the search itself is coordinated here.

    Args:
        data: where the images are, as in `train`.
        hyper: the search space: lists of values, ranges, or a `SearchSpace`.
        search: `grid` tries every combination, `random` draws them, `tpe` learns from earlier trials.
        objective: what is best on held-out images: `accuracy`, `loss` (the least), `auc` or `macro_f1`.
        trials: settings to try; None: all of a grid, 20 of other searches.
        folds: stratified folds; 1 holds out the data's validation fraction instead.
        repeats: how often each setting is trained on all folds, with other seeds and other folds.
        images: at most this many, stratified by class; None: all.
        jobs: trainings side by side; None: one for each core.
        executor: `local` for this machine's processes, `ray` for a Ray cluster.
        time_limit: seconds after which no trial is started; None: no limit.
        memory_limit: bytes that all trainings side by side may take together; None: no limit.
        disk_limit: bytes that the prepared images and the run's files may take; None: no limit.
        pruner: ends settings early that are worse than others were by then: `median` or `hyperband`.
        seed: of everything random in the search, 0 to 2³² − 1.
        threads: computing threads of one training.
        out: the folder for the run's folder; None: `result_dir` of the data parameters, else `./runs`.
        name: of the run's folder; None: made up from the kind and the time.
        track: also write to trackers: `tensorboard:DIR`, `mlflow:URI`, or several of them.
        listen: called with every event.
        progress: show progress; None: in a terminal or notebook.

    Raises:
        InputError: parameters or images that cannot be used. Then no run folder is left.
        KeyboardInterrupt: the run is then `cancelled`, with its partial table, and can be resumed.
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
    """Count the epochs that each setting needs to each target accuracy.

    Args:
        data: where the images are, as in `train`.
        hyper: the settings; `epochs` is the most that each is trained.
        targets: accuracies, above 0 to 1.
        metric: `accuracy` of the training images, or `val_accuracy` of those that are held out.
        images: at most this many, stratified by class; None: all.
        jobs: trainings side by side; None: one for each core.
        threads: computing threads of one training.
        out: the folder for the run's folder; None: `result_dir` of the data parameters, else `./runs`.
        name: of the run's folder; None: made up from the kind and the time.
        listen: called with every event.
        progress: show progress; None: in a terminal or notebook.

    Returns:
        The document that `convonet study --json` prints.

    Raises:
        InputError: parameters or images that cannot be used. Then no run folder is left.
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
