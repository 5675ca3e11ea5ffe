"""One call for each job, done in this process: for scripts and notebooks.

Parameters are given as values, as plain dictionaries, or as paths of their JSON files; each call leaves the same
run folder that the command line leaves, and gives back what is in it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

import numpy as np

from convonet.data.inspection import Inspection, inspect_folder
from convonet.data.marking import Change, list_marks, mark_images
from convonet.errors import InputError, OutOfMemoryError
from convonet.evaluation.models import open_predictor
from convonet.events import Event, RunState
from convonet.inference.answers import answers
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.params import DataParams, HyperParams, SearchSpace, load_data, load_hyper
from convonet.params.recipes import recipe_of
from convonet.reports.data_report import write_data_report
from convonet.reports.run_report import write_report
from convonet.runs import Run
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import (
    adopted_hyper,
    read_result,
    study_document,
    train_document,
    tune_document,
)
from convonet.runs.environment import available_cores
from convonet.runs.memory import halve_batch
from convonet.runs.summary import TrainingSummary, summary_of
from convonet.runs.summary_html import summary_html
from convonet.runs.suspects import suspects_document
from convonet.scratch import Scratch
from convonet.tasks import (
    EvaluateTask,
    ExportTask,
    PredictTask,
    Split,
    StudyTask,
    SuspectsTask,
    Task,
    TrainTask,
    TuneTask,
    VerifyTask,
)
from convonet.text import absolute, local_path

Data: TypeAlias = DataParams | Mapping[str, Any] | str | os.PathLike[str]
Hyper: TypeAlias = HyperParams | SearchSpace | Mapping[str, Any] | str | os.PathLike[str] | None
Listener: TypeAlias = Callable[[Event], None] | None


def _findings(run: Path) -> tuple[str, ...]:
    return tuple(str(finding["sentence"]) for finding in Run(run).read().get("findings") or ())


def _findings_html(findings: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in findings)}</ul>" if findings else ""


@dataclass(frozen=True)
class TrainedRun:
    """What a training gave. The folder `path` holds everything else.

    Attributes:
        history: score name → one value an epoch.
        model: path of the `.keras` file, which plain Keras loads.
        test: scores on the test images (`accuracy`, `accuracy_interval`, `loss` …); None where it was not tested.
        plan: what the recipe planned and what came of it, as in `run.json`; None for the recipe `none`.
        summary: what was tried, the score, and what can be done next.
    """

    path: Path
    state: str
    history: dict[str, list[float]]
    images_per_second: float
    test: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    summary: TrainingSummary | None = None

    @property
    def model(self) -> Path:
        """The trained network."""
        return self.path / "model.keras"

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of the images, as it was found before training."""
        return _findings(self.path)

    def _repr_html_(self) -> str:
        """How a notebook shows it: the plan, what was tried, the scores, and what can be done next."""
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_findings_html(self.findings)}"
        if self.summary is not None and self.summary.tried:
            return head + summary_html(self.summary)
        cells = "".join(f"<tr><td>{k}</td><td>{v[-1]:.4f}</td></tr>" for k, v in self.history.items() if v)
        return f"{head}<table>{cells}</table>" + ("" if self.summary is None else summary_html(self.summary))


def inspect(
    folder: str | os.PathLike[str],
    *,
    test: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
    data: DataParams | Mapping[str, Any] | None = None,
) -> Inspection:
    """Look at a set: classes, counts, sizes, what is skipped, doubles and leaks.

    Args:
        data: how images become pixels and labels, such as `{"label_column": "dx"}`; its folders do not count.
        report: also write it there, as one HTML file with pictures.

    Raises:
        DataError: no such folder, or no images in it.
    """
    tested = None if test is None else os.fspath(test)
    found = inspect_folder(os.fspath(folder), test=tested, data=None if data is None else data_of(data))
    if report is not None:
        write_data_report(found, Path(local_path(report)))
    return found


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


def mark(
    data: Data,
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    *,
    label: str | None = None,
    leave_out: bool = False,
    undo: bool = False,
) -> list[dict[str, Any]]:
    """Say of images that their label is wrong, or that they are to be left out; nothing is moved.

    Args:
        data: the sets. A string is the path of a JSON file, or of a folder of images.
        images: paths, absolute or relative to the set; none: nothing is changed.
        label: the class that they are of.
        leave_out: they are not to be used.
        undo: take their marks away.

    Returns:
        All marks as they are now: `set`, `root`, `class`, `path`, `label`, `leave_out`.

    Raises:
        InputError: not one of the three, no such image, or no such class.
    """
    values = data_of(data)
    given = [images] if isinstance(images, (str, os.PathLike)) else list(images)
    if not given:
        return [image.to_dict() for image in list_marks(values)]
    if (label is not None) + leave_out + undo != 1:
        raise InputError("Say one thing of the images", expected="label, leave_out or undo")
    marks = mark_images(values, [os.fspath(item) for item in given], Change(label, undo))
    return [image.to_dict() for image in marks]


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
    hypers = _hyper(hyper)
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
    _execute(run, task, listen, callbacks=callbacks)
    document = train_document(run)
    return TrainedRun(
        run.path,
        document["state"],
        document["history"],
        document["images_per_second"],
        document["test"],
        document["plan"],
        summary_of(run),
    )


@dataclass(frozen=True)
class TunedRun:
    """What a search gave. The folder `path` holds everything else.

    Attributes:
        results: one row a setting, the best first: `params`, `mean_accuracy` (0..1), `std` …
        best: the first of them that is done, or None.
        best_hyper: all hyper parameters of the best setting, ready for `train`; None where none is done.
    """

    path: Path
    state: str
    results: list[dict[str, Any]]
    best: dict[str, Any] | None
    best_hyper: HyperParams | None

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of the images, as it was found before the search."""
        return _findings(self.path)

    def _repr_html_(self) -> str:
        """How a notebook shows it: the table, the best row first."""
        rows = [
            f"<tr><td>{escape(str(row['params']))}</td><td>{100 * row['mean_accuracy']:.2f} %</td></tr>"
            for row in self.results
            if row["mean_accuracy"] is not None
        ]
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_findings_html(self.findings)}"
        return f"{head}<table>{''.join(rows)}</table>"


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
    task = TuneTask(data=values, space=_space(hyper), **({"threads": 1} | options))
    run = begin_run(task, results_folder(task, out), name=name)
    _execute(run, task, listen)
    document = tune_document(run)
    best = adopted_hyper(run) if document["best"] else None
    return TunedRun(run.path, document["state"], document["results"], document["best"], best)


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
    task = StudyTask(data=values, space=_space(hyper), targets=tuple(targets), **({"threads": 1} | options))
    run = begin_run(task, results_folder(task, out), name=name)
    _execute(run, task, listen)
    return study_document(run)


def suspects(
    data: Data,
    hyper: Hyper = None,
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int | None = None,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    threads: int | None = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Training images whose label is suspicious, worst first.

    Every image is answered by networks that were trained on other folds, `repeats` times; a label is suspicious where
    they are sure of another class.

    Returns:
        The document that `convonet suspects --json` prints; `suspects.csv` in its run folder has every image.

    Raises:
        InputError: parameters or images that cannot be used.
        KeyboardInterrupt: the run is then `cancelled`, and can be resumed.
    """
    values, hypers = data_of(data), _hyper(hyper)
    task = SuspectsTask(
        data=values,
        hyper=hypers if seed is None else hypers.changed(seed=seed),
        folds=folds,
        repeats=repeats,
        threads=threads or available_cores(),
    )
    run = begin_run(task, results_folder(task, out), name=name)
    _execute(run, task, listen)
    return suspects_document(run)


def evaluate(
    model: str | os.PathLike[str] | TrainedRun,
    data: Data | None = None,
    *,
    split: Split = "test",
    top_k: int = 5,
    positive: str | None = None,
    threshold: float | None = None,
    min_recall: float | None = None,
    costs: tuple[float, float] | None = None,
    calibrate: bool = False,
    keep: bool = False,
    scaling: Any = None,
    classes: Sequence[str] = (),
    accept_class_map: bool = False,
    listen: Listener = None,
) -> dict[str, Any]:
    """Score a model on a set; for a run folder the files are written into it.

    Args:
        data: None: what the run was trained with. The path of a folder or table: the test images, or with another
            split the training images; all else stays as the run was trained.
        min_recall: choose the threshold on validation to find this share of the positives, 0..1.
        costs: or for the least cost of false alarms and misses.
        calibrate: fit a temperature on validation.
        keep: write threshold, positive class and temperature into the model.
        classes: names for a model that holds none, in the order of its outputs.
        accept_class_map: where class names of the images differ from the model's and each has one likely match, take
            the matches as the same classes.

    Returns:
        The document that `convonet evaluate --json` prints.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    own = (path / "run.json").is_file()
    values = _data_to_test(data, path, split, own)
    task = EvaluateTask(
        model=str(path),
        data=values,
        split=split,
        top_k=top_k,
        positive=positive,
        threshold=threshold,
        min_recall=min_recall,
        costs=costs,
        calibrate=calibrate,
        keep=keep,
        scaling=scaling,
        classes=tuple(classes),
        accept_class_map=accept_class_map,
        into=str(path.resolve()) if own else None,
    )
    return answer_of(task, listen)


def verify(
    run: str | os.PathLike[str] | TrainedRun | TunedRun,
    *,
    data: Data | None = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Repeat a training, a search or a study and compare, to the last digit.

    Args:
        data: where the images are now, if they have moved; a path is that of the training images.

    Returns:
        The document that `convonet verify --json` prints: `equal`, `difference`, `sentence` …

    Raises:
        RunNotFoundError: no such run.
        InputError: a run that is not done, or of a kind that cannot be repeated.
    """
    path = run.path if isinstance(run, (TrainedRun, TunedRun)) else Path(local_path(run))
    threads = Run.open(path).task().threads
    folders = None if data is None else data_of(data)
    return answer_of(VerifyTask(run=str(path.resolve()), data=folders, threads=threads), listen)


def predict(
    model: str | os.PathLike[str] | TrainedRun,
    images: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | np.ndarray,
    *,
    top: int = 5,
    unsure_below: float | None = None,
    scaling: Any = None,
) -> list[dict[str, Any]]:
    """Tell the class of images.

    Args:
        images: paths of images and folders; or an array of uint8 pixels that has the model's size: one image
            (H, W) or (H, W, C), or a batch (N, H, W, C). For an array, `path` in the answer says which it was.

    Returns:
        One document an image, as `convonet predict --json` prints.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    if isinstance(images, np.ndarray):
        return _predict_array(path, images, top, scaling)
    given = [images] if isinstance(images, (str, os.PathLike)) else list(images)
    task = PredictTask(
        model=str(path),
        paths=tuple(os.fspath(item) for item in given),
        top=top,
        unsure_below=unsure_below,
        scaling=scaling,
    )
    predictions: list[dict[str, Any]] = answer_of(task, None)["predictions"]
    return predictions


def export(
    model: str | os.PathLike[str] | TrainedRun,
    format: str = "onnx",
    *,
    out: str | os.PathLike[str] | None = None,
    data: Data | None = None,
    scaling: Any = None,
    fetch: bool = False,
    runtime: str | os.PathLike[str] | None = None,
    unchecked: bool = False,
    max_loss: float | None = None,
    listen: Listener = None,
) -> dict[str, Any]:
    """Write a model in another format, checked image by image against keras, or not at all.

    Args:
        format: onnx, onnx-int8, folder, web, openvino, litert or torch.
        out: the file or folder to write; None: beside the model.
        data: whose images the export is checked with; None: those of the model's run.
        fetch: for web: download ONNX Runtime Web with npm where it is not kept on this machine.
        runtime: for web: a package or folder that ONNX Runtime Web is taken from.
        unchecked: for web: write the page although no browser is there to compare it in.
        max_loss: for onnx-int8: the largest loss of accuracy, 0..1, with which the file is kept; None: 0.01.

    Returns:
        The document that `convonet export --json` prints.

    Raises:
        InputError: no such format, or what it needs is not installed.
        ModelFileError: the model cannot be exported, or the export gives other answers.
    """
    path = model.path if isinstance(model, TrainedRun) else Path(local_path(model))
    task = ExportTask(
        model=str(path.resolve()),
        format=format,
        out=absolute(out) if out is not None else None,
        data=data_of(data) if data is not None else None,
        scaling=scaling,
        fetch=fetch,
        runtime=absolute(runtime) if runtime is not None else None,
        unchecked=unchecked,
        max_loss=max_loss,
    )
    return answer_of(task, listen)


def _predict_array(path: Path, images: np.ndarray, top: int, scaling: Any) -> list[dict[str, Any]]:
    predictor = open_predictor(path, scaling=scaling)
    single = images.ndim < 4
    batch = images.reshape((1, *images.shape)) if single else images
    batch = batch[..., np.newaxis] if batch.ndim == 3 else batch
    probabilities = predictor.predict(batch)
    places = ["one image"] if single else [f"batch[{place}]" for place in range(len(batch))]
    return answers(probabilities, predictor.info, places, top=top)


def answer_of(task: Task, listen: Listener) -> dict[str, Any]:
    """The answer of a task that leaves no run behind, done here."""
    with Scratch() as folder:
        run = Run.create(folder, task, owner=os.getpid())
        _execute(run, run.task(), listen)
        return read_result(run)


def _execute(run: Run, task: Task, listen: Listener, **more: Any) -> None:
    """Do the job here. Ctrl-C stops it after the present batch, keeps the work, and goes on as KeyboardInterrupt.

    Where the memory is not enough for a training, it goes on with half the batch.
    """
    with _interrupts() as asked:
        try:
            job = job_for(task, **more)
            state = execute(run, job, process=os.getpid(), should_stop=asked.is_set, listen=listen)
        except OutOfMemoryError:
            if not halve_batch(run):
                raise
            _execute(run, run.task(), listen, **more)
            return
    if state is RunState.CANCELLED and asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set when the person presses Ctrl-C; once more ends the work where it is.

    Outside the main thread, where that cannot be heard, it is never set.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def data_of(data: Data) -> DataParams:
    """Data parameters from a value, a dictionary, a JSON file, or a folder of images."""
    if isinstance(data, DataParams):
        return data
    if isinstance(data, Mapping):
        return DataParams.of(data)
    path = Path(data)
    return load_data(path) if path.suffix.lower() == ".json" else DataParams.of({"train_dir": str(path)})


def _hyper(hyper: Hyper) -> HyperParams:
    if hyper is None:
        return HyperParams()
    if isinstance(hyper, HyperParams):
        return hyper
    return _space(hyper).first()


def _space(hyper: Hyper) -> SearchSpace:
    if hyper is None or isinstance(hyper, HyperParams):
        return SearchSpace.single(hyper or HyperParams())
    if isinstance(hyper, SearchSpace):
        return hyper
    return SearchSpace.of(hyper) if isinstance(hyper, Mapping) else load_hyper(hyper)


def _data_to_test(data: Data | None, model: Path, split: Split, own: bool) -> DataParams:
    """The data of an evaluation: given as a whole, or one folder in place of one that the run was trained with."""
    if data is None:
        return _trained_on(model)
    if isinstance(data, (DataParams, Mapping)) or Path(data).suffix.lower() == ".json":
        return data_of(data)
    known = _trained_on(model) if own else DataParams()
    return known.changed(**{"test_dir" if split == "test" else "train_dir": os.fspath(data)})


def _trained_on(path: Path) -> DataParams:
    task = Run.open(path).task()
    return task.data if isinstance(task, TrainTask) else DataParams()
