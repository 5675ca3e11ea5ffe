"""What one training step makes torch do, counted. A later change that lets a count rise has made the step slower."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.nets.backend import name
from convonet.params import HyperParams, PixelParams
from convonet.training.image_rows import Batch
from convonet.training.optimizers import create_optimizer
from convonet.training.steps import create_step

pytestmark = pytest.mark.skipif(name() != "torch", reason="counted by torch's profiler")

BATCH = 8
_COPIES = ("aten::copy_", "aten::clone")


class Counts(NamedTuple):
    """Of one step.

    Attributes:
        calls: operators that were called, those within others too.
        copies: of maps and kernels, that is of four axes with at least 1,000 numbers. No map is copied between
            layouts: there are the pixels, once from bytes to numbers, and two copies of each kernel's gradient.
        allocated: bytes, each block as often as it was taken.
    """

    calls: int
    copies: int
    allocated: int


def count(family: str, shape: tuple[int, int, int], classes: int, **values: object) -> Counts:
    """The third step of a training; the first two set up what later ones reuse."""
    from torch.profiler import ProfilerActivity, profile

    hyper = HyperParams.of({"family": family} | values)
    names = [str(place) for place in range(classes)]
    model = create_model(hyper.changed(seed=1), NetInput(PixelParams(*shape), tuple(names)))
    step = create_step(model.keras_model, create_optimizer(hyper), model.info.output, hyper)
    batch = Batch(
        np.random.default_rng(0).integers(0, 256, (BATCH, *shape), dtype=np.uint8), np.arange(BATCH) % classes
    )
    for _ in range(2):
        step.train(batch)
    with profile(
        activities=[ProfilerActivity.CPU], record_shapes=True, profile_memory=True, acc_events=True
    ) as seen:
        step.train(batch)
    events = [event for event in seen.events() if event.name.startswith("aten::")]
    copies = [event for event in events if event.name in _COPIES and _is_map(event.input_shapes)]
    allocated = sum(max(event.self_cpu_memory_usage, 0) for event in events)
    return Counts(len(events), len(copies), allocated)


def _is_map(shapes: list[list[int]]) -> bool:
    return bool(shapes) and len(shapes[0]) == 4 and math.prod(shapes[0]) >= 1000


@pytest.mark.parametrize(
    ("family", "shape", "classes", "limit"),
    [
        ("convonet", (28, 28, 1), 10, Counts(279, 4, 7_013_820)),
        ("vgg_small", (32, 32, 3), 10, Counts(762, 13, 25_810_280)),
        ("three_block", (80, 60, 1), 55, Counts(274, 7, 15_177_096)),
    ],
)
def test_a_step_does_no_more_than_it_must(
    family: str, shape: tuple[int, int, int], classes: int, limit: Counts
) -> None:
    found = count(family, shape, classes)
    assert found.calls <= limit.calls
    assert found.copies <= limit.copies
    assert found.allocated <= limit.allocated
