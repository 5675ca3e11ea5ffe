"""What a session tells its listeners: small values, told in the thread that changed something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from convonet.event_lines import Stamped
from convonet.launch.work import WorkEnded
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
]


@dataclass(frozen=True)
class Changed:
    """A part of the session has another value now."""

    part: Part


@dataclass(frozen=True)
class Reported:
    """The worker reported an event."""

    task: Task
    stamped: Stamped


Change: TypeAlias = Changed | Reported | WorkEnded
Listener: TypeAlias = Callable[[Change], None]
