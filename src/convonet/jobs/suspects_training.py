"""The part of a search for wrong labels that needs Keras: training on folds, and the picture of what was found."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convonet.atomic import replacing
from convonet.data.data_prep import PreparedSet
from convonet.events import Progressed, Watch
from convonet.metrics import Suspicion
from convonet.nets import backend
from convonet.nets.backend import set_threads
from convonet.nets.registry import create_model
from convonet.params import PixelParams
from convonet.plots.figures import save_figure
from convonet.plots.samples import mistakes_figure
from convonet.runs import Run
from convonet.tasks import SuspectsTask
from convonet.training.image_rows import ImageRows
from convonet.training.phases import create_training
from convonet.tuning.fold_data import FoldData
from convonet.tuning.units import repeat_seed

SHOWN = 40
"""Images in the picture."""

Shares = npt.NDArray[np.float32]


def mean_shares(
    run: Run, task: SuspectsTask, prepared: PreparedSet, pixels: PixelParams, watch: Watch
) -> Shares:
    """Probabilities of every image, (N, classes): the mean over the repeats."""
    if task.threads is not None:
        set_threads(task.threads)
    data = FoldData.of(prepared, pixels, task.data, folds=task.folds, images=None)
    total = np.zeros((len(prepared), len(prepared.classes)), np.float64)
    units = [(repeat, fold) for repeat in range(1, task.repeats + 1) for fold in range(1, task.folds + 1)]
    for done, (repeat, fold) in enumerate(units, start=1):
        watch.check()
        held = data.rows(repeat, fold)[1]
        # A file for each fold: what a stopped run has is not trained again.
        part = run.file(f"out_of_fold_{repeat}_{fold}.npy")
        if not part.is_file():
            _save(part, _answers(task, data, repeat, fold, watch))
        total[held] += np.load(part)
        watch.tell(Progressed(stage=SuspectsTask.kind, done=done, total=len(units)))
    return (total / task.repeats).astype(np.float32)


def _answers(task: SuspectsTask, data: FoldData, repeat: int, fold: int, watch: Watch) -> Shares:
    """What a network trained on the other folds says of the images of one."""
    kept, held = data.rows(repeat, fold)
    images, hyper = data.opened(), task.hyper.changed(seed=repeat_seed(task.hyper.seed, repeat))
    model = create_model(hyper, data.net_input)
    quiet = _Quiet(watch)
    create_training(model, hyper).train_val(
        ImageRows(images, data.labels, kept), ImageRows(images, data.labels, held), quiet
    )
    shares: Shares = model.predict(images[held], watch=quiet)
    # Keras keeps every network that was built; dozens of them fill the memory.
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


def draw(path: Path, prepared: PreparedSet, shares: Shares, found: Suspicion) -> None:
    """Draw the most suspicious images with their labels, the most suspicious first."""
    rows = found.worst_first()[:SHOWN]
    names = prepared.classes
    titles = [
        f"{names[prepared.labels[row]]}, perhaps {names[found.suggested[row]]} "
        f"({100 * shares[row, found.suggested[row]]:.0f}%)"
        for row in rows.tolist()
    ]
    figure = mistakes_figure(
        prepared.images[rows], titles, title="Suspicious labels, most suspicious first", columns=8
    )
    save_figure(figure, path)
