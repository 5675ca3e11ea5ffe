"""Train a network, and write the report of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convonet.api.array_sets import ArrayData, kept_as_files
from convonet.api.execution import new_run
from convonet.api.inputs import (
    Data,
    HasPath,
    Hyper,
    Listener,
    Model,
    PathLike,
    hyper_of,
    run_of,
)
from convonet.api.own_networks import KerasModel, network_file
from convonet.api.run_results import TrainedRun, trained_run
from convonet.events import Watch
from convonet.jobs.report_heats import mistake_heats
from convonet.params.recipes import recipe_of
from convonet.reports.run_report import write_report
from convonet.runs.environment import available_cores
from convonet.tasks import TrainTask
from convonet.tasks.main_tasks import ExecutorName
from convonet.text import absolute, local_path


def train(
    data: Data | ArrayData,
    hyper: Hyper = None,
    *,
    recipe: str | None = None,
    minutes: float | None = None,
    validation: bool = True,
    seed: int | None = None,
    from_model: Model | KerasModel | None = None,
    image_size: int | tuple[int, int] | None = None,
    scaling: Any = None,
    test: bool = True,
    test_data: ArrayData | None = None,
    classes: Sequence[str] = (),
    max_value: float | None = None,
    accept_class_map: bool = False,
    out: PathLike | None = None,
    name: str | None = None,
    threads: int | None = None,
    workers: int = 1,
    executor: ExecutorName = "local",
    callbacks: Sequence[Any] = (),
    track: str | Sequence[str] = (),
    listen: Listener = None,
    progress: bool | None = None,
) -> TrainedRun:
    """Train a network and leave a run folder.

    Args:
        data: where the images are: a folder of class folders, a table, a JSON file of data parameters, or those as a
            dictionary or `DataParams`. Or the images themselves: arrays `(X, y)`, a PyTorch `Dataset` or a Keras
            `PyDataset`, which are kept as one file beside the run, so that it can be resumed and verified.
        hyper: network and training: a dictionary, `HyperParams` or a JSON file. A dictionary that names no family and
            no base holds single values, which are imposed on what a recipe plans.
        recipe: `auto` plans the training for the images, `fast` takes the first good model, `best` takes longer, and
            `none` trains what `hyper` says. None: `auto` where `hyper` is None or such a dictionary, else `none`.
        minutes: the time budget of a recipe that plans, above 0; None: 5, or 30 for `best`.
        validation: hold out a fraction of the images, or use the validation folder.
        seed: of everything random, 0 to 2³² − 1; None: that of `hyper`.
        from_model: a run, a model file or a Keras model whose weights training starts from; not together with a
            recipe. A Keras model of your own takes (height, width, channels) and gives one value for each class; say
            `image_size` and `scaling` as it wants them. It is kept as a file beside the run. Layers of your own, and a
            loss of your own that it is compiled with, are registered with
            `keras.saving.register_keras_serializable`; other losses are chosen by `hyper`.
        image_size: side, or (height, width), in pixels that images are resized to; None: that of `data`.
        scaling: how pixels are scaled: `unit` to 0..1, `symmetric` to −1..1, `imagenet`, `standard` or `none`; None:
            that of `data`. For a model made elsewhere: how its pixels were scaled.
        test: evaluate on the test images where there are some.
        test_data: test images for arrays and datasets, in the same form as `data`.
        classes: class names for labels that are numbers, in their order.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        accept_class_map: where class names of the test or validation images differ from those of the training images
            and each has one likely match, take the matches as the same classes.
        out: the folder for the run's folder; None: `result_dir` of the data parameters, else `./runs`.
        name: of the run's folder; None: made up from the kind and the time.
        threads: computing threads; None: one for each core.
        workers: processes that compute each batch together, 1 to 64; more than one needs recipe `none`.
        executor: where they run: `local` on this machine, `ray` on a Ray cluster.
        callbacks: your own `keras.callbacks.Callback`s, called as Keras' `fit` calls them. A run that is resumed later
            knows nothing of them. What one of them raises is raised here as it is.
        track: also write to trackers: `tensorboard:DIR`, `mlflow:URI`, or several of them.
        listen: called with every event of `convonet.events`; a tracker of `convonet.trackers`, too.
        progress: show progress; None: in a terminal or notebook.

    Raises:
        InputError: parameters or images that cannot be used. Then no run folder is left.
        KeyboardInterrupt: the run is then `cancelled`, and can be resumed.
    """
    # What is refused is refused before images are written.
    hypers = hyper_of(hyper)
    chosen = recipe_of(
        recipe,
        hypers.set_values(),
        minutes=minutes,
        hyper_given=hyper is not None and not isinstance(hyper, Mapping),
        from_model=from_model is not None,
    )
    start = network_file(from_model, out, max(workers, hypers.workers))
    values = kept_as_files(data, test_data, out, max_value=max_value, names=classes)
    given = {"image_size": image_size, "scaling": scaling}
    values = values.changed(**{field: value for field, value in given.items() if value is not None})
    task = TrainTask(
        data=values,
        hyper=hypers if seed is None else hypers.changed(seed=seed),
        recipe=chosen,
        minutes=minutes,
        validation=validation,
        from_model=None if start.path is None else absolute(start.path),
        own_loss=start.loss,
        then_test=test,
        accept_class_map=accept_class_map,
        threads=threads or available_cores(),
        workers=workers,
        executor=executor,
    )
    return trained_run(new_run(task, out, name, listen, progress, track, callbacks=callbacks))


def report(
    run: PathLike | HasPath,
    out: PathLike | None = None,
    *,
    title: str | None = None,
    explain: bool = True,
) -> Path:
    """Write a run's report: one HTML file with everything it shows.

    Args:
        run: the run folder, the run's id, or what `train` or `tune` returned.
        out: the file; None: `report.html` in the run folder.
        title: the heading of the report; None: the run's name.
        explain: show which parts of the worst mistakes counted; opens the network.

    Raises:
        RunNotFoundError: no such run.
        InputError: a run of a kind that has no report.
    """
    found = run_of(run)
    heats = mistake_heats(found, Watch()) if explain else None
    target = None if out is None else Path(local_path(out))
    return write_report(found, target, heading=title, heats=heats)
