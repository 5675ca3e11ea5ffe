"""The images of a search or a study: scanned, prepared, checked, and cut into folds."""

from __future__ import annotations

from convonet.data.sources import scan_train
from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.checks import check_before_training
from convonet.jobs.preparing import prepare
from convonet.params import DataParams
from convonet.runs import Run
from convonet.text import counted
from convonet.tuning.fold_data import FoldData


def prepare_search(
    run: Run,
    data: DataParams,
    *,
    folds: int,
    images: int | None,
    accept: bool,
    watch: Watch,
    disk_limit: int | None = None,
) -> FoldData:
    """Map the training images once, for all trainings.

    Args:
        folds: 1 holds out the validation share.
        images: at most so many; None: all.
        disk_limit: bytes that the prepared images may take; None: no limit.
        accept: go on although the images are no longer those that the run began with.

    Raises:
        DataError: there are no images, or too few.
        InputError: prepared, the images would not fit into the disk limit.
        DataChangedError: other images than those that the run began with.
    """
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    train = scan_train(data, watch=watch)
    watch.check()
    given = prepare(
        run, data, {"train": train}, watch, accept_changed=accept, disk_limit=disk_limit, on_disk=True
    )
    check_before_training(run, {"train": train}, given.sets, None, watch)
    # Cut once here, so that every trainer has the same folds.
    cut = FoldData.of(given.train, given.pixels, data, folds=folds, images=images)
    if len(cut.chosen) < len(cut.labels):
        used = f"{len(cut.chosen):,} of {counted(len(cut.labels), 'image')} are used"
        message = f"{used}. To use more, raise the limit on images"
        watch.tell(Warned(message=message, subject="images"))
    return cut
