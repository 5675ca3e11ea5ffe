"""What a workbench tells its listeners: small values, told in the thread that changed something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from convonet.errors import ConvonetError
from convonet.events import RunState, Stamped
from convonet.runs import Run
from convonet.tasks import Task

Part = Literal[
    "data",
    "hyper",
    "recipe",
    "sets",
    "model",
    "summary",
    "scores",
    "predictions",
    "explanations",
    "work",
    "marks",
]


@dataclass(frozen=True)
class Changed:
    """A part of the workbench has another value now."""

    part: Part


@dataclass(frozen=True)
class Heard:
    """The worker told an event."""

    task: Task
    stamped: Stamped


@dataclass(frozen=True)
class WorkEnded:
    """The work is over.

    Attributes:
        result: the job's answer; None unless it is done.
        error: why it failed; None for done and cancelled.
    """

    task: Task
    run: Run
    state: RunState
    result: dict[str, Any] | None = None
    error: ConvonetError | None = None


Change: TypeAlias = Changed | Heard | WorkEnded
Listener: TypeAlias = Callable[[Change], None]
