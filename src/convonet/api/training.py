"""Train a network, and write the report of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convonet.api.execution import run_task
from convonet.api.inputs import Data, Hyper, Listener, data_of, hyper_of
from convonet.api.results import TrainedRun
from convonet.params.recipes import recipe_of
from convonet.reports.run_report import write_report
from convonet.runs import Run
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import train_document
from convonet.runs.environment import available_cores
from convonet.tasks import TrainTask
from convonet.text import absolute, local_path


def train(
    data: Data,
    hyper: Hyper = None,
    *,
    recipe: str | None = None,
    minutes: float | None = None,
    validation: bool = True,
    seed: int | None = None,
    from_model: str | os.PathLike[str] | None = None,
    test: bool = True,
    accept_class_map: bool = False,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    threads: int | None = None,
    callbacks: Sequence[Any] = (),
    listen: Listener = None,
) -> TrainedRun:
    """Train a network and leave a run folder.

    Args:
        data: where the images are. A string is the path of a JSON file, or of a folder of images.
        hyper: network and training. A dictionary that names no family and no base holds single values, which are
            imposed on what a recipe plans.
        recipe: `auto` plans the training for the images, `fast` takes the first good model, `best` takes longer, and
            `none` trains what `hyper` says. None: by what `hyper` is (`convonet.params.recipes.recipe_of`).
        minutes: the time budget of a recipe that plans, above 0; None: 5, or 30 for `best`.
        validation: hold out a share of the images, or use the validation folder.
        from_model: a run or model file whose weights training starts from; not together with a recipe.
        test: evaluate on the test images where there are some.
        accept_class_map: where class names of the test or validation images differ from those of the training images
            and each has one likely match, take the matches as the same classes.
        callbacks: your own `keras.callbacks.Callback`s, called as Keras' `fit` calls them. A run that is
            resumed later knows nothing of them.
        listen: called with every event.

    Raises:
        InputError: parameters or images that cannot be used.
        KeyboardInterrupt: the run is then `cancelled`, and can be resumed.
    """
    values = data_of(data)
    hypers = hyper_of(hyper)
    task = TrainTask(
        data=values,
        hyper=hypers if seed is None else hypers.changed(seed=seed),
        recipe=recipe_of(
            recipe,
            hypers.set_values(),
            minutes=minutes,
            hyper_given=hyper is not None and not isinstance(hyper, Mapping),
            from_model=from_model is not None,
        ),
        minutes=minutes,
        validation=validation,
        from_model=None if from_model is None else absolute(from_model),
        then_test=test,
        accept_class_map=accept_class_map,
        threads=threads or available_cores(),
    )
    run = begin_run(task, results_folder(task, out), name=name)
    run_task(run, task, listen, callbacks=callbacks)
    document = train_document(run)
    return TrainedRun(
        run.path,
        document.state,
        document.history.to_dict(),
        document.images_per_second,
        document.test.to_dict() if document.test else None,
        document.plan.to_dict() if document.plan else None,
        document.summary,
    )


def report(run: str | os.PathLike[str] | TrainedRun, out: str | os.PathLike[str] | None = None) -> Path:
    """Write a run's report: one HTML file with all it shows.

    Args:
        out: the file; None: `report.html` in the run folder.

    Raises:
        RunNotFoundError: no such run.
        InputError: a run of a kind that has no report.
    """
    path = run.path if isinstance(run, TrainedRun) else Path(local_path(run))
    return write_report(Run.open(path), None if out is None else Path(local_path(out)))
