"""The stages of a training behind the images: build, train, save, export, plot and, with test images, test."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from convonet.atomic import replacing, write_text
from convonet.documents.run_record import FindingRow
from convonet.documents.training import TrainDocument
from convonet.errors import Cancelled, ConvonetError, DataError
from convonet.evaluation.models import sha256_of
from convonet.events import FileSaved, StageStarted, Warned, Watch
from convonet.jobs.after_training import warn_untested
from convonet.jobs.evaluate_job import evaluate_into
from convonet.jobs.fitting import MODEL, Fit
from convonet.jobs.train_sets import TrainSets
from convonet.jobs.unknown_stage import with_unknown
from convonet.nets.backend import set_threads
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.plots.curves import combined_figure, curves_of
from convonet.plots.figures import save_figure
from convonet.plots.rates import rates_figure
from convonet.plots.results import save_hyper_params, save_network, save_train_val_plots
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.tasks import EvaluateTask, TrainTask
from convonet.training.diagnosis import read_curves
from convonet.training.history import History
from convonet.training.net_training import TrainingResult

ONNX = "model.onnx"
_FIGURES = ("train_val_plots.png", "hyper_params.png")
_SAMPLES, _SAMPLES_OF_LARGE, _LARGE = 16, 6, 128
"""Images that an export is compared on; Keras takes a tenth of a second for each large one."""


def train(
    run: Run, task: TrainTask, sets: TrainSets, watch: Watch, callbacks: Sequence[Any] = ()
) -> TrainDocument:
    """Train on the prepared images and leave all results in the run's folder; the answer is its document.

    Args:
        callbacks: a person's own `keras.callbacks.Callback`s.

    Raises:
        Cancelled: the person asked to stop; what was trained is saved.
        ConvonetError: it cannot be done.
    """
    if task.threads is not None:
        set_threads(task.threads)
    fit = Fit(run, task, sets, run.path, {"callbacks": callbacks})
    model = fit.build(watch)
    write_text(run.file("summary.txt"), model.summary().as_text())
    try:
        result = fit.train(model, watch)
    except Cancelled:
        save_partial(run, fit, model, watch)
        raise
    finish(run, task, sets, model, result, watch)
    # Only after everything is written: until then a stop goes on from the checkpoint.
    fit.clean()
    return train_document(run)


def finish(
    run: Run, task: TrainTask, sets: TrainSets, model: NetModel, result: TrainingResult, watch: Watch
) -> None:
    """Leave a trained network and all that belongs to it in the run's folder."""
    draw(run, task, model, result, watch)
    leave_model(run, task, sets, model, result, watch)


def leave_model(
    run: Run, task: TrainTask, sets: TrainSets, model: NetModel, result: TrainingResult, watch: Watch
) -> None:
    """Save a trained network, export it, and test it."""
    write_text(run.file("summary.txt"), model.summary().as_text())
    model = with_unknown(run, task, sets, model, watch)
    _save(run, task, model, sets, result, watch)
    _export(run, model, sets, watch)
    _copy_results(run, task, (MODEL,), watch)
    if task.then_test:
        watch.check()
        _test(run, task, sets, watch)


def draw(run: Run, task: TrainTask, model: NetModel, result: TrainingResult, watch: Watch) -> None:
    """The figures of a training: curves, rates, hyperparameters and the network."""
    _plot(run, task, result.history, watch)
    save_network(run.file("network.png"), model.summary().layers)
    watch.tell(FileSaved(path="network.png", title="Drawing of the network"))
    _copy_results(run, task, _FIGURES, watch)


def _test(run: Run, task: TrainTask, sets: TrainSets, watch: Watch) -> None:
    """Evaluate on the test images, if there are some. That they cannot be used is no fault of the training."""
    error = sets.test_error
    if sets.tested:
        test = EvaluateTask(model=str(run.path), data=sets.data, threads=task.threads)
        try:
            evaluate_into(run.path, test, watch, run=run, checked=True)
        except DataError as caught:
            error = caught
    if error is not None:
        warn_untested(run, task, error, watch)


def _save(
    run: Run, task: TrainTask, model: NetModel, sets: TrainSets, result: TrainingResult, watch: Watch
) -> None:
    watch.tell(StageStarted(stage="save", title="Saving the model"))
    model.save(run.file(MODEL))
    watch.tell(FileSaved(path=MODEL, title="Model"))
    history, epoch = curve_of(task, result)
    findings = read_curves(
        history.to_dict(),
        sets.majority,
        train_majority=sets.train_majority,
        images=(len(sets.val_rows), len(sets.train_rows)),
        epoch=epoch,
        collapse=result.collapse,
    )
    for finding in findings:
        watch.tell(Warned(message=finding.text(), subject="curves"))
    last = result.history.rows[result.model_epoch - 1]
    counts = {"images": len(sets.train_rows), "val_images": len(sets.val_rows)}
    seen = {k: v for k, v in last.items() if k != "learning_rate"} | counts
    scores = run.read().scores.changed(training=seen)
    run.update(
        model_epoch=result.model_epoch,
        stopped=result.stopped,
        diagnosis=[FindingRow.of(asdict(finding)) for finding in findings],
        images_per_second=result.images_per_second,
        scores=scores,
    )


def curve_of(task: TrainTask, result: TrainingResult) -> tuple[History, int]:
    """The epochs that make one curve, and the model's epoch in it. A head fitted to convergence stands alone."""
    rows, epoch = result.history.rows, result.model_epoch
    if task.hyper.head_solver != "lbfgs" or len(rows) == 1:
        return result.history, epoch
    # The first row is the solved head; to draw it as an epoch of fine-tuning would show a jump that is none.
    rows = rows[1:] if epoch > 1 else rows[:1]
    return History(rows, result.history.extra), max(epoch - 1, 1)


def save_partial(run: Run, fit: Fit, model: NetModel, watch: Watch) -> None:
    """What a stop leaves: the model as it is, the curves so far. The checkpoint is written already."""
    if fit.begun is None:
        return
    # The watch still wants to stop, and would end the saving at once.
    history, calm = fit.begun.history, Watch(watch.tell)
    calm.tell(StageStarted(stage="save", title="Saving the trained model"))
    model.save(run.file(MODEL))
    run.update(model_epoch=len(history), images_per_second=fit.begun.speed)
    if len(history):
        _plot(run, fit.task, history, calm)


def _export(run: Run, model: NetModel, sets: TrainSets, watch: Watch) -> None:
    """ONNX for fast use; where it cannot be made, keras stays in use and the run says so."""
    watch.check()
    watch.tell(StageStarted(stage="export", title="Exporting to ONNX"))
    # Images of a validation set of its own are the better check, since no training batch has held them.
    held_out = sets.val if sets.val is not None and sets.val is not sets.train else None
    source, prepared = ("train", sets.train) if held_out is None else ("val", held_out)
    count = _SAMPLES if max(sets.pixels.shape[:2]) <= _LARGE else _SAMPLES_OF_LARGE
    samples = prepared.images[:: max(1, len(prepared.images) // count)][:count]
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
    watch.tell(FileSaved(path="hyper_params.png", title="Hyperparameters"))


def _copy_results(run: Run, task: TrainTask, names: Sequence[str], watch: Watch) -> None:
    """The model and two figures also go where the reference application put them."""
    if task.data.result_dir is None:
        return
    folder = Path(task.data.result_dir)
    for name in names:
        # Another program may be reading the copy of the run before.
        with replacing(folder / name) as temporary:
            shutil.copyfile(run.file(name), temporary)
        watch.tell(FileSaved(path=str(folder / name), title="Copy in the results folder"))
