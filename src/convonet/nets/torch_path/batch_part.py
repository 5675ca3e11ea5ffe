"""The part of a batch that this process computes, where several processes share one.

What a layer takes from the whole batch, the statistics of a normalisation and the mask of a dropout, asks here, so the
forward pass of a part gives what that of the whole batch gives for its images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Tensor = Any


@dataclass(frozen=True)
class BatchPart:
    """Images `start` to `stop` of a batch of `total`.

    Attributes:
        sum: adds up a tensor over all processes, in place; all have to ask for the same sums in the same order.
    """

    start: int
    stop: int
    total: int
    sum: Callable[[Tensor], Tensor]

    @property
    def times(self) -> float:
        """How many times as many images the whole batch has."""
        return self.total / (self.stop - self.start)

    def whole(self, rows: Tensor) -> Tensor:
        """Room for the whole batch of which `rows` is this part."""
        return rows.new_empty((self.total, *rows.shape[1:]))

    def of(self, whole: Tensor) -> Tensor:
        """This part of what belongs to the whole batch."""
        return whole[self.start : self.stop]


# The layers of a forward pass are called one by one; what all of them need would have to pass through every one.
_part: ContextVar[BatchPart | None] = ContextVar("batch_part", default=None)


def current_part() -> BatchPart | None:
    """The part that is computed at the moment; None where this process computes whole batches."""
    return _part.get()


@contextmanager
def computing(part: BatchPart) -> Iterator[None]:
    """Compute a part of a batch inside the block."""
    token = _part.set(part)
    try:
        yield
    finally:
        _part.reset(token)
