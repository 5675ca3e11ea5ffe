"""Rates, one by one, against Keras, PyTorch and the formulas; optimizers against PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convonet.nets.backend import keras, name
from convonet.params import HyperParams
from convonet.training.optimizers import create_optimizer
from convonet.training.schedules import create_schedule

STEPS, EPOCHS = 7, 6
TOTAL = STEPS * EPOCHS


def _rates(**values: Any) -> list[float]:
    hyper = HyperParams.of({"optimizer": "adam", "init_rate": 0.05, "epochs": EPOCHS} | values)
    schedule = create_schedule(hyper, STEPS)
    return [schedule(step) for step in range(TOTAL)]


def _torch_rates(create: Callable[[Any], Any]) -> list[float]:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.05)
    schedule, rates = create(optimizer), []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize("end", [0.0, 0.001])
def test_cosine_rates_are_keras_own(end: float) -> None:
    theirs = keras.optimizers.schedules.CosineDecay(0.05, TOTAL, alpha=end / 0.05)
    expected = [float(theirs(step)) for step in range(TOTAL)]
    np.testing.assert_allclose(_rates(schedule="cosine", end_rate=end), expected, rtol=2e-5, atol=1e-8)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_one_cycle_rates_are_pytorchs(share: float) -> None:
    torch = pytest.importorskip("torch")
    cycle = torch.optim.lr_scheduler.OneCycleLR
    expected = _torch_rates(lambda o: cycle(o, 0.05, TOTAL, pct_start=share, cycle_momentum=False))
    np.testing.assert_allclose(_rates(schedule="one_cycle", peak_share=share), expected, rtol=1e-9)


def test_warm_up_rises_evenly_and_then_the_schedule_begins() -> None:
    rates = _rates(schedule="exponential", decay_steps=4, decay_rate=0.5, warm_up=5, warm_up_unit="batches")
    assert rates[:5] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert rates[5:] == pytest.approx([0.05 * 0.5 ** (step / 4) for step in range(TOTAL - 5)])


def test_warm_up_in_epochs_counts_their_batches() -> None:
    rates = _rates(schedule="cosine", warm_up=1.5)
    warm = round(1.5 * STEPS)
    left = TOTAL - warm
    expected = [0.05 * (step + 1) / warm for step in range(warm)]
    expected += [0.025 * (1 + math.cos(math.pi * step / left)) for step in range(left)]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize(
    ("schedule", "depends"),
    [("constant", False), ("exponential", False), ("cosine", True), ("one_cycle", True)],
)
def test_what_depends_on_the_number_of_epochs_says_so(schedule: str, depends: bool) -> None:
    hyper = HyperParams.of({"schedule": schedule, "epochs": 3, "warm_up": 1})
    rates, longer = create_schedule(hyper, 10), create_schedule(hyper.changed(epochs=9), 10)
    assert ([rates(step) for step in range(30)] != [longer(step) for step in range(30)]) is depends


@pytest.mark.skipif(name() != "torch", reason="compares with PyTorch")
@pytest.mark.parametrize(
    ("values", "create"),
    [
        ({"optimizer": "sgd", "momentum": 0.8}, lambda t, p: t.optim.SGD(p, 0.1, momentum=0.8)),
        (
            {"optimizer": "sgd", "momentum": 0.8, "nesterov": True},
            lambda t, p: t.optim.SGD(p, 0.1, momentum=0.8, nesterov=True),
        ),
        (
            {"optimizer": "adamw", "weight_decay": 0.05},
            lambda t, p: t.optim.AdamW(p, 0.1, weight_decay=0.05, eps=1e-7),
        ),
        ({"optimizer": "adamw"}, lambda t, p: t.optim.AdamW(p, 0.1, weight_decay=0.004, eps=1e-7)),
        ({"optimizer": "adam"}, lambda t, p: t.optim.Adam(p, 0.1, eps=1e-7)),
    ],
)
def test_an_optimizer_steps_as_pytorchs(values: dict[str, Any], create: Callable[[Any, Any], Any]) -> None:
    import torch

    start, gradients = [1.0, -2.0, 3.0], [[0.3, -0.1, 0.8], [0.1, 0.5, -0.7], [0.2, 0.2, 0.9]]
    ours = keras.Variable(np.array(start))
    optimizer = create_optimizer(HyperParams.of({"init_rate": 0.1} | values))
    optimizer.build([ours])
    theirs = torch.nn.Parameter(torch.tensor(start))
    reference = create(torch, [theirs])
    for gradient in gradients:
        with torch.no_grad():
            optimizer.apply([torch.tensor(gradient)], [ours])
        theirs.grad = torch.tensor(gradient)
        reference.step()
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours), theirs.detach().numpy(), rtol=1e-4, atol=1e-6
    )


def test_weight_decay_takes_its_share_of_each_weight() -> None:
    """Without a gradient, a step of plain sgd multiplies weights by 1 − rate · decay."""
    weights = keras.Variable(np.array([1.0, -2.0]))
    optimizer = create_optimizer(HyperParams.of({"init_rate": 0.1, "weight_decay": 0.5, "momentum": 0}))
    optimizer.build([weights])
    optimizer.apply([keras.ops.zeros(2)], [weights])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights), [0.95, -1.9], rtol=1e-6)
