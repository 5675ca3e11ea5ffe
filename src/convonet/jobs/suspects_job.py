"""Suspicious labels: every image is answered by models that were trained without it, several times."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convonet.atomic import replacing
from convonet.csv_files import write_csv
from convonet.data.channels import find_pixels
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.sources import scan_set
from convonet.events import FileSaved, Progressed, StageStarted, Watch
from convonet.jobs.checks import check_before_training
from convonet.jobs.data_record import check_same_data, must_be_same
from convonet.metrics import Suspicion, suspicion
from convonet.params import PixelParams
from convonet.runs import Run
from convonet.runs.suspects import HEADER, SUSPECTS, suspects_document
from convonet.specs import SuspectsTask

STAGE = "suspects"
PICTURE = "suspects.png"
_SHOWN = 40

Shares = npt.NDArray[np.float32]


def work(run: Run, task: SuspectsTask, watch: Watch) -> dict[str, Any]:
    """Train on folds, rank the labels, write the list and a page of its first images.

    What each fold answered is kept in the run folder until the end, so that a resumed run repeats none.

    Raises:
        Cancelled: the person asked to stop.
        ConvonetError: it cannot be done, or not on these images.
    """
    watch.tell(StageStarted(stage="scan", title="Looking at the folders"))
    listing = scan_set(task.data, "train", watch=watch)
    pixels = find_pixels(listing, task.data, watch=watch)
    watch.tell(StageStarted(stage="prepare", title="Reading the images"))
    prepared = prepare(listing, pixels, name="train", by_content=must_be_same(run), watch=watch)
    check_same_data(run, {"train": prepared}, accept=task.accept_changed_data, watch=watch)
    check_before_training(run, {"train": listing}, {"train": prepared}, None, watch)
    watch.tell(StageStarted(stage=STAGE, title="Asking models that were trained without the image"))
    shares = _mean_shares(run, task, prepared, pixels, watch)
    found = suspicion(prepared.labels, shares)
    _write(run, prepared, shares, found)
    watch.tell(FileSaved(path=SUSPECTS, title="Suspicious labels, worst first"))
    _draw(run, prepared, shares, found)
    watch.tell(FileSaved(path=PICTURE, title="The most suspicious images"))
    right = float((shares.argmax(axis=1) == prepared.labels).mean())
    run.update(scores={"out_of_fold": {"accuracy": right, "images": len(prepared)}})
    for part in _parts(run):
        part.unlink(missing_ok=True)
    return suspects_document(run)


def _mean_shares(
    run: Run, task: SuspectsTask, prepared: PreparedSet, pixels: PixelParams, watch: Watch
) -> Shares:
    """Probabilities of every image, (N, classes): the mean over the repeats."""
    # Keras takes seconds to load. Wrong images are told before anybody waits for it.
    from convonet.nets.backend import set_threads
    from convonet.tuning.fold_data import FoldData

    if task.threads is not None:
        set_threads(task.threads)
    data = FoldData.of(prepared, pixels, task.data, folds=task.folds, images=None)
    total = np.zeros((len(prepared), len(prepared.classes)), np.float64)
    units = [(repeat, fold) for repeat in range(1, task.repeats + 1) for fold in range(1, task.folds + 1)]
    for done, (repeat, fold) in enumerate(units, start=1):
        watch.check()
        held = data.rows(repeat, fold)[1]
        part = run.file(f"out_of_fold_{repeat}_{fold}.npy")
        if not part.is_file():
            _save(part, _answers(task, data, repeat, fold, watch))
        total[held] += np.load(part)
        watch.tell(Progressed(stage=STAGE, done=done, total=len(units)))
    return (total / task.repeats).astype(np.float32)


def _answers(task: SuspectsTask, data: Any, repeat: int, fold: int, watch: Watch) -> Shares:
    """What a network trained on the other folds says of the images of one."""
    from convonet.nets import backend
    from convonet.nets.registry import create_model
    from convonet.training.net_training import ImageRows, NetTraining
    from convonet.training.phases import PhasedTraining, has_phases
    from convonet.tuning.units import repeat_seed

    kept, held = data.rows(repeat, fold)
    images, hyper = data.opened(), task.hyper.changed(seed=repeat_seed(task.hyper.seed, repeat))
    model = create_model(
        hyper,
        shape=data.pixels.shape,
        classes=data.classes,
        scaling=data.scaling,
        mean=data.mean,
        deviation=data.deviation,
        pixels=data.pixels,
        seed=hyper.seed,
    )
    kind = PhasedTraining if has_phases(model, hyper) else NetTraining
    quiet = _Quiet(watch)
    kind(model, hyper).train_val(
        ImageRows(images, data.labels, kept), ImageRows(images, data.labels, held), quiet
    )
    shares: Shares = model.predict(images[held], watch=quiet)
    del model
    backend.forget_session()
    gc.collect()
    return shares


class _Quiet(Watch):
    """Asks what another watch asks, and tells nothing: a fold is a step, its epochs are none."""

    def __init__(self, other: Watch) -> None:
        super().__init__()
        self._other = other

    def check(self) -> None:
        self._other.check()


def _save(path: Path, shares: Shares) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, shares)


def _parts(run: Run) -> Iterator[Path]:
    return run.path.glob("out_of_fold_*.npy")


def _write(run: Run, prepared: PreparedSet, shares: Shares, found: Suspicion) -> None:
    names, labels = prepared.classes, prepared.labels

    def lines() -> Iterator[tuple[object, ...]]:
        for rank, row in enumerate(found.worst_first().tolist(), start=1):
            label, other = int(labels[row]), int(found.suggested[row])
            said = (float(found.margin[row]), float(shares[row, label]), float(shares[row, other]))
            yield (
                rank,
                prepared.paths[row],
                names[label],
                names[other],
                *said,
                "yes" if found.likely[row] else "no",
            )

    write_csv(run.file(SUSPECTS), HEADER, lines())


def _draw(run: Run, prepared: PreparedSet, shares: Shares, found: Suspicion) -> None:
    from convonet.plots.figures import save_figure
    from convonet.plots.samples import mistakes_figure

    rows = found.worst_first()[:_SHOWN]
    names = prepared.classes
    titles = [
        f"{names[prepared.labels[row]]}, perhaps {names[found.suggested[row]]} "
        f"({100 * shares[row, found.suggested[row]]:.0f} %)"
        for row in rows.tolist()
    ]
    figure = mistakes_figure(prepared.images[rows], titles, title="Suspicious labels, worst first", columns=8)
    save_figure(figure, run.file(PICTURE))
