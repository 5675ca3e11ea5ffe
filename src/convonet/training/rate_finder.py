"""The learning-rate finder (Smith 2017): rates that grow from batch to batch, and what the loss does.

The network that it is done with is spoilt afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convonet.errors import ParamError
from convonet.events import Progressed, Watch
from convonet.nets.net_model import NetModel
from convonet.params.hyper_params import HyperParams
from convonet.training.image_rows import BatchMaker, ImageRows
from convonet.training.optimizers import create_optimizer
from convonet.training.seeding import LayerSeeds, epoch_order
from convonet.training.steps import create_step

STAGE = "find_rate"
_MEMORY = 0.9
_EXPLODED = 4.0
_LEAST = 10


@dataclass(frozen=True)
class RateCurve:
    """What the finder saw.

    Attributes:
        rates, losses: one a batch; losses are smoothed.
        suggested: a good rate to start with; None where the loss never fell.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None


def find_rate(
    model: NetModel,
    hyper: HyperParams,
    rows: ImageRows,
    watch: Watch | None = None,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
) -> RateCurve:
    """Train `steps` batches with rates from `low` to `high`, and end early when the loss explodes.

    Raises:
        ParamError: rates that do not rise, or fewer than 10 steps.
        Cancelled: the person asked to stop.
    """
    if not 0 < low < high or steps < _LEAST:
        raise ParamError.of({"rates": f"rates: expected 0 < low < high and at least {_LEAST} steps"})
    watch, batches = watch or Watch(), BatchMaker(rows, hyper, model.info)
    optimizer = create_optimizer(hyper)
    step = create_step(model.keras_model, optimizer, model.info.output, hyper)
    seeds = LayerSeeds(list(model.keras_model._flatten_layers()), hyper.seed)
    size = hyper.batch_size
    per_epoch = -(-len(rows) // size)
    rates, losses = np.geomspace(low, high, steps), [0.0][:0]
    for index, rate in enumerate(rates):
        watch.check()
        # A small set is gone through several times, in another order each time.
        epoch, turn = divmod(index, per_epoch)
        indices = epoch_order(len(rows), hyper.seed, epoch + 1)[turn * size : (turn + 1) * size]
        seeds.set(epoch + 1, turn)
        optimizer.learning_rate.assign(rate)
        # The loss of this batch alone, not of all batches so far.
        step.reset()
        step.train(batches.make(indices, epoch + 1, turn))
        losses.append(step.sums()[0] / len(indices))
        watch.tell(Progressed(stage=STAGE, done=index + 1, total=steps))
        if not math.isfinite(losses[-1]) or smoothed(losses)[-1] > _EXPLODED * smoothed(losses).min():
            break
    return rate_curve(rates[: len(losses)], losses)


def rate_curve(rates: ArrayLike, losses: ArrayLike) -> RateCurve:
    """The smoothed curve, and the rate where the loss falls most steeply on the way to its lowest.

    Args:
        rates: rising, (n,).
        losses: of single batches, (n,); the first that is no number ends the curve.
    """
    rates, raw = np.asarray(rates, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    # What comes after a loss that is no number says nothing about the rate.
    end = len(raw) if np.isfinite(raw).all() else int(np.argmin(np.isfinite(raw)))
    rates, smooth = rates[:end], smoothed(raw[:end])
    return RateCurve(tuple(rates.tolist()), tuple(smooth.tolist()), _suggested(rates, smooth))


def smoothed(losses: ArrayLike) -> NDArray[np.float64]:
    """The running mean that forgets a tenth a step, corrected for its start as in Adam."""
    values = np.asarray(losses, dtype=np.float64)
    mean, made = 0.0, np.empty(len(values))
    for index, value in enumerate(values):
        mean = _MEMORY * mean + (1 - _MEMORY) * value
        made[index] = mean / (1 - _MEMORY ** (index + 1))
    return made


def _suggested(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float | None:
    """The first losses are of few batches and say little."""
    start = min(_LEAST // 2, len(losses))
    if len(losses) - start < 3:
        return None
    lowest = start + int(np.argmin(losses[start:]))
    # A fall of less than 3% is noise between batches; a rate read off it would be arbitrary.
    if lowest - start < 2 or losses[lowest] > 0.97 * losses[start]:
        return None
    # Along the logarithm, as the rates were spaced; else the slope would favour the small ones.
    slopes = np.gradient(losses[start : lowest + 1], np.log(rates[start : lowest + 1]))
    return float(rates[start + int(np.argmin(slopes))])
