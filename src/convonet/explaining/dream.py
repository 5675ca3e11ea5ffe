"""Feature visualisation (Erhan et al. 2009; Olah et al. 2017): the picture that excites a channel.

Gradient ascent from noise. At each step the picture is shifted and scaled a little, so that no single pixel can
trick the network, and the gradient is blurred, less and less: large forms come first, details last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.data.pool import Meter
from convonet.errors import InputError
from convonet.events import Watch
from convonet.explaining.explained_model import Images
from convonet.explaining.network_layers import NamedLayer, find_layer
from convonet.explaining.passes import Pass, Tensor, array, forward, gradients, require_torch
from convonet.nets.backend import ops
from convonet.nets.foreign import last_layer
from convonet.nets.net_model import NetModel

STAGE = "dream"
_BATCH = 64
_SHIFT = 1 / 12
_SCALE = 0.08
_CALM = 0.8
"""Shifting and scaling end after this share of the steps."""
_BLUR = 1 / 24
_STEP = 12.0
"""Grey levels of the first steps; the last ones are a tenth as large."""
_LEAK = 0.1
"""The share of what stands before the activation: a channel that is silent at first has no other gradient."""


@dataclass(frozen=True)
class Dream:
    """The picture of one channel.

    Attributes:
        pixels: (height, width, channels) uint8.
        start, reached: the channel's mean activation for the first noise and for the picture.
        best: the largest mean activation of the images that it was compared with; None: with none.
    """

    layer: str
    channel: int
    pixels: Images
    start: float
    reached: float
    best: float | None = None


def dream(
    model: NetModel,
    layer: str,
    channels: Sequence[int],
    *,
    steps: int = 256,
    seed: int = 0,
    images: Images | None = None,
    watch: Watch | None = None,
) -> list[Dream]:
    """Pictures that excite channels of a layer; of the last layer, channels are classes and activations logits.

    Args:
        layer: its name; see `find_layer`.
        channels: from 0.
        steps: 1 or more.
        seed: noise and shifts follow from it: the same seed gives the same pictures.
        images: real ones to compare with, (N, height, width, channels).
        watch: is told progress and asked between steps.

    Raises:
        InputError: no such layer or channel.
        ConvonetError: keras runs on another backend than torch.
        Cancelled: the watch says so.
    """
    require_torch()
    named = find_layer(model.keras_model, layer)
    noise = np.stack([_noise(model.info.pixels.shape, seed, channel) for channel in channels])
    first = activations(model, named, np.round(noise).astype(np.uint8))
    _check(named, channels, first.shape[1])
    pixels = np.round(_climbed(model, named, channels, noise, steps, seed, watch or Watch())).astype(np.uint8)
    reached = activations(model, named, pixels)
    # A picture that excites a channel less than real images do was not worth the steps; this number shows
    # it.
    best = None if images is None else activations(model, named, images).max(axis=0)
    return [
        Dream(
            named.name,
            channel,
            pixels[index],
            float(first[index, channel]),
            float(reached[index, channel]),
            None if best is None else float(best[channel]),
        )
        for index, channel in enumerate(channels)
    ]


def activations(model: NetModel, named: NamedLayer, images: Images) -> NDArray[np.float32]:
    """The mean over all positions of each channel of a layer, (N, channels); of the last layer its logits."""
    parts = [
        array(
            _channels(model, named, forward(model, images[start : start + _BATCH], [named], gradients=False))
        )
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts)


def channel_names(model: NetModel, layer: str) -> list[str]:
    """What the channels of a layer are called: by their number, those of the last layer by their class."""
    named = find_layer(model.keras_model, layer)
    count = activations(model, named, np.zeros((1, *model.info.pixels.shape), np.uint8)).shape[1]
    if named.layer is last_layer(model.keras_model) and model.info.classes:
        return list(model.info.classes)
    return [f"channel {channel}" for channel in range(count)]


def _channels(model: NetModel, named: NamedLayer, passed: Pass) -> Tensor:
    if named.layer is last_layer(model.keras_model):
        return passed.logits
    return _mean(passed.maps[named.name])


def _mean(maps: Tensor) -> Tensor:
    axes = tuple(range(1, len(maps.shape) - 1))
    return ops.mean(maps, axis=axes) if axes else maps


def _climbed(
    model: NetModel,
    named: NamedLayer,
    channels: Sequence[int],
    noise: NDArray[Any],
    steps: int,
    seed: int,
    watch: Watch,
) -> NDArray[np.float32]:
    """The pictures after all steps, 0..255."""
    rng, meter = np.random.default_rng([seed, 1]), Meter(watch, STAGE, steps)
    pictures = ops.convert_to_tensor(noise.astype(np.float32)).detach()
    own = (list(range(len(channels))), list(channels))
    for step in range(steps):
        watch.check()
        done = step / steps
        # A new leaf in each step: the history of earlier steps would only fill the memory.
        source = pictures.clone().requires_grad_(True)
        passed = forward(model, source if done > _CALM else _moved(source, rng), [named])
        wanted = _channels(model, named, passed)[own]
        if named.layer is not last_layer(model.keras_model):
            wanted = wanted + _LEAK * _mean(passed.raised[named.name])[own]
        (slope,) = gradients(wanted, [source])
        slope = _blurred(slope, max(slope.shape[1:3]) * _BLUR * (1 - done) ** 2)
        # Each picture steps by its own scale: channels differ by orders of magnitude.
        size = slope.flatten(1).std(dim=1).clamp(min=1e-12).reshape(-1, 1, 1, 1)
        pictures = (pictures + _STEP * (1 - 0.9 * done) * slope / size).clamp(0, 255)
        meter.tell(step + 1)
    return array(pictures)


def _noise(shape: tuple[int, int, int], seed: int, channel: int) -> NDArray[np.float32]:
    """Grey with a little noise, 0..255."""
    # By the channel too, so that a picture is the same alone and among others.
    values = np.random.default_rng([seed, 0, channel]).normal(127.5, 12.0, shape)
    return np.asarray(np.clip(values, 0, 255), np.float32)


def _moved(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Shifted by up to a twelfth of the side and scaled by up to 8%; what comes in at the edges is mirrored."""
    # Torch need not be installed where another backend computes.
    import torch

    # One movement for all pictures of a step, which is cheaper and disturbs each of them as well.
    scale = 1 + _SCALE * rng.uniform(-1, 1)
    shift = 2 * _SHIFT * rng.uniform(-1, 1, 2)
    matrix = torch.tensor([[scale, 0, shift[0]], [0, scale, shift[1]]], dtype=torch.float32)
    matrix = matrix.to(pictures.device).expand(len(pictures), 2, 3)
    planes = pictures.permute(0, 3, 1, 2)
    grid = torch.nn.functional.affine_grid(matrix, list(planes.shape), align_corners=False)
    moved = torch.nn.functional.grid_sample(planes, grid, padding_mode="reflection", align_corners=False)
    return moved.permute(0, 2, 3, 1)


def _blurred(values: Tensor, sigma: float) -> Tensor:
    """Gaussian blur over height and width of (N, height, width, channels)."""
    # Torch need not be installed where another backend computes.
    import torch

    # Beyond three deviations the weights are below a percent of the middle one.
    half_width = int(3 * sigma)
    if half_width < 1:
        return values
    steps = torch.arange(-half_width, half_width + 1, dtype=values.dtype, device=values.device)
    line = torch.exp(-(steps**2) / (2 * sigma**2))
    line = line / line.sum()
    planes = values.permute(0, 3, 1, 2).flatten(0, 1).unsqueeze(1)
    planes = torch.nn.functional.conv2d(planes, line.reshape(1, 1, -1, 1), padding=(half_width, 0))
    planes = torch.nn.functional.conv2d(planes, line.reshape(1, 1, 1, -1), padding=(0, half_width))
    return planes.reshape(values.shape[0], values.shape[3], *values.shape[1:3]).permute(0, 2, 3, 1)


def _check(named: NamedLayer, channels: Sequence[int], count: int) -> None:
    wrong = [channel for channel in channels if not 0 <= channel < count]
    if wrong:
        raise InputError(
            "The layer has no such channel",
            where=named.name,
            expected=f"0 to {count - 1}",
            received=", ".join(map(str, wrong)),
        )
