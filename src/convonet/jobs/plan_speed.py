"""How fast a candidate trains: some steps of a network that is thrown away afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from convonet.events import Watch
from convonet.jobs.fitting import build, held_out
from convonet.jobs.train_sets import TrainSets
from convonet.nets.backbones import release
from convonet.tasks import TrainTask
from convonet.training.image_rows import BatchMaker, ImageRows
from convonet.training.optimizers import create_optimizer
from convonet.training.phases import fine_tuning, has_phases
from convonet.training.steps import create_step

_SECONDS, _MOST_STEPS = 2.0, 20


@dataclass(frozen=True)
class Speed:
    """A measured speed.

    Attributes:
        images_per_second: in training steps, augmentation included.
        epoch_seconds: an epoch with its validation.
    """

    images_per_second: float
    epoch_seconds: float


def measure_speed(task: TrainTask, sets: TrainSets, watch: Watch) -> Speed:
    """Train a few batches of the network that the task describes, as its longest phase does.

    Raises:
        Cancelled: the person asked to stop.
    """
    model = build(task, sets, Watch(should_stop=lambda: False))
    hyper = task.hyper
    if has_phases(model, hyper) and hyper.fine_tune_epochs:
        backbone = model.keras_model.get_layer(model.info.base)
        release(backbone, hyper.release, scale_and_shift=hyper.train_norm)
        hyper = fine_tuning(hyper)
    rows = ImageRows(sets.train.images, sets.train.labels, sets.train_rows)
    size = min(hyper.batch_size, len(rows))
    batches = BatchMaker(rows, hyper, model.info)
    step = create_step(model.keras_model, create_optimizer(hyper), model.info.output, hyper)
    order = np.resize(np.random.default_rng(0).permutation(len(rows)), _MOST_STEPS * size)

    def train(number: int) -> None:
        watch.check()
        step.train(batches.make(order[number * size : (number + 1) * size], 1, number))

    train(0)
    started, done = time.perf_counter(), 0
    while done < _MOST_STEPS - 1 and (done < 2 or time.perf_counter() - started < _SECONDS):
        done += 1
        train(done)
    step.sums()
    per_image = (time.perf_counter() - started) / (done * size)
    images, labels = held_out(sets).take(slice(0, size))
    started = time.perf_counter()
    step.score(images, batches.targets(labels))
    per_scored = (time.perf_counter() - started) / len(images)
    return Speed(1 / per_image, len(rows) * per_image + len(sets.val_rows) * per_scored)
