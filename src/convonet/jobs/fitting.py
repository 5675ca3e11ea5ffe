"""From prepared images to a trained network: build it, advise, train it in a folder that keeps its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convonet.atomic import write_text
from convonet.documents.run_record import AdviceRow
from convonet.errors import DataError
from convonet.evaluation.models import keras_file
from convonet.events import StageStarted, Warned, Watch
from convonet.inference.keras_file import read_info
from convonet.inference.net_input import NetInput
from convonet.jobs.train_sets import TrainSets
from convonet.nets.backend import device_name, use_device
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.nets.scaling_inside import with_scaling_inside
from convonet.params import FAMILIES
from convonet.params.advice import SetFacts, advise
from convonet.params.labels import label_of
from convonet.runs import Run
from convonet.runs.event_log import LineFile
from convonet.tasks import TrainTask
from convonet.training.checkpoint import CheckpointFile
from convonet.training.history import History
from convonet.training.net_training import BegunTraining, ImageRows, NetTraining, TrainingResult
from convonet.training.own_code import create_own_loss
from convonet.training.phases import create_training, remove_phase_files

CHECKPOINT = "checkpoint.npz"
HISTORY = "history.csv"
MODEL = "model.keras"


@dataclass
class Fit:
    """The training of one network, in a folder with its checkpoint and history.

    Attributes:
        task: whose data and hyperparameters describe the network.
        folder: the run's, or one inside it.
        settings: arguments of the training, such as callbacks.
        advises: what is known to be a mistake is told, and advice is kept in the record.
        begun: the training; None before it has begun.
    """

    run: Run
    task: TrainTask
    sets: TrainSets
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    advises: bool = True
    begun: BegunTraining | None = field(default=None, init=False)

    def build(self, watch: Watch) -> NetModel:
        """The network with its first weights."""
        model = build(self.task, self.sets, watch)
        advice = {"advice": advice_on(self.task, self.sets, watch)} if self.advises else {}
        # One change of the record, since each waits for the disk.
        self.run.update(device=device_name(), **advice)
        return model

    def train(self, model: NetModel, watch: Watch) -> TrainingResult:
        """Train the network that was built, from its checkpoint where there is one.

        Raises:
            Cancelled: the person asked to stop; the checkpoint is written.
        """
        sets, training = self.sets, _training_of(self.folder, self.task, model, self.settings)
        watch.tell(StageStarted(stage="train", title="Training"))
        rows = ImageRows(sets.train.images, sets.train.labels, sets.train_rows)
        self.begun = training.begin(rows, None if sets.val is None else held_out(sets), watch)
        return self.begun.train()

    def clean(self) -> None:
        """Remove what was kept for a resumption."""
        (self.folder / CHECKPOINT).unlink(missing_ok=True)
        remove_phase_files(self.folder)


def held_out(sets: TrainSets) -> ImageRows:
    """The validation images as rows."""
    assert sets.val is not None
    return ImageRows(sets.val.images, sets.val.labels, sets.val_rows)


def build(task: TrainTask, sets: TrainSets, watch: Watch) -> NetModel:
    """A new network with its first weights, or a saved one that is trained further."""
    watch.tell(StageStarted(stage="build", title="Building the network"))
    # Told rather than refused: a file of parameters may be meant for several families.
    for name in FAMILIES[task.hyper.family].ignored(task.hyper):
        watch.tell(
            Warned(
                message=f"The network {FAMILIES[task.hyper.family].title} does not use {label_of(name)}",
                subject=name,
            )
        )
    if task.from_model is not None:
        return _further(task, sets)
    net_input = NetInput.of(task.data, sets.pixels, sets.train.classes)
    model = create_model(task.hyper, net_input)
    given = net_input.scaling
    # Only a scaling that the person chose is worth a word; a backbone replaces the default in silence.
    if given is not None and given.scaling != model.info.scaling:
        message = f"The backbone has its own scaling, {model.info.scaling}, so {given.scaling} is not used"
        watch.tell(Warned(message=message, subject="scaling"))
    return model


def advice_on(task: TrainTask, sets: TrainSets, watch: Watch) -> list[AdviceRow]:
    """Advice for the record. Known mistakes are also told, before time is spent on them."""
    classes = sets.train.classes
    counts = np.bincount(sets.train.labels[sets.train_rows], minlength=len(classes))
    facts = SetFacts(dict(zip(classes, counts.tolist(), strict=True)), sets.pixels.shape[:2])
    said = advise(facts, task.hyper)
    for advice in said:
        if advice.mistake:
            watch.tell(Warned(message=advice.text, subject="advice"))
    return [AdviceRow.of(asdict(advice)) for advice in said]


def _further(task: TrainTask, sets: TrainSets) -> NetModel:
    """A saved model whose weights training starts from."""
    use_device(task.hyper.device)
    path = Path(str(task.from_model))
    file = keras_file(path)
    if file.suffix.lower() != ".keras" or read_info(file) is None:
        # A network made elsewhere knows neither its classes nor, mostly, how its pixels are scaled.
        said = task.data.scaling if task.data.is_set("scaling") else None
        model = with_scaling_inside(NetModel.load(file, scaling=said, classes=sets.train.classes))
    else:
        model = NetModel.load(file)
    if model.info.classes != tuple(sets.train.classes) or model.info.pixels.shape != sets.pixels.shape:
        raise DataError(
            "The model to start from has different classes or a different image size",
            where=path,
            expected=f"classes {', '.join(model.info.classes)} at {model.info.pixels.shape}",
            received=f"classes {', '.join(sets.train.classes)} at {sets.pixels.shape}",
        )
    return model


def _training_of(folder: Path, task: TrainTask, model: NetModel, settings: Mapping[str, Any]) -> NetTraining:
    """The training of a network with its checkpoint and history in a folder."""
    file = LineFile(folder / HISTORY)

    def write_row(history: History) -> int:
        # A run that begins anew must not append to the table of an earlier attempt.
        if len(history) == 1:
            write_text(file.path, history.csv_head() + "\n")
        file.append(history.csv_line(len(history) - 1))
        return file.size()

    def go_back(history: History, size: int) -> None:
        if len(history):
            # Rows after the checkpoint are dropped. The table is written anew, not cut to `size`, since an earlier
            # version that began it may have measured fewer columns.
            write_text(file.path, history.csv_table())
        else:
            file.path.unlink(missing_ok=True)

    checkpoint = CheckpointFile(folder / CHECKPOINT)
    return create_training(
        model,
        task.hyper,
        checkpoint=checkpoint,
        on_history=write_row,
        on_resume=go_back,
        workers=task.processes,
        executor=task.executor,
        loss=None if task.own_loss is None else create_own_loss(task.own_loss),
        **settings,
    )
