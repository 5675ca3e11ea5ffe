"""Live progress with the remaining time: one line in a terminal, one changing output in a notebook."""

from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from convonet.api.inputs import Listener
from convonet.events import (
    BatchEnded,
    CandidateStarted,
    EpochEnded,
    Event,
    PlanMade,
    Progressed,
    StageStarted,
    TrialEnded,
    Warned,
    Watch,
)

_WIDTH = 100
_SECONDS_BETWEEN = 0.2
_AT_ONCE = (StageStarted, EpochEnded, TrialEnded)


class LiveProgress:
    """Shows events until it is closed.

    Args:
        write: replaces the current line; an empty text removes it.
        keep: shows a line permanently.
        seconds: shortest time between two lines about batches, images or trials.
    """

    def __init__(
        self, write: Callable[[str], None], keep: Callable[[str], None], seconds: float = _SECONDS_BETWEEN
    ) -> None:
        self._write, self._keep, self._seconds, self._shown = write, keep, seconds, 0.0
        self._title = ""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Warned):
            self._keep(f"Note: {event.python or event.message}")
        elif isinstance(event, PlanMade):
            self._keep(event.sentence)
        elif isinstance(event, CandidateStarted):
            self._keep(f"{event.number}/{event.total}: {event.title}")
        line = self._line(event)
        now = time.monotonic()
        # Batches and images are shown no more often than a person can read.
        if line and (now - self._shown >= self._seconds or isinstance(event, _AT_ONCE)):
            self._shown = now
            self._write(line[:_WIDTH])

    def close(self) -> None:
        """Remove the current line."""
        self._write("")

    def _line(self, event: Event) -> str:
        if isinstance(event, StageStarted):
            self._title = event.title
            return f"{event.title} …"
        if isinstance(event, Progressed) and event.total:
            return f"{self._title}: {event.done:,} of {event.total:,}{time_left(event.seconds_left)}"
        if isinstance(event, BatchEnded):
            accuracy = "" if event.accuracy is None else f", accuracy {100 * event.accuracy:.1f}%"
            return (
                f"Epoch {event.epoch}/{event.epochs}, batch {event.step}/{event.steps}: "
                f"loss {event.loss:.4f}{accuracy}{time_left(event.seconds_left)}"
            )
        if isinstance(event, EpochEnded):
            logs = ", ".join(
                f"{name} {100 * value:.1f}%" if "accuracy" in name else f"{name} {value:.4f}"
                for name, value in event.logs.items()
                if name != "learning_rate"
            )
            return f"Epoch {event.epoch}/{event.epochs}: {logs}"
        if isinstance(event, TrialEnded):
            return f"Trial {event.trial} of {event.trials}: {event.state}"
        return ""


def time_left(seconds: float | None) -> str:
    """A text such as `, 2 min 5 s left`; empty if the time is unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f", {minutes} min {rest} s left" if minutes else f", {rest} s left"


def in_notebook() -> bool:
    """Whether a notebook displays the output of this process."""
    # A notebook has loaded IPython already, so nothing has to be imported to ask.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # IPython in a terminal has a shell too, but no kernel.
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def create_progress(wanted: bool | None) -> LiveProgress | None:
    """The display of this process, or None.

    Args:
        wanted: whether to show progress; None: only in a terminal or notebook.
    """
    if wanted is False:
        return None
    if in_notebook():
        return _notebook_progress()
    return _terminal_progress() if wanted or sys.stderr.isatty() else None


def _terminal_progress() -> LiveProgress:
    def write(line: str) -> None:
        # Padded, so that a short line covers all of a longer one before it.
        sys.stderr.write(f"\r{line:<{_WIDTH}}" if line else f"\r{'':<{_WIDTH}}\r")
        sys.stderr.flush()

    def keep(line: str) -> None:
        sys.stderr.write(f"\r{line:<{_WIDTH}}\n")

    if sys.stderr.isatty():
        return LiveProgress(write, keep)

    def plain(line: str) -> None:
        if line:
            sys.stderr.write(line + "\n")

    # Where no line can be taken back, batches would fill the log.
    return LiveProgress(plain, plain, seconds=math.inf)


def _notebook_progress() -> LiveProgress:
    display: Any = importlib.import_module("IPython.display")
    kept: list[str] = []
    handle = display.display(display.HTML(""), display_id=True)

    def show(line: str) -> None:
        # Names of classes and folders may contain characters that HTML obeys.
        text = "<br>".join(map(escape, [*kept, line] if line else kept))
        handle.update(display.HTML(f"<div style='font-family:monospace'>{text}</div>"))

    def keep(line: str) -> None:
        kept.append(line)
        show("")

    return LiveProgress(show, keep)


@contextmanager
def shown(listen: Listener, progress: bool | None) -> Iterator[Callable[[Event], None]]:
    """The functions that are called with every event: the display and the user's listener."""
    display = create_progress(progress)

    def tell(event: Event) -> None:
        if display is not None:
            display(event)
        if listen is not None:
            listen(event)

    try:
        yield tell
    finally:
        if display is not None:
            display.close()


@contextmanager
def following(listen: Listener, progress: bool | None) -> Iterator[Watch]:
    """A watch for work without a run."""
    with shown(listen, progress) as tell:
        yield Watch(tell)
