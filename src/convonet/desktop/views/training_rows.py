"""What the page Train shows of a training: lines of candidates, rows of epochs, numbers as text."""

from __future__ import annotations

import math
from collections.abc import Iterator

from convonet.desktop.widgets.candidates import CandidateLine
from convonet.desktop.widgets.table import percent
from convonet.events import CandidateEnded
from convonet.session.progress import LiveCurves, Progress

_ORDER = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def candidate_lines(record: Progress) -> Iterator[CandidateLine]:
    """The candidates that have ended."""
    # Whatever beat all before it was the best for a while; the last of these is the best now.
    best = next((one.name for one in reversed(record.ended) if one.best), "")
    for one in record.ended:
        yield _ended_line(one, one.name == best)


def _ended_line(one: CandidateEnded, best: bool) -> CandidateLine:
    interval = None if one.accuracy_interval is None else (one.accuracy_interval[0], one.accuracy_interval[1])
    state = "chosen" if best else one.state
    note = "Best so far" if best else f"{one.reason[:1].upper()}{one.reason[1:]}"
    return CandidateLine(one.title, state, one.accuracy, interval, one.seconds, note)


def is_finite(values: list[float]) -> bool:
    """Whether the last epoch has this score."""
    return bool(values) and math.isfinite(values[-1])


def last_of(values: list[float]) -> float:
    """The score of the last epoch; NaN before it."""
    return values[-1] if values else math.nan


def percent_text(value: float | None) -> str:
    """A score in percent, or a dash where there is none."""
    return f"{100 * value:.1f}%" if value is not None and math.isfinite(value) else "–"


def epoch_rows(history: LiveCurves) -> list[tuple[float | None, ...]]:
    """A row of the table for each epoch."""
    columns = history.columns()
    return [
        (index + 1, *(_value(name, columns[name], index) for name in _ORDER))
        for index in range(history.epochs)
    ]


def _value(name: str, values: list[float], place: int) -> float | None:
    if place >= len(values) or not math.isfinite(values[place]):
        return None
    return percent(values[place]) if name.endswith("accuracy") else values[place]
