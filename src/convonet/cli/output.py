"""All printing of the command line: documents, tables and lines on standard output, notes on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import typer

from convonet.atomic import json_text
from convonet.cli.safe_stream import SafeStream, raw
from convonet.cli.state import STATE
from convonet.text import terminal

if TYPE_CHECKING:
    from rich.console import Console


def print_json(value: Any) -> None:
    """One document on standard output, UTF-8 whatever the terminal's encoding is."""
    text = json_text(value, indent=2) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
    STATE.printed = True


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people; numbers stand on the right. Names are shown as they are, also `[those]` in brackets."""
    # Rich takes longer to load than most commands take to answer as JSON.
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
    return terminal(str(value))


def percent(value: float) -> str:
    """A fraction as a person reads it."""
    return f"{100 * value:.1f}%"


def interval_text(interval: Sequence[float]) -> str:
    """A 95% confidence interval of a fraction, for example `95% CI 96.8–99.4%`."""
    low, high = interval
    return f"95% CI {100 * low:.1f}–{100 * high:.1f}%"


def say(text: str = "") -> None:
    """A line on standard output, for people."""
    typer.echo(text)


def note(text: str) -> None:
    """A line on standard error, which never mixes with a document."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def error_console() -> Console:
    """A terminal on standard error in which lines and bars can stand together."""
    # Loaded only where a person watches; a script that reads JSON does not wait for it.
    from rich.console import Console

    return Console(file=raw(sys.stderr))


def is_watched() -> bool:
    """Whether a person sees standard error, so that bars make sense."""
    return sys.stderr.isatty()


def guard_streams() -> None:
    """Show what a name holds rather than obeying it: control characters, and what the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    streams: Any = (SafeStream(sys.stdout), SafeStream(sys.stderr))
    sys.stdout, sys.stderr = streams
