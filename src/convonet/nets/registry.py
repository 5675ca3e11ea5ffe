"""The one place where networks are built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from convonet._version import __version__
from convonet.errors import DataError
from convonet.inference.model_info import ModelInfo
from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras
from convonet.nets.families import BUILDERS
from convonet.nets.foreign import PixelScaling
from convonet.nets.layers import Layers, TooSmallError, scaling_row
from convonet.nets.net_model import NetModel
from convonet.params.data_params import PixelParams, Scaling
from convonet.params.families import family_info
from convonet.params.hyper_params import HyperParams

INPUT_NAME = "pixels"
_LARGEST_SEARCHED = 512


def create_model(
    hyper: HyperParams,
    *,
    shape: tuple[int, int, int],
    classes: Sequence[str],
    scaling: Scaling | None = None,
    mean: Sequence[float] | None = None,
    deviation: Sequence[float] | None = None,
    pixels: PixelParams,
    seed: int,
) -> NetModel:
    """A new network of the family that `hyper` names, with its first weights.

    It takes float32 pixels 0..255 of shape (N, *shape), scales them in its first row and gives what its
    `info.output` says.

    Args:
        hyper: only the values that are set reach the family.
        shape: (height, width, channels).
        classes: names in the order of their labels, at least two.
        scaling: how pixels are scaled, to 0..1 when None; `mean` and `deviation` are for `standard`, on the 0..1
            scale. A base has its own; for a model file as a base that does not tell it, it must be given.
        pixels: how a file becomes such pixels; kept in the model.
        seed: weights and dropout follow from it, whatever the number of threads.

    Raises:
        DataError: fewer than two classes, or images that are too small for the family.
        ParamError: an unknown family, values that do not go together, or a network larger than the memory.
    """
    family = family_info(hyper.family)
    if len(classes) < 2:
        raise DataError("A network needs at least two classes", received=len(classes))
    if tuple(shape) != pixels.shape:
        raise DataError("The images are not as their description says", expected=pixels.shape, received=shape)
    values = family.values(hyper)
    based = "base" in values
    given = PixelScaling(
        scaling or "unit", *(None if part is None else tuple(part) for part in (mean, deviation))
    )
    scale = None if based else scale_of(given.scaling, shape[2], given.mean, given.deviation)

    def rows(sides: tuple[int, int]) -> tuple[Any, Layers]:
        net = Layers(values, len(classes), seed, None if based and scaling is None else given)
        inputs = keras.Input((*sides, shape[2]), dtype="float32", name=INPUT_NAME)
        outputs = BUILDERS[family.name](scaling_row(inputs, scale), net)
        return keras.Model(inputs, outputs, name=family.name), net

    try:
        model, net = rows(shape[:2])
    except TooSmallError as error:
        raise _too_small(family.name, values, shape, rows) from error
    used = net.scaling or given
    info = ModelInfo(
        classes=tuple(classes),
        pixels=pixels,
        scaling=used.scaling,
        mean=used.mean,
        deviation=used.deviation,
        output=net.output_kind,
        family=family.name,
        base=net.base,
        made_by=f"convonet {__version__}",
    )
    return NetModel(model, info)


def _too_small(
    name: str,
    values: Mapping[str, Any],
    shape: tuple[int, int, int],
    rows: Callable[[tuple[int, int]], object],
) -> DataError:
    """The error that names the smallest square that the network takes."""
    least = _least_side(rows)
    kernel = f" with kernel size {values['kernel_size']}" if "kernel_size" in values else ""
    return DataError(
        f"The images are too small for the network {name}{kernel}",
        expected=f"at least {least}×{least} pixels" if least else None,
        received=f"{shape[0]}×{shape[1]} pixels",
        hint="Choose a larger image size, a smaller kernel, or a network with fewer rows",
    )


def _least_side(rows: Callable[[tuple[int, int]], object]) -> int | None:
    """Found by trying: doubled until it fits, then halved between; None when nothing reasonable fits."""
    high = 1
    while not _fits(high, rows):
        high *= 2
        if high > _LARGEST_SEARCHED:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(middle, rows) else (middle, high)
    return high


def _fits(side: int, rows: Callable[[tuple[int, int]], object]) -> bool:
    try:
        rows((side, side))
    except TooSmallError:
        return False
    return True
