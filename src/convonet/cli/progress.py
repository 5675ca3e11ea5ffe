"""Shows a worker's events on standard error: bars in a terminal, plain lines elsewhere, or the events as JSON."""

from __future__ import annotations

from typing import Protocol

from convonet.atomic import json_text
from convonet.cli.output import error_console, is_watched, note, percent
from convonet.cli.summary import candidate_line
from convonet.event_lines import Stamped
from convonet.events import (
    BatchEnded,
    CandidateEnded,
    CandidateStarted,
    EpochEnded,
    Event,
    PlanMade,
    Progressed,
    StageStarted,
    TrainingStopped,
    TrialEnded,
    Warned,
)
from convonet.params.labels import settings_text
from convonet.text import terminal


class Display(Protocol):
    """Shows events until it is closed."""

    def show(self, stamped: Stamped) -> None:
        """Show one event."""

    def close(self) -> None:
        """Release the terminal."""


def create_display(style: str) -> Display:
    """The display that `--progress` names: `auto`, `none` or `jsonl`."""
    if style == "jsonl":
        return JsonLines()
    if style == "none":
        return Silent()
    return ProgressBars() if is_watched() else Lines()


class Silent:
    """Shows warnings only."""

    def show(self, stamped: Stamped) -> None:
        if isinstance(stamped.event, Warned):
            note(f"Note: {stamped.event.message}")

    def close(self) -> None:
        return


class JsonLines:
    """Each event as one JSON object per line, as in `events.jsonl`."""

    def show(self, stamped: Stamped) -> None:
        note(json_text(stamped.event.to_dict(stamped.run, stamped.time)))

    def close(self) -> None:
        return


class Lines(Silent):
    """Stages and epochs as plain lines, for logs."""

    def show(self, stamped: Stamped) -> None:
        super().show(stamped)
        event = stamped.event
        for line in plan_lines(event):
            note(line)
        if isinstance(event, StageStarted):
            note(f"{event.title} …")
        elif isinstance(event, EpochEnded):
            note(epoch_line(event.epoch, event.epochs, event.logs))
        elif isinstance(event, TrainingStopped):
            note(f"Stopped after epoch {event.epoch}: {event.reason}")
        elif isinstance(event, TrialEnded):
            note(trial_line(event))


class ProgressBars:
    """A bar for each stage with the time left, and a line for each epoch."""

    def __init__(self) -> None:
        # As in `output`: rich is loaded only where a person watches.
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]}"),
            console=error_console(),
            # The bar vanishes at the end; the lines of the epochs, which are worth keeping, stay.
            transient=True,
        )
        self._task = self._progress.add_task("Starting …", total=None, left="")
        self._progress.start()

    def show(self, stamped: Stamped) -> None:
        event = stamped.event
        for line in plan_lines(event):
            self._print(line)
        if isinstance(event, StageStarted):
            self._progress.update(self._task, description=event.title, total=None, completed=0, left="")
        elif isinstance(event, Progressed):
            left = time_left(event.seconds_left)
            self._progress.update(self._task, total=event.total, completed=event.done, left=left)
        elif isinstance(event, BatchEnded):
            # One bar over all epochs: a bar that starts again with each says nothing about the end.
            done = (event.epoch - 1) * event.steps + event.step
            accuracy = f"  accuracy {percent(event.accuracy)}" if event.accuracy is not None else ""
            self._progress.update(
                self._task,
                description=f"Epoch {event.epoch}/{event.epochs}  loss {event.loss:.4f}{accuracy}",
                total=event.epochs * event.steps,
                completed=done,
                left=time_left(event.seconds_left),
            )
        elif isinstance(event, EpochEnded):
            self._print(epoch_line(event.epoch, event.epochs, event.logs))
        elif isinstance(event, TrainingStopped):
            self._print(f"Stopped after epoch {event.epoch}: {event.reason}")
        elif isinstance(event, TrialEnded):
            self._print(trial_line(event))
        elif isinstance(event, Warned):
            self._print(f"Note: {event.message}")

    def _print(self, line: str) -> None:
        # Folding is the terminal's: a line that rich folds can no longer be searched or copied whole.
        self._progress.console.print(terminal(line), markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        self._progress.stop()


def plan_lines(event: Event) -> list[str]:
    """The progress of a plan: its sentence, the candidate being trained, and the result of each candidate."""
    if isinstance(event, PlanMade):
        return [event.sentence, *(f"Note: {note}" for note in event.notes)]
    if isinstance(event, CandidateStarted):
        return [f"[{event.number}/{event.total}] {event.title}"]
    return [candidate_line(event)] if isinstance(event, CandidateEnded) else []


def epoch_line(epoch: int, epochs: int, logs: dict[str, float]) -> str:
    """One epoch's scores in a line."""
    names = {
        "loss": "loss",
        "accuracy": "accuracy",
        "val_loss": "validation loss",
        "val_accuracy": "validation accuracy",
    }
    scores = "  ".join(
        f"{title} {percent(logs[name]) if 'accuracy' in name else f'{logs[name]:.4f}'}"
        for name, title in names.items()
        if name in logs
    )
    return f"Epoch {epoch:>{len(str(epochs))}}/{epochs}  {scores}"


def trial_line(event: TrialEnded) -> str:
    """One fold of a search in a line."""
    values = settings_text(event.params)
    scores = f"  accuracy {percent(event.accuracy)}" if event.accuracy is not None else ""
    scores += f"  loss {event.loss:.4f}" if event.loss is not None else ""
    fold = "" if event.fold is None else f", fold {event.fold}"
    ended = "" if event.state == "done" else f"  {event.state}"
    # Numbers are padded, so that the values below one another can be compared.
    width = len(str(event.trials))
    return f"Trial {event.trial:>{width}}/{event.trials}{fold}: {values}{scores}{ended}"


def time_left(seconds: float | None) -> str:
    """The time left, for people."""
    if seconds is None:
        return ""
    # Minutes only from where their rounding is an error of less than a third.
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"
