"""Training in fewer digits: the network computes in them, weights and sums stay in float32.

Automatic mixed precision (Micikevicius and others, Mixed Precision Training, ICLR 2018). bfloat16 has the range of
float32; float16 has not, so its loss is multiplied before the backward pass and the gradients divided after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from convonet.errors import InputError
from convonet.hints import Hint, option
from convonet.params.computing_params import Precision
from convonet.params.labels import named
from convonet.text import counted

_FIRST_SCALE, _LEAST_SCALE = 2.0**16, 1.0
_STEADY_STEPS = 2000
"""After so many steps without an overflow the scale is doubled (as torch's own)."""


def check_precision(precision: Precision, device: str, workers: int = 1) -> None:
    """Refuse what a device cannot compute with.

    Args:
        device: torch's kind of device: `cpu`, `cuda` or `mps`.
        workers: processes that compute each batch.

    Raises:
        InputError: float16 without a GPU, or divided among processes.
    """
    if precision == "float16" and device == "cpu":
        raise InputError(
            "float16 can be used only on a GPU: on a CPU it is no faster and overflows",
            received="precision=float16 on the CPU",
            hint=f"Set {named('precision')} to bfloat16 or float32",
        )
    if precision == "float16" and workers > 1:
        raise InputError(
            "float16 cannot be used with several processes",
            received=f"precision=float16 with {counted(workers, 'process', 'processes')}",
            hint=Hint.of(
                "Use precision=bfloat16, or {}",
                option("workers", 1),
                window="On the Parameters page, set Precision to bfloat16 or Processes to 1",
            ),
        )


class Computing:
    """How a step computes.

    Attributes:
        scale: of the loss; None where there is none.

    Args:
        device: torch's kind of device.
    """

    def __init__(self, precision: Precision, device: str) -> None:
        self._kind = None if precision == "float32" else getattr(torch, precision)
        self._device = device
        self.scale = LossScale() if precision == "float16" else None

    @contextmanager
    def of_network(self) -> Iterator[None]:
        """While the network computes: matrix products and convolutions in fewer digits where they were asked for."""
        if self._kind is None:
            yield
            return
        with torch.autocast(self._device, dtype=self._kind):
            yield

    def full(self, output: Any) -> Any:
        """What the network gives, in float32: losses are computed from that."""
        return output if output.dtype is torch.float32 else output.float()


class LossScale:
    """What the loss is multiplied by, so that small gradients are not lost in float16.

    Attributes:
        value: a power of two; it changes no digit of a gradient that does not overflow.
        steady: steps since it last changed.
    """

    def __init__(self) -> None:
        self.value, self.steady = _FIRST_SCALE, 0

    def undo(self, gradients: Sequence[Any]) -> bool:
        """Divide gradients by the scale, in place; false where one is no number, and the step is to be left out."""
        kept = [gradient for gradient in gradients if gradient is not None]
        for gradient in kept:
            gradient.div_(self.value)
        finite = all(bool(torch.isfinite(gradient).all()) for gradient in kept)
        self._follow(finite)
        return finite

    def state(self) -> dict[str, float]:
        """What a checkpoint keeps of it."""
        return {"scale": self.value, "steady": self.steady}

    def restore(self, state: dict[str, float]) -> None:
        """The reverse of `state`; nothing changes where a checkpoint has none."""
        self.value, self.steady = state.get("scale", self.value), int(state.get("steady", self.steady))

    def _follow(self, finite: bool) -> None:
        if not finite:
            self.value, self.steady = max(self.value / 2, _LEAST_SCALE), 0
            return
        self.steady += 1
        if self.steady == _STEADY_STEPS:
            self.value, self.steady = self.value * 2, 0
