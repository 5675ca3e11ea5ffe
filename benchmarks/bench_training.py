"""How fast a training is: `python benchmarks/bench_training.py [--rounds N]`.

Three ways train the same networks on the same pixels in one process, in turn: plain Keras' `fit` on torch, our
NetTraining, and PyTorch as an expert writes it (channels_last, the optimizer's own loop). Medians of all rounds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

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


def by_keras(case: Case, pixels: np.ndarray, labels: np.ndarray, hyper: Any) -> Callable[[], None]:
    """Plain `fit`, with the metric that everybody looks at."""
    from convonet.nets.backend import keras
    from convonet.training.optimizers import create_optimizer

    model, output = network(case, hyper)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=output == "logits")
    model.keras_model.compile(optimizer=create_optimizer(hyper), loss=loss, metrics=["accuracy"])
    images = pixels.astype(np.float32)
    return lambda: model.keras_model.fit(images, labels, batch_size=case.batch, epochs=1, verbose=0) and None


def by_us(case: Case, pixels: np.ndarray, labels: np.ndarray, hyper: Any) -> Callable[[], None]:
    """One epoch of NetTraining, with its guard, its order and its progress."""
    from convonet.training.net_training import ImageRows, NetTraining

    model, _ = network(case, hyper)
    return lambda: NetTraining(model, hyper).train(ImageRows.all(pixels, labels)) and None


def network(case: Case, hyper: Any) -> tuple[Any, str]:
    """The network with first weights, and what it gives."""
    from convonet.nets import create_model
    from convonet.params import PixelParams

    names = [str(place) for place in range(case.classes)]
    model = create_model(hyper, shape=case.shape, classes=names, pixels=PixelParams(*case.shape), seed=1)
    return model, model.info.output


def by_torch(case: Case, pixels: np.ndarray, labels: np.ndarray, hyper: Any) -> Callable[[], None]:
    """The same layers, written by hand."""
    import torch
    from torch import nn

    net = hand_written(case)
    net(torch.zeros(2, case.shape[2], *case.shape[:2]))
    net = net.to(memory_format=torch.channels_last)
    decay = 1e-4 if case.family == "vgg_small" else 0.0
    rule = torch.optim.SGD(net.parameters(), hyper.rate, momentum=hyper.momentum, weight_decay=decay)
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


def measure(case: Case, rounds: int) -> dict[str, list[float]]:
    """Images a second of each way, one figure a round."""
    from convonet.params import HyperParams

    hyper = HyperParams.of({"family": case.family, "batch_size": case.batch, "epochs": 1})
    chance, count = np.random.default_rng(0), case.batch * case.steps
    pixels = chance.integers(0, 256, (count, *case.shape), dtype=np.uint8)
    labels = chance.integers(0, case.classes, count)
    makers = {"Keras fit": by_keras, "Convonet": by_us, "PyTorch by hand": by_torch}
    ways = {name: make(case, pixels, labels, hyper) for name, make in makers.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            found[name].append(count / (time.perf_counter() - started))
    return found


def peak(seconds: float = 1.0) -> float:
    """Floating-point operations a second of torch's matrix product, its best of many."""
    import torch

    left, right = torch.rand(2, 1024, 1024)
    best, ended = 0.0, time.perf_counter() + seconds
    while (started := time.perf_counter()) < ended:
        torch.mm(left, right)
        best = max(best, 2 * 1024**3 / (time.perf_counter() - started))
    return best


def show(case: Case, found: dict[str, list[float]], fastest: float) -> None:
    """Print one network's rows."""
    ours = np.array(found["Convonet"])
    print(f"{case.family} {' × '.join(map(str, case.shape))}, batch {case.batch}")
    for name, speeds in found.items():
        ratio = (
            f"   we are {np.median(ours / np.array(speeds)):.2f} times as fast" if name != "Convonet" else ""
        )
        print(
            f"  {name:16}{np.median(speeds):8,.0f} images/s ({min(speeds):,.0f} to {max(speeds):,.0f}){ratio}"
        )
    if case.flops:
        share = np.median(ours) * case.flops / fastest
        print(f"  {share:.0%} of the machine's matrix product, {fastest / 1e9:.0f} GFLOP/s")


def train_many() -> None:
    """One epoch of 60,000 digits in this process; prints its peak memory."""
    import tempfile

    from convonet.params import HyperParams
    from convonet.training.net_training import ImageRows, NetTraining

    case = CASES[0]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixels.npy"
        made = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(60_000, *case.shape))
        for start in range(0, 60_000, 1000):
            made[start : start + 1000] = np.random.default_rng(start).integers(0, 256, (1000, *case.shape))
        del made
        pixels = np.load(file, mmap_mode="r")
        hyper = HyperParams.of({"epochs": 1})
        NetTraining(network(case, hyper)[0], hyper).train(ImageRows.all(pixels, np.arange(60_000) % 10))
    print(f"{_peak_memory() / 1e9:.2f}")


def _peak_memory() -> int:
    """Bytes. What getrusage tells of a child begins with what its parent held when it was made."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", action="store_true", help="only train 60,000 digits and tell the memory")
    given = parser.parse_args()
    from convonet.nets.backend import set_threads

    set_threads(CORES)
    if given.many:
        train_many()
        return
    fastest = peak()
    for case in CASES:
        show(case, measure(case, given.rounds), fastest)
    done = subprocess.run([sys.executable, __file__, "--many"], check=True, capture_output=True, text=True)
    print(f"60,000 digits, one epoch: {done.stdout.strip()} GB at most")


if __name__ == "__main__":
    main()
