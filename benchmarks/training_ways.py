"""One way of training, in a process of its own: makes ready, then trains an epoch for each line that it reads.

`python benchmarks/training_ways.py WAY CASE FOLDER`, where FOLDER holds the network and the images. Only our own
way imports Convonet: the others run as they would without it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Epoch = Callable[[], None]
CORES = 2


class Case(NamedTuple):
    """A network, its images and how many of them an epoch shows."""

    family: str
    shape: tuple[int, int, int]
    classes: int
    batch: int
    steps: int
    flops: float
    """Of one image and step, forward and backward, counted as multiply and add; 0 where nobody asks."""


CASES = (
    Case("convonet", (28, 28, 1), 10, 64, 40, 17e6),
    Case("vgg_small", (32, 32, 3), 10, 64, 6, 0.0),
    Case("three_block", (80, 60, 1), 55, 128, 8, 0.0),
)


def by_keras(case: Case, folder: Path, pixels: np.ndarray, labels: np.ndarray) -> Epoch:
    """Plain `fit`, with the metric that everybody looks at."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import torch

    torch.set_num_threads(CORES)
    model = keras.saving.load_model(folder / "network.keras", compile=False)
    optimizer = keras.optimizers.SGD(_rate(folder), momentum=0.9)
    model.compile(optimizer=optimizer, loss=_loss(keras, folder), metrics=["accuracy"])
    images = pixels.astype(np.float32)
    return lambda: model.fit(images, labels, batch_size=case.batch, epochs=1, verbose=0) and None


def _loss(keras: Any, folder: Path) -> Any:
    logits = json.loads((folder / "network.json").read_text())["output"] == "logits"
    return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)


def _rate(folder: Path) -> float:
    return float(json.loads((folder / "network.json").read_text())["rate"])


def by_us(case: Case, folder: Path, pixels: np.ndarray, labels: np.ndarray) -> Epoch:
    """One epoch of NetTraining, with its guard, its order and its progress."""
    from convonet.nets import NetModel
    from convonet.nets.backend import set_threads
    from convonet.params import HyperParams
    from convonet.training.net_training import ImageRows, NetTraining

    set_threads(CORES)
    model = NetModel.load(folder / "network.keras")
    hyper = HyperParams.of({"family": case.family, "batch_size": case.batch, "epochs": 1})
    return lambda: NetTraining(model, hyper).train(ImageRows.all(pixels, labels)) and None


def by_torch(case: Case, folder: Path, pixels: np.ndarray, labels: np.ndarray) -> Epoch:
    """The same layers, written by hand."""
    import torch
    from torch import nn

    torch.set_num_threads(CORES)
    net = hand_written(case)
    net(torch.zeros(2, case.shape[2], *case.shape[:2]))
    net = net.to(memory_format=torch.channels_last)
    decay = 1e-4 if case.family == "vgg_small" else 0.0
    rule = torch.optim.SGD(net.parameters(), _rate(folder), momentum=0.9, weight_decay=decay)
    images = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    truths = torch.from_numpy(labels)

    def epoch() -> None:
        net.train()
        total, right = 0.0, 0
        for places in torch.randperm(len(truths)).split(case.batch):
            x = (images[places].float() / 255).contiguous(memory_format=torch.channels_last)
            rule.zero_grad()
            said = net(x)
            loss = nn.functional.cross_entropy(said, truths[places])
            loss.backward()
            rule.step()
            total += loss.item() * len(places)
            right += int((said.argmax(1) == truths[places]).sum())

    return epoch


def hand_written(case: Case) -> Any:
    """Torch's modules in the order of the family's rows."""
    from torch import nn

    def conv(before: int, after: int) -> list[Any]:
        return [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]

    if case.family == "convonet":
        rows = [*conv(1, 32), nn.MaxPool2d(2), *conv(32, 32), nn.MaxPool2d(2), nn.Flatten()]
        rows += [nn.LazyLinear(512), nn.ReLU(), nn.Dropout(0.2)]
        return nn.Sequential(*rows, nn.LazyLinear(case.classes))
    if case.family == "three_block":
        rows = [*conv(1, 16), nn.MaxPool2d(2), *conv(16, 32), nn.MaxPool2d(2), *conv(32, 64), nn.MaxPool2d(4)]
        return nn.Sequential(*rows, nn.Flatten(), nn.LazyLinear(64), nn.ReLU(), nn.LazyLinear(case.classes))
    rows = []
    for before, after, pair in ((3, 32, True), (32, 64, True), (64, 128, False)):
        rows += [*conv(before, after), nn.BatchNorm2d(after, eps=1e-3), *(conv(after, after) if pair else [])]
        rows += [nn.MaxPool2d(2), nn.Dropout(0.25)]
    rows += [nn.Flatten(), nn.LazyLinear(512), nn.ReLU(), nn.BatchNorm1d(512, eps=1e-3), nn.Dropout(0.5)]
    return nn.Sequential(*rows, nn.LazyLinear(case.classes))


WAYS = {"Keras fit": by_keras, "Convonet": by_us, "PyTorch by hand": by_torch}


def main() -> None:
    """Make ready, then train."""
    way, case, folder = sys.argv[1], CASES[int(sys.argv[2])], Path(sys.argv[3])
    epoch = WAYS[way](case, folder, np.load(folder / "pixels.npy"), np.load(folder / "labels.npy"))
    epoch()
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        epoch()
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
