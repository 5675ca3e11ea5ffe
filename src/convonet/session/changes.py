"""What a session tells its listeners: small values, told in the thread that changed something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from convonet import tasks
from convonet.event_lines import Stamped
from convonet.launch.work import WorkEnded

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

    task: tasks.Task
    stamped: Stamped


Change: TypeAlias = Changed | Reported | WorkEnded
Listener: TypeAlias = Callable[[Change], None]
