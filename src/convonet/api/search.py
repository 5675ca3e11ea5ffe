"""Search for hyper parameters, and count the epochs to target accuracies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from convonet.api.execution import run_task
from convonet.api.inputs import Data, Hyper, Listener, data_of, space_of
from convonet.api.results import TunedRun
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import adopted_hyper, study_document, tune_document
from convonet.tasks import StudyTask, TuneTask


def tune(
    data: Data,
    hyper: Hyper,
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    listen: Listener = None,
    **options: Any,
) -> TunedRun:
    """Search for good hyper parameters and leave a run folder.

    Trainings run in processes of their own; the search itself is coordinated here.

    Args:
        hyper: the search space: lists of values, ranges, or a `SearchSpace`.
        listen: called with every event.
        options: fields of `TuneTask`: search, objective, trials, folds, repeats, images, jobs, executor,
            time_limit, memory_limit, disk_limit, pruner, seed, threads.

    Raises:
        InputError: parameters or images that cannot be used.
        KeyboardInterrupt: the run is then `cancelled`, with its partial table, and can be resumed.
    """
    values = data_of(data)
    task = TuneTask(data=values, space=space_of(hyper), **({"threads": 1} | options))
    run = begin_run(task, results_folder(task, out), name=name)
    run_task(run, task, listen)
    document = tune_document(run)
    best, results = document.best, [row.to_dict() for row in document.results]
    return TunedRun(
        run.path,
        document.state,
        results,
        best.to_dict() if best else None,
        adopted_hyper(run) if best else None,
    )


def study(
    data: Data,
    hyper: Hyper,
    targets: Iterable[float],
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    listen: Listener = None,
    **options: Any,
) -> dict[str, Any]:
    """How many epochs each setting needs to each target accuracy, or that it never gets there.

    Args:
        hyper: the settings; `epochs` is the most that each is trained.
        targets: accuracies, 0..1.
        options: fields of `StudyTask`: metric, images, jobs, threads.

    Returns:
        The document that `convonet study --json` prints.

    Raises:
        InputError: parameters or images that cannot be used.
    """
    values = data_of(data)
    task = StudyTask(data=values, space=space_of(hyper), targets=tuple(targets), **({"threads": 1} | options))
    run = begin_run(task, results_folder(task, out), name=name)
    run_task(run, task, listen)
    return study_document(run).to_dict()
