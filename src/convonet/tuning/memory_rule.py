"""What a failure for memory teaches: settings that need at least as much are not tried."""

from __future__ import annotations

from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams
from convonet.tuning.units import SIZES

_GROWING = (*SIZES, "batch_size")
"""A larger value needs more memory; `None` is the family's own and only equals itself."""


class MemoryRule:
    """Remembers the settings that ran out of memory."""

    def __init__(self) -> None:
        self._failed: list[tuple[int, HyperParams]] = []

    def learn(self, trial: int, hyper: HyperParams) -> None:
        """A trial did not fit."""
        self._failed.append((trial, hyper))

    def refuses(self, hyper: HyperParams) -> int | None:
        """The trial that already was too large and needed no more than `hyper` does; None: it may fit."""
        return next((trial for trial, failed in self._failed if _needs_as_much(hyper, failed)), None)


def _needs_as_much(hyper: HyperParams, failed: HyperParams) -> bool:
    network = [field.name for field in fields_of(HyperParams).values() if field.group == "Network"]
    for name in {*network, "batch_size", "optimizer"}:
        own, other = getattr(hyper, name), getattr(failed, name)
        grown = name in _GROWING and own is not None and other is not None and own > other
        if own != other and not grown:
            return False
    return True
