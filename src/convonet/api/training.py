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
from convonet.api.new_files import NewFiles
from convonet.api.own_networks import KerasModel, network_file
from convonet.api.run_results import TrainedRun, trained_run
from convonet.events import Watch
from convonet.jobs.report_heats import mistake_heats
from convonet.params.recipes import recipe_of
from convonet.reports.run_report import write_report
from convonet.runs.begin import DEFAULT_FOLDER
from convonet.runs.environment import available_cores
from convonet.tasks import TrainTask
from convonet.tasks.task import ExecutorName
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
    """Train a network and write a run folder.

    Args:
        data: the images: a folder of class folders, a table, a JSON file of data parameters, or data
            parameters as a dictionary or `DataParams`. You can also pass arrays `(X, y)`, a PyTorch `Dataset`
            or a Keras `PyDataset`; they are saved to one file beside the run, so that it can be resumed and
            verified.
        hyper: hyperparameters of the network and its training: a dictionary, `HyperParams` or a JSON file.
            The values of a dictionary with neither `family` nor `base` apply to every candidate of the recipe.
        recipe: `auto` plans the training for the images, `fast` trains only the quick candidates, `best` takes
            longer, and `none` trains exactly what `hyper` describes. None: `auto` if `hyper` is None or a
            dictionary with neither `family` nor `base`, otherwise `none`.
        minutes: time budget of the recipe, above 0; None: 5, or 30 for `best`.
        validation: whether to use the validation folder or, if there is none, hold out a fraction of the training
            images.
        seed: seed of all random numbers, 0 to 2³¹ − 1; None: the seed in `hyper`.
        from_model: a run, a model file or a Keras model from whose weights training starts. It cannot be
            combined with a recipe. Your own Keras model must take images of shape (height, width, channels)
            and return one value per class; set the `image_size` and `scaling` that it needs. It is saved to a
            file beside the run. Use `keras.saving.register_keras_serializable` to register custom layers and the
            custom loss that the model is compiled with; choose other losses in `hyper`.
        image_size: size in pixels to which images are resized, one number or (height, width); None: the size
            in `data`.
        scaling: pixel scaling: `unit` to 0..1, `symmetric` to −1..1, `imagenet`, `standard` or `none`; None:
            the scaling in `data`. For a model made elsewhere, the scaling that it was trained with.
        test: evaluate on the test images if there are any.
        test_data: test images in the same form as `data`, for arrays and datasets.
        classes: class names for numeric labels, in the order of the labels.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        accept_class_map: if class names of the test or validation images differ from those of the training
            images and each has one likely match, treat the matches as the same classes.
        out: parent folder of the run folder; None: `result_dir` of the data parameters, or `./runs`.
        name: name of the run folder; None: made from the kind and the time.
        threads: number of threads; None: one per core.
        workers: number of processes among which each batch is divided, 1 to 64. More than one requires the
            recipe `none`.
        executor: where the processes run: `local` on this machine, `ray` on a Ray cluster.
        callbacks: `keras.callbacks.Callback`s, called as in Keras' `fit`. They are not saved for `resume`.
            Exceptions that they raise are passed on unchanged.
        track: trackers to write to: `tensorboard:DIR`, `mlflow:URI`, or several of them.
        listen: a function that is called with every event of `convonet.events`, or a tracker of
            `convonet.trackers`.
        progress: whether to show progress; None: only in a terminal or notebook.

    Raises:
        InputError: the parameters or images cannot be used. No run folder is created.
        KeyboardInterrupt: the run was stopped. Its state is `cancelled`, and it can be resumed.
    """
    hypers = hyper_of(hyper)
    chosen = recipe_of(
        recipe,
        hypers.set_values(),
        minutes=minutes,
        hyper_given=hyper is not None and not isinstance(hyper, Mapping),
        from_model=from_model is not None,
    )
    given = {"image_size": image_size, "scaling": scaling}
    # Images and networks in memory are written first, since the task names their files.
    with NewFiles(DEFAULT_FOLDER if out is None else Path(local_path(out))) as files:
        start = network_file(from_model, files, max(workers, hypers.workers))
        values = kept_as_files(data, test_data, files, max_value=max_value, names=classes)
        task = TrainTask(
            data=values.changed(**{field: value for field, value in given.items() if value is not None}),
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
        return trained_run(
            new_run(task, out, name, listen, progress, track, files=files, callbacks=callbacks)
        )


def report(
    run: PathLike | HasPath,
    out: PathLike | None = None,
    *,
    title: str | None = None,
    explain: bool = True,
) -> Path:
    """Write the report of a run as one HTML file.

    Args:
        run: the run folder, the id of the run, or the result of `train` or `tune`.
        out: the file to write; None: `report.html` in the run folder.
        title: the heading of the report; None: the run's name.
        explain: add heat maps for the worst mistakes. This loads the network.

    Raises:
        RunNotFoundError: the run does not exist.
        InputError: runs of this kind have no report.
    """
    found = run_of(run)
    heats = mistake_heats(found, Watch()) if explain else None
    target = None if out is None else Path(local_path(out))
    return write_report(found, target, heading=title, heats=heats)
