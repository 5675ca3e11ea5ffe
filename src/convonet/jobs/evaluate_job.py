"""The testing job: read a set with the model's classes and pixels, score it, write the files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.grouping import held_out_rows
from convonet.data.listing import ImageListing
from convonet.data.locations import location_of
from convonet.data.sources import scan_images, scan_mapped
from convonet.documents.evaluation import EvaluateDocument, EvaluationDocument
from convonet.documents.run_record import SetScores
from convonet.errors import DataError, InputError
from convonet.evaluation.choosing import Chosen, ThresholdRequest
from convonet.evaluation.evaluation import Evaluation
from convonet.evaluation.keeping import keep
from convonet.evaluation.models import open_predictor
from convonet.evaluation.net_evaluation import Predictor, choose_on, evaluate
from convonet.evaluation.outside import outside_scores, unknown_scores
from convonet.evaluation.writing import write_evaluation
from convonet.events import FileSaved, StageStarted, Warned, Watch
from convonet.inference.model_info import ModelInfo
from convonet.jobs.checks import check_before_test
from convonet.jobs.report_job import leave_report
from convonet.plots.results import save_calibration, save_confusion, save_ranking
from convonet.runs import RECORD, Run
from convonet.runs.sets_table import sets_table
from convonet.runs.untested import data_kept
from convonet.tasks import EvaluateTask, Split, TrainTask


def work(run: Run, task: EvaluateTask, watch: Watch) -> EvaluateDocument:
    """Evaluate; files go into the run folder `task.into` where given, else into this run's."""
    # The scores go into the record of another run, which its own worker may be writing.
    with _held(Path(task.into) if task.into else run.path, run) as owner:
        document = evaluate_into(owner.path, task, watch, run=owner)
        leave_report(owner, watch)
        sets = sets_table(owner.read().scores)
        return EvaluateDocument(**dict(document), run=str(owner.path), sets=sets)


def evaluate_into(
    folder: Path, task: EvaluateTask, watch: Watch, *, run: Run | None = None, checked: bool = False
) -> EvaluationDocument:
    """Evaluate and write the files into `folder`; a run given by `run` also remembers the scores.

    Args:
        checked: what a person should know of the images was told already.

    Raises:
        ConvonetError: no such model or set, or they do not belong together.
    """
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    predictor = open_predictor(
        Path(task.model),
        scaling=task.scaling,
        classes=task.classes or None,
        threads=task.threads,
        watch=watch,
    )
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    # Before minutes of testing: a folder without images ends it.
    outside = scan_images([Path(path) for path in task.outside]).paths if task.outside else ()
    prepared = prepared_split(task, task.split, predictor.info, watch, run)
    if not checked:
        check_before_test(run, _run_of(task), task.split, prepared, watch)
    chosen = _chosen(task, predictor, watch, run)
    watch.tell(StageStarted(stage="test", title="Testing"))
    result = evaluate(
        predictor,
        prepared,
        split=task.split,
        top_k=task.top_k,
        positive=task.positive,
        threshold=task.threshold,
        chosen=chosen,
        watch=watch,
    )
    result = _with_unknown(outside, predictor, result, watch)
    if task.keep:
        with _held_model(Path(task.model), run):
            keep(Path(task.model), _kept(chosen, result), watch)
    for path in write_evaluation(folder, result):
        watch.tell(FileSaved(path=path.name, title="Result"))
    ending = "" if task.split == "test" else f"_{task.split}"
    document = result.document()
    _draw(folder, ending, document, watch)
    if run is not None:
        record = run.read()
        tested = {"test_skipped": None} if task.split == "test" and record.test_skipped else {}
        run.update(scores=record.scores.changed(**{task.split: _scores(document)}), **tested)
    return document


def _with_unknown(
    files: Sequence[Path], predictor: Predictor, result: Evaluation, watch: Watch
) -> Evaluation:
    """The evaluation with what it says of images of none of the classes, which are in `files`."""
    outside = None
    if files:
        watch.tell(
            StageStarted(stage="outside", title="Testing on images that belong to none of the classes")
        )
        outside = outside_scores(predictor, files, watch)
    rule, inside = predictor.info.unknown, result.unknown_scores
    if rule is None or inside is None:
        return result
    return replace(result, unknown=unknown_scores(rule, inside, outside))


def _draw(folder: Path, ending: str, document: EvaluationDocument, watch: Watch) -> None:
    """The pictures beside the numbers."""
    save_confusion(folder / f"confusion_matrix{ending}.png", document.confusion_matrix, document.classes)
    watch.tell(FileSaved(path=f"confusion_matrix{ending}.png", title="Confusion matrix"))
    save_calibration(folder / f"calibration{ending}.png", document)
    watch.tell(FileSaved(path=f"calibration{ending}.png", title="Calibration"))
    if document.curves:
        save_ranking(folder / f"roc_pr{ending}.png", document)
        watch.tell(FileSaved(path=f"roc_pr{ending}.png", title="ROC and precision-recall curves"))


@contextlib.contextmanager
def _held(folder: Path, run: Run) -> Iterator[Run]:
    """The run in a folder, held while its files are written; `run` itself is held by whoever runs it."""
    # The lock is not reentrant, and this process has it.
    if folder == run.path:
        yield run
        return
    owner = Run.open(folder)
    with owner.lock():
        yield owner


def _chosen(task: EvaluateTask, predictor: Predictor, watch: Watch, run: Run | None) -> Chosen:
    """What validation tells of threshold and temperature; nothing where neither is asked for."""
    request = ThresholdRequest(task.min_recall, task.costs, task.calibrate)
    if not request:
        if task.keep and task.threshold is None:
            choices = "a threshold, a minimum recall, costs, or calibration"
            raise InputError("There is nothing to save in the model", expected=choices)
        return Chosen()
    request.check(task.threshold, len(predictor.info.classes) or 2)
    watch.tell(
        StageStarted(stage="choose", title="Choosing the threshold or temperature on the validation images")
    )
    prepared = prepared_split(task, "val", predictor.info, watch, run)
    if task.split == "val":
        message = (
            "The threshold or temperature was chosen on the same images, so the scores are slightly too high"
        )
        watch.tell(Warned(message=message, subject="validation"))
    positive = task.positive
    return choose_on(predictor, prepared, request, positive=positive, threshold=task.threshold, watch=watch)


def _kept(chosen: Chosen, result: Evaluation) -> Chosen:
    """What goes into the model: a threshold that was given counts as chosen."""
    if chosen.threshold is not None or result.threshold is None:
        return chosen
    return replace(chosen, threshold=result.threshold, positive=result.positive)


@contextlib.contextmanager
def _held_model(model: Path, owner: Run | None) -> Iterator[None]:
    """The run that a model belongs to, held while the model is changed."""
    folder = model if model.is_dir() else model.parent
    if not (folder / RECORD).is_file() or (owner is not None and owner.path == folder.resolve()):
        yield
        return
    with Run.open(folder).lock():
        yield


def _scanned(
    task: EvaluateTask, split: Split, info: ModelInfo, watch: Watch, run: Run | None
) -> ImageListing:
    """A set in the model's classes; a class map that is accepted is kept in the run."""
    classes = info.classes or None
    listing, data = scan_mapped(task.data, split, classes, accept=task.accept_class_map, watch=watch)
    # The map that was accepted belongs to the run, so that nobody is asked again.
    if run is not None and data != task.data:
        data_kept(run, data.class_map)
    return listing


def prepared_split(
    task: EvaluateTask, split: Split, info: ModelInfo, watch: Watch, run: Run | None = None
) -> PreparedSet:
    """A set in the model's classes and pixels. Held-out images are found again by the split's seed."""
    own, cache = task.data, ImageCache(prepared_bytes=task.data.prepared_bytes)
    held_out = split != "test" and location_of(own, "val") is None
    if not held_out:
        listing = _scanned(task, split, info, watch, run)
        return prepare(listing, info.pixels, name=split, cache=cache, watch=watch)
    listing = _scanned(task, "train", info, watch, run)
    prepared = prepare(listing, info.pixels, name="train", cache=cache, watch=watch)
    if _trained_on_all(task):
        if split == "val":
            raise DataError(
                "No images were held out: this model was trained on all training images",
                where=own.train_dir,
                hint="Specify a validation folder, or test on other images",
            )
        return prepared
    _warn_of_changes(task, prepared, watch)
    kept, held_rows = held_out_rows(prepared, own, watch)
    return prepared.select(held_rows if split == "val" else kept)


def _warn_of_changes(task: EvaluateTask, prepared: PreparedSet, watch: Watch) -> None:
    """The held-out share is drawn anew: of other images it would be another one than training held out."""
    if not (Path(task.model) / RECORD).is_file():
        return
    known = Run(Path(task.model)).read().set_record("train")
    if known is not None and known.fingerprint != prepared.fingerprint():
        message = (
            "The training images or their marks have changed since the model was trained. Some of the held-out "
            "images may have been used for training"
        )
        watch.tell(Warned(message=message, subject="data"))


def _run_of(task: EvaluateTask) -> Run | None:
    """The run that the model is of."""
    model = Path(task.model)
    folder = model if model.is_dir() else model.parent
    return Run(folder) if (folder / RECORD).is_file() else None


def _trained_on_all(task: EvaluateTask) -> bool:
    """Whether the model comes from a run on these images that held none out."""
    if not (Path(task.model) / RECORD).is_file():
        return False
    job = Run(Path(task.model)).task()
    # Of other images nobody knows what was held out.
    return isinstance(job, TrainTask) and not job.validation and job.data.train_dir == task.data.train_dir


def _scores(result: EvaluationDocument) -> SetScores:
    """What a run remembers of an evaluation beside its files."""
    return SetScores(
        accuracy=result.accuracy,
        accuracy_interval=result.accuracy_interval,
        baseline_accuracy=result.baseline_accuracy,
        loss=result.loss,
        macro_f1=result.macro_f1,
        auc=result.auc,
        images=result.images,
        threshold=result.threshold,
    )
