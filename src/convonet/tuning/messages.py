"""What trainers tell the one who coordinates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from convonet.runs.trials import FoldKey, FoldRow


@dataclass(frozen=True)
class TrainerSettings:
    """What is the same for all trainings of a search.

    Attributes:
        objective: what a score is.
        threads: computing threads of one training.
        reports: whether scores of the epochs are told, for pruning.
        memory: bytes that one trainer may take; None: no limit.
    """

    objective: str
    threads: int
    reports: bool = False
    memory: int | None = None


@dataclass(frozen=True)
class EpochScored:
    """The objective's value after an epoch (from 1) of a unit, and the row of its history."""

    unit: FoldKey
    epoch: int
    score: float
    logs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FoldEnded:
    """A row is there. It was measured, or could not be; `memory`: because the memory was not enough."""

    row: FoldRow
    memory: bool = False


@dataclass(frozen=True)
class UnitEnded:
    """A trainer is free again.

    Attributes:
        unit: the key of its last row.
        bytes: the most memory that its process has taken so far.
        gpu_bytes: the most that the unit has taken of its GPU; 0: none, or not known.
    """

    unit: FoldKey
    bytes: int = 0
    gpu_bytes: int = 0


@dataclass(frozen=True)
class TrainerDied:
    """A trainer's process or machine is gone, and the work in it.

    Attributes:
        unit: what it was doing; None: nothing.
        cause: `memory`: the system killed it, probably for its memory; `lost`: the machine went away, and the
            same work may succeed elsewhere; `fault`: the software's own.
    """

    unit: FoldKey | None
    reason: str
    cause: Literal["memory", "lost", "fault"]


Message: TypeAlias = EpochScored | FoldEnded | UnitEnded | TrainerDied
