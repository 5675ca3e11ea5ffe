"""Printing: JSON documents and tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from convonet.cli.state import STATE


def print_json(value: Any) -> None:
    """One document on standard output, UTF-8 whatever the terminal's encoding is."""
    from convonet.atomic import json_text

    text = json_text(value, indent=2) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
    STATE.printed = True


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people; numbers stand on the right. Names are shown as they are, also `[those]` in brackets."""
    from rich.console import Console
    from rich.table import Table

    rows = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], (int, float)) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    from convonet.text import terminal

    return terminal(str(value))


def percent(value: float) -> str:
    """A fraction as a person reads it."""
    return f"{100 * value:.1f}%"


def interval_text(interval: Sequence[float]) -> str:
    """A 95% confidence interval of a fraction, for example `95% CI 96.8–99.4%`."""
    low, high = interval
    return f"95% CI {100 * low:.1f}–{100 * high:.1f}%"


def note(text: str) -> None:
    """A line on standard error, which never mixes with a document."""
    sys.stderr.write(f"{text}\n")
