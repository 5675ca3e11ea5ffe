"""The images of a training: listed, decoded, and divided into rows to train on and rows to validate with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet
from convonet.data.grouping import held_out_rows
from convonet.data.held_classes import absent_classes, absent_sentence, check_auc
from convonet.data.sources import DataSets, scan
from convonet.errors import DataError
from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.after_training import warn_untested
from convonet.jobs.checks import check_before_training
from convonet.jobs.preparing import prepare
from convonet.params import DataParams, PixelParams
from convonet.runs import Run
from convonet.runs.untested import data_kept
from convonet.tasks import TrainTask
from convonet.text import counted

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TrainSets:
    """The prepared images of a training, and which rows are for what.

    Attributes:
        train: the training images; `train_rows` of them are trained on.
        val: where the validation images are, None without validation: `train` itself where a share is held out.
        val_rows: the rows of `val` to validate with.
        data: the data parameters of the task, with the class map that was accepted.
        tested: whether there are test images.
        test_error: why test images that are there cannot be used.
    """

    pixels: PixelParams
    train: PreparedSet
    train_rows: Rows
    val: PreparedSet | None
    val_rows: Rows
    data: DataParams
    tested: bool = False
    test_error: DataError | None = None

    @property
    def train_majority(self) -> float:
        """The share of the training images that are of their largest class."""
        return _majority(self.train.labels[self.train_rows])

    @property
    def majority(self) -> float:
        """The same of the validation images; without validation, of the training images."""
        return self.train_majority if self.val is None else _majority(self.val.labels[self.val_rows])


def _majority(labels: Rows) -> float:
    return float(np.bincount(labels).max() / len(labels))


def prepare_sets(run: Run, task: TrainTask, watch: Watch) -> TrainSets:
    """List and decode what the task names; a later attempt must find the images of the first.

    Raises:
        InputError: the images cannot be used, or have changed.
        Cancelled: the person asked to stop.
    """
    return prepare_found(run, task, find_sets(run, task, watch), watch)


def find_sets(run: Run, task: TrainTask, watch: Watch) -> DataSets:
    """List the images of every set; what keeps the test images from being used is told.

    Raises:
        InputError: the images cannot be used.
    """
    watch.tell(StageStarted(stage="scan", title="Reading folders"))
    found = scan(task.data, accept_class_map=task.accept_class_map, watch=watch)
    data_kept(run, found.data.class_map)
    if found.test_error is not None and task.then_test:
        warn_untested(run, task, found.test_error, watch, before=True)
    watch.check()
    return found


def prepare_found(run: Run, task: TrainTask, found: DataSets, watch: Watch) -> TrainSets:
    """Decode listed images to the size and channels of the task.

    Raises:
        InputError: the images cannot be used, or have changed.
        Cancelled: the person asked to stop.
    """
    # Test images are not decoded yet: they may be of another size, and testing does it.
    listings = {"train": found.train}
    if found.val and task.validation:
        listings["val"] = found.val
    images = prepare(run, task.data, listings, watch, accept_changed=task.accept_changed_data)
    pixels, train, val = images.pixels, images.train, images.sets.get("val")
    test = (found.data, found.test is not None, found.test_error)
    every, none = np.arange(len(train)), np.arange(0)
    if val is not None:
        made = TrainSets(pixels, train, every, val, np.arange(len(val)), *test)
    elif not task.validation:
        made = TrainSets(pixels, train, every, None, none, *test)
    else:
        made = TrainSets(pixels, train, *_held_out(task, train, watch), *test)
    _check_classes(task, made, watch)
    _check(run, task, found, made, watch)
    return made


def _check_classes(task: TrainTask, made: TrainSets, watch: Watch) -> None:
    """A score that needs images of every class is refused where they are not there, and else told to be absent."""
    if made.val is None:
        return
    labels, classes = made.val.labels, made.train.classes
    absent = absent_classes(labels, [made.val_rows], classes)
    where = "among the validation images"
    # The AUC needs both answers of every class; without them training would fail after its first epoch.
    wanted = [name for name, score in task.hyper.watched.items() if score == "val_auc"]
    check_auc(wanted, absent, labels, classes, where)
    if absent:
        message = absent_sentence(absent, labels, classes, where)
        watch.tell(Warned(message=f"{message}, so the scores do not cover every class", subject="images"))


def _check(run: Run, task: TrainTask, found: DataSets, made: TrainSets, watch: Watch) -> None:
    """Say what a person should know of the images before they are trained on."""
    listings = {"train": found.train, "val": found.val, "test": found.test}
    own_val = made.val is not None and made.val is not made.train
    prepared = {"train": made.train} | ({"val": made.val} if own_val else {})
    check_before_training(
        run,
        {name: listing for name, listing in listings.items() if listing is not None},
        {name: each for name, each in prepared.items() if each is not None},
        made.val_rows if made.val is made.train else None,
        watch,
        made.pixels if task.then_test else None,
        ImageCache(prepared_bytes=task.data.prepared_bytes),
    )


def _held_out(task: TrainTask, train: PreparedSet, watch: Watch) -> tuple[Rows, PreparedSet, Rows]:
    kept, held = held_out_rows(train, task.data, watch)
    if not len(held) or not len(kept):
        raise DataError(
            "There are too few images to hold some out for validation",
            where=task.data.train_dir,
            received=counted(len(train), "image"),
            hint="Add images, specify a validation folder, or train without validation",
        )
    return kept, train, held
