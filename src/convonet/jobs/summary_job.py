"""The layer table of a network that is described by parameters, or of a saved model."""

from __future__ import annotations

from pathlib import Path

from convonet.data.channels import find_channels
from convonet.data.sources import scan_train
from convonet.documents.network import SummaryDocument
from convonet.errors import InputError
from convonet.evaluation.models import keras_file
from convonet.events import FileSaved, Watch
from convonet.inference.net_input import NetInput
from convonet.nets.net_model import NetModel
from convonet.nets.registry import create_model
from convonet.params import DataParams, HyperParams, pixel_params
from convonet.plots.results import save_network
from convonet.runs import Run
from convonet.tasks import SummaryTask


def work(run: Run, task: SummaryTask, watch: Watch) -> SummaryDocument:
    """Build or open the network; the answer is its table, and `text` for a terminal."""
    model = _saved(task.model) if task.model else _described(task.data or DataParams(), task.hyper, watch)
    summary = model.summary()
    if task.out is not None:
        save_network(Path(task.out), summary.layers)
        watch.tell(FileSaved(path=task.out, title="Drawing of the network"))
    return SummaryDocument(**dict(summary), text=summary.as_text())


def _saved(name: str) -> NetModel:
    return NetModel.load(keras_file(Path(name)), scaling="none")


def _described(data: DataParams, hyper: HyperParams | None, watch: Watch) -> NetModel:
    hyper = hyper or HyperParams()
    classes, channels = _classes_and_channels(data, watch)
    return create_model(hyper, NetInput.of(data, pixel_params(data, channels), classes))


def _classes_and_channels(data: DataParams, watch: Watch) -> tuple[tuple[str, ...], int]:
    """What the network's ends depend on: from the parameters where they say it, else from the folders."""
    if data.num_classes is not None and data.channels != "auto":
        return tuple(str(place) for place in range(data.num_classes)), data.channels
    if data.train_dir is None:
        raise InputError(
            "The network's shape cannot be determined",
            expected="a training folder, or num_classes and channels in the data parameters",
        )
    found = scan_train(data, watch=watch)
    channels = find_channels(found, watch=watch) if data.channels == "auto" else data.channels
    return found.classes, channels
