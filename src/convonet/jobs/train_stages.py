"""The stages of a training behind the images: build, train, save, export, plot and, if asked for, test."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import replacing, write_text
from convonet.errors import Cancelled, ConvonetError, DataError
from convonet.events import FileSaved, StageStarted, Warned, Watch
from convonet.jobs.test_job import evaluate_into
from convonet.jobs.train_sets import TrainSets
from convonet.nets.backend import set_threads
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params import FAMILIES, PixelParams
from convonet.params.advice import SetFacts, advise
from convonet.plots.curves import combined_figure, curves_of
from convonet.plots.figures import save_figure
from convonet.plots.rates import rates_figure
from convonet.plots.results import save_hyper_params, save_network, save_train_val_plots
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.specs import TestTask, TrainTask
from convonet.testing.models import sha256_of
from convonet.training.checkpoint import CheckpointFile
from convonet.training.diagnosis import read_curves
from convonet.training.history import History
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.phases import PhasedTraining, has_phases, remove_phase_files

CHECKPOINT = "checkpoint.npz"
MODEL = "model.keras"
ONNX = "model.onnx"
_COPIES = (MODEL, "train_val_plots.png", "hyper_params.png")
_SAMPLES = 16


def train(
    run: Run, task: TrainTask, sets: TrainSets, watch: Watch, callbacks: Sequence[Any] = ()
) -> dict[str, Any]:
    """Train on the prepared images and leave all results in the run's folder; the answer is its document.

    Args:
        callbacks: a person's own `keras.callbacks.Callback`s.

    Raises:
        Cancelled: the person asked to stop; what was trained is saved.
        ConvonetError: it cannot be done.
    """
    if task.threads is not None:
        set_threads(task.threads)
    pixels = sets.pixels
    model = _build(task, sets, pixels, watch)
    summary = model.summary()
    write_text(run.file("summary.txt"), summary.text())
    _advise(run, task, sets, pixels, watch)
    training = _training(run, task, model)
    training.callbacks = callbacks
    watch.tell(StageStarted(stage="train", title="Training"))
    try:
        rows = ImageRows(sets.train.images, sets.train.labels, sets.train_rows)
        if sets.val is None:
            result = training.train(rows, watch)
        else:
            held_out = ImageRows(sets.val.images, sets.val.labels, sets.val_rows)
            result = training.train_val(rows, held_out, watch)
    except Cancelled:
        _save_partial(run, task, model, training, watch)
        raise
    _save(run, model, sets, result, watch)
    _export(run, model, sets, watch)
    _plot(run, task, result.history, watch)
    save_network(run.file("network.png"), summary.to_dict()["layers"])
    watch.tell(FileSaved(path="network.png", title="Drawing of the network"))
    _copy_results(run, task, watch)
    if task.then_test:
        watch.check()
        evaluate_into(
            run.path, TestTask(model=str(run.path), data=task.data, threads=task.threads), watch, run=run
        )
    run.file(CHECKPOINT).unlink(missing_ok=True)
    remove_phase_files(run.path)
    return train_document(run)


def _build(task: TrainTask, sets: TrainSets, pixels: PixelParams, watch: Watch) -> NetModel:
    watch.tell(StageStarted(stage="build", title="Building the network"))
    for name in FAMILIES[task.hyper.family].ignored(task.hyper):
        watch.tell(Warned(message=f"The network {task.hyper.family} does not use {name}", subject=name))
    if task.from_model is not None:
        return _further(task, sets, pixels)
    said = task.data.scaling if task.data.is_set("scaling") else None
    model = create_model(
        task.hyper,
        shape=pixels.shape,
        classes=sets.train.classes,
        scaling=said,
        mean=task.data.mean,
        deviation=task.data.deviation,
        pixels=pixels,
        seed=task.hyper.seed,
    )
    if said not in (None, model.info.scaling):
        message = f"The base has a scaling of its own, {model.info.scaling}: {said} is not used"
        watch.tell(Warned(message=message, subject="scaling"))
    return model


def _advise(run: Run, task: TrainTask, sets: TrainSets, pixels: PixelParams, watch: Watch) -> None:
    """Known mistakes are told before time is spent on them; what is only worth a try stands in the record."""
    classes = sets.train.classes
    counts = np.bincount(sets.train.labels[sets.train_rows], minlength=len(classes))
    facts = SetFacts(dict(zip(classes, counts.tolist(), strict=True)), pixels.shape[:2])
    said = advise(facts, task.hyper)
    run.update(advice=[advice.to_dict() for advice in said])
    for advice in said:
        if advice.mistake:
            watch.tell(Warned(message=advice.text, subject="advice"))


def _further(task: TrainTask, sets: TrainSets, pixels: PixelParams) -> NetModel:
    """A saved model whose weights training starts from."""
    path = Path(str(task.from_model))
    model = NetModel.load(path / MODEL if path.is_dir() else path)
    if model.info.classes != tuple(sets.train.classes) or model.info.pixels.shape != pixels.shape:
        raise DataError(
            "The model to go on from was made for other images",
            where=path,
            expected=f"classes {', '.join(model.info.classes)} at {model.info.pixels.shape}",
            received=f"classes {', '.join(sets.train.classes)} at {pixels.shape}",
        )
    return model


def _training(run: Run, task: TrainTask, model: NetModel) -> NetTraining | PhasedTraining:
    file = run.history_file()

    def write_row(history: History) -> int:
        if len(history) == 1:
            write_text(file.path, history.csv_head() + "\n")
        file.append(history.csv_line(len(history) - 1))
        return file.size()

    def cut(history: History, size: int) -> None:
        if len(history):
            file.cut(size)
        else:
            file.path.unlink(missing_ok=True)

    kind = PhasedTraining if has_phases(model, task.hyper) else NetTraining
    return kind(model, task.hyper, CheckpointFile(run.file(CHECKPOINT)), on_history=write_row, on_resume=cut)


def _save(run: Run, model: NetModel, sets: TrainSets, result: TrainingResult, watch: Watch) -> None:
    watch.tell(StageStarted(stage="save", title="Saving the model"))
    model.save(run.file(MODEL))
    watch.tell(FileSaved(path=MODEL, title="Model"))
    findings = read_curves(
        result.history.to_dict(),
        sets.majority,
        train_majority=sets.train_majority,
        epoch=result.model_epoch,
        collapse=result.collapse,
    )
    for finding in findings:
        watch.tell(Warned(message=finding.text(), subject="curves"))
    last = result.history.rows[result.model_epoch - 1]
    counts = {"images": len(sets.train_rows), "val_images": len(sets.val_rows)}
    seen = {k: v for k, v in last.items() if k != "learning_rate"} | counts
    scores = run.read()["scores"] | {"training": seen}
    run.update(
        model_epoch=result.model_epoch,
        stopped=result.stopped,
        diagnosis=[finding.to_dict() for finding in findings],
        images_per_second=result.images_per_second,
        scores=scores,
    )


def _save_partial(
    run: Run, task: TrainTask, model: NetModel, training: NetTraining | PhasedTraining, watch: Watch
) -> None:
    """What a stop leaves: the model as it is, the curves so far. The checkpoint is written already."""
    calm = Watch(watch.tell)
    calm.tell(StageStarted(stage="save", title="Saving what was trained"))
    model.save(run.file(MODEL))
    run.update(model_epoch=len(training.history), images_per_second=training.speed)
    if len(training.history):
        _plot(run, task, training.history, calm)


def _export(run: Run, model: NetModel, sets: TrainSets, watch: Watch) -> None:
    """ONNX for fast use; where it cannot be made, keras stays in use and the run says so."""
    watch.check()
    watch.tell(StageStarted(stage="export", title="Exporting to ONNX"))
    held_out = sets.val if sets.val is not None and sets.val is not sets.train else None
    source, prepared = ("train", sets.train) if held_out is None else ("val", held_out)
    samples = prepared.images[:: max(1, len(prepared.images) // _SAMPLES)][:_SAMPLES]
    digest = sha256_of(run.file(MODEL))
    try:
        export_onnx(model, run.file(ONNX), samples=samples, source=source, keras_sha256=digest)
    except ConvonetError as error:
        watch.tell(Warned(message=f"No ONNX file was made: {error.sentence()}", subject="export"))
    else:
        watch.tell(FileSaved(path=ONNX, title="ONNX model"))


def _plot(run: Run, task: TrainTask, history: History, watch: Watch) -> None:
    watch.tell(StageStarted(stage="plot", title="Drawing"))
    save_train_val_plots(run.file("train_val_plots.png"), history.to_dict())
    save_hyper_params(run.file("hyper_params.png"), task.hyper)
    figures = {
        "accuracy_and_loss.png": combined_figure(curves_of(history.to_dict()), task.hyper.target),
        "learning_rate.png": rates_figure(history.column("learning_rate")),
    }
    for name, figure in figures.items():
        save_figure(figure, run.file(name))
    watch.tell(FileSaved(path="train_val_plots.png", title="Accuracy and loss"))
    watch.tell(FileSaved(path="accuracy_and_loss.png", title="Accuracy and loss with the target"))
    watch.tell(FileSaved(path="learning_rate.png", title="Learning rate"))
    watch.tell(FileSaved(path="hyper_params.png", title="Hyper parameters"))


def _copy_results(run: Run, task: TrainTask, watch: Watch) -> None:
    """The three files also go where the reference application put them."""
    if task.data.result_dir is None:
        return
    folder = Path(task.data.result_dir)
    for name in _COPIES:
        with replacing(folder / name) as temporary:
            shutil.copyfile(run.file(name), temporary)
        watch.tell(FileSaved(path=str(folder / name), title="Copy in the results folder"))
