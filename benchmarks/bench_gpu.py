"""Training on a GPU: `python benchmarks/bench_gpu.py [--device cuda] [--precisions float32,bfloat16] [--quick]`.

Images per second of whole training steps (images from the processor's memory to the device, forward, backward, change
of the weights) of Convonet and of plain PyTorch with the same layers, batch and precision, in turn in one process.
Without a GPU it runs on the processor, which shows that it works and says nothing about GPUs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from expert import Lite0
from torch import nn
from training_ways import CASES, hand_written

from convonet.inference.net_input import NetInput
from convonet.nets import backend, create_model
from convonet.nets.backbones import freeze, release
from convonet.params import HyperParams, PixelParams
from convonet.training.image_rows import Batch
from convonet.training.optimizers import create_optimizer
from convonet.training.steps import create_step

_RATE, _DECAY = 0.01, 1e-4
_ROUNDS = 5

TrainStep = Callable[[np.ndarray, np.ndarray], None]


class Network(NamedTuple):
    """What is trained; `released`: which blocks of a backbone move, "" for none; None for a network without one."""

    name: str
    shape: tuple[int, int, int]
    classes: int
    batch: int
    hyper: dict[str, Any]
    released: str | None = None


_LITE = {"family": "transfer", "base": "efficientnet_lite0", "optimizer": "sgd"}
NETWORKS = (
    Network("convonet, 28 px", (28, 28, 1), 10, 512, {"family": "convonet"}),
    Network("vgg_small, 32 px", (32, 32, 3), 10, 512, {"family": "vgg_small"}),
    Network("EfficientNet-Lite0, frozen", (224, 224, 3), 10, 128, _LITE, ""),
    Network("EfficientNet-Lite0, fine-tuned", (224, 224, 3), 10, 64, _LITE, "all"),
)


def by_us(network: Network, device: str, precision: str) -> TrainStep:
    """Convonet's training step."""
    hyper = HyperParams.of(network.hyper | {"device": device, "precision": precision, "init_rate": _RATE})
    pixels = PixelParams(*network.shape)
    model = create_model(hyper, NetInput(pixels, tuple(map(str, range(network.classes)))))
    if network.released is not None:
        backbone = model.keras_model.get_layer(model.info.base)
        freeze(backbone)
        if network.released:
            release(backbone, network.released, scale_and_shift=True)
    step = create_step(model.keras_model, create_optimizer(hyper), model.info.output, hyper)
    return lambda images, labels: step.train(Batch(images, labels))


def by_torch(network: Network, device: str, precision: str) -> TrainStep:
    """The loop that is written by hand."""
    net: Any = Lite0(network.classes) if network.released is not None else _written(network)
    net = net.to(device, memory_format=torch.channels_last)
    if network.released == "":
        for weight in net.features.parameters():
            weight.requires_grad_(False)
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    rule = torch.optim.SGD(trained, _RATE, momentum=0.9, weight_decay=_DECAY)
    kind = torch.device(device).type
    fewer = nullcontext() if precision == "float32" else torch.autocast(kind, dtype=getattr(torch, precision))
    scaler = torch.amp.GradScaler(kind, enabled=precision == "float16")
    net.train(network.released is None)

    def train(images: np.ndarray, labels: np.ndarray) -> None:
        x = torch.from_numpy(images).to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255
        truth = torch.from_numpy(labels).to(device, non_blocking=True)
        rule.zero_grad()
        with fewer:
            loss = nn.functional.cross_entropy(net(x), truth)
        scaler.scale(loss).backward()
        scaler.step(rule)
        scaler.update()

    return train


def _written(network: Network) -> Any:
    case = next(one for one in CASES if one.family == network.hyper["family"])
    net = hand_written(case)
    # Lazy layers learn their sizes from the first images.
    net(torch.zeros(2, network.shape[2], *network.shape[:2]))
    return net


def wait_for(device: str) -> None:
    """Until the device has done what it was told."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def rate(train: TrainStep, network: Network, batch: int, steps: int, device: str) -> float:
    """Images per second over some steps, each with other images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch, *network.shape), dtype=np.uint8)
    labels = rng.integers(0, network.classes, batch).astype(np.int64)
    wait_for(device)
    started = time.perf_counter()
    for _ in range(steps):
        train(images, labels)
    wait_for(device)
    return batch * steps / (time.perf_counter() - started)


def compare(network: Network, device: str, precision: str, quick: bool) -> None:
    """A row: both in turn, medians, and the memory of the device."""
    batch, steps, rounds = (8, 1, 1) if quick else (network.batch, 30, _ROUNDS)
    ways = {"Convonet": by_us, "PyTorch": by_torch}
    found: dict[str, list[float]] = {name: [] for name in ways}
    made = {name: way(network, device, precision) for name, way in ways.items()}
    for train in made.values():
        rate(train, network, batch, 1 if quick else 5, device)
    for _ in range(rounds):
        for name, train in made.items():
            found[name].append(rate(train, network, batch, steps, device))
    ours, theirs = (statistics.median(values) for values in found.values())
    row = f"{network.name:32} {precision:9} batch {batch:4}   Convonet {ours:9,.0f} images/s   PyTorch {theirs:9,.0f}"
    print(f"{row}   {ours / theirs:.2f} times", flush=True)


def main() -> None:
    """Every network in every precision."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precisions", default="float32,bfloat16")
    parser.add_argument("--quick", action="store_true", help="one step of 8 images: does it run at all")
    given = parser.parse_args()
    device = backend.use_device(given.device)
    print(f"{backend.device_name()}, torch {torch.__version__}")
    for network in NETWORKS:
        for precision in given.precisions.split(","):
            compare(network, device, precision, given.quick)


if __name__ == "__main__":
    main()
