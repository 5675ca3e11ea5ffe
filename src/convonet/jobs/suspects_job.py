"""Suspicious labels: every image is answered by models that were trained without it, several times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convonet.csv_files import write_csv
from convonet.data.data_prep import PreparedSet
from convonet.data.sources import scan_set
from convonet.documents.suspects import SuspectsDocument
from convonet.events import FileSaved, StageStarted, Watch
from convonet.jobs.checks import check_before_training
from convonet.jobs.preparing import prepare
from convonet.metrics import Suspicion, suspicion
from convonet.runs import Run
from convonet.runs.suspects import HEADER, SUSPECTS, suspects_document
from convonet.tasks import SuspectsTask

PICTURE = "suspects.png"

Shares = npt.NDArray[np.float32]


def work(run: Run, task: SuspectsTask, watch: Watch) -> SuspectsDocument:
    """Train on folds, rank the labels, write the list and a page of its first images.

    What each fold answered is kept in the run folder until the end, so that a resumed run repeats none.

    Raises:
        Cancelled: the person asked to stop.
        ConvonetError: it cannot be done, or not on these images.
    """
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    listing = scan_set(task.data, "train", watch=watch)
    pixels, sets = prepare(run, task.data, {"train": listing}, watch, accept_changed=task.accept_changed_data)
    check_before_training(run, {"train": listing}, sets, None, watch)
    prepared = sets["train"]
    watch.tell(
        StageStarted(stage=SuspectsTask.kind, title="Predicting each image with models not trained on it")
    )
    # Keras takes seconds to load. Wrong images are told before anybody waits for it.
    from convonet.jobs import suspects_training

    shares = suspects_training.mean_shares(run, task, prepared, pixels, watch)
    found = suspicion(prepared.labels, shares)
    _write(run, prepared, shares, found)
    watch.tell(FileSaved(path=SUSPECTS, title="Suspicious labels, most suspicious first"))
    suspects_training.draw(run.file(PICTURE), prepared, shares, found)
    watch.tell(FileSaved(path=PICTURE, title="The most suspicious images"))
    right = float((shares.argmax(axis=1) == prepared.labels).mean())
    run.update(scores={"out_of_fold": {"accuracy": right, "images": len(prepared)}})
    # Only when the list is written: until then they are what a resumed run goes on from.
    for part in _parts(run):
        part.unlink(missing_ok=True)
    return suspects_document(run)


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
