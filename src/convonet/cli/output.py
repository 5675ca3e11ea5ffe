"""All printing of the command line: documents, tables and lines on standard output, notes on standard error."""

from __future__ import annotations

import shutil
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

_GAP = "  "
_MOST_FOLDED = 200


def print_json(value: Any) -> None:
    """One document on standard output, UTF-8 whatever the terminal's encoding is."""
    text = json_text(value, indent=2) + "\n"
    # The bytes go past the text layer, so text that waits in it has to go first.
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
    STATE.printed = True


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people; numbers are right-aligned. Names are shown as they are, including `[brackets]`.

    Cells are folded where a terminal is too narrow for a short table. Elsewhere each row is one line, so that the
    names in it can be searched and copied.
    """
    rows = [list(row) for row in rows]
    right = [
        bool(rows) and all(isinstance(row[column], (int, float)) for row in rows)
        for column in range(len(columns))
    ]
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(columns, *cells, strict=True)]
    if (
        sys.stdout.isatty()
        and len(cells) <= _MOST_FOLDED
        and sum(widths) + len(_GAP) * (len(widths) - 1) > shutil.get_terminal_size().columns
    ):
        _print_folded(columns, cells, right, title)
        return
    heading = _line(columns, widths, right)
    lines = [typer.style(heading, bold=True), *(_line(row, widths, right) for row in cells)]
    # One write: a pipe that closes after the first lines ends the command at once.
    say("\n".join([title, *lines] if title else lines))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, on_right in zip(cells, widths, right, strict=True):
        blanks = " " * (width - _width(cell))
        padded.append(blanks + cell if on_right else cell + blanks)
    return _GAP.join(padded).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese characters take two."""
    if text.isascii():
        return len(text)
    # Loaded only for names that need it.
    from rich.cells import cell_len

    return cell_len(text)


def _print_folded(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], title: str | None
) -> None:
    # Rich takes longer to load than most commands take to answer as JSON, and 3 ms for each row.
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column, on_right in zip(columns, right, strict=True):
        table.add_column(column, justify="right" if on_right else "left", overflow="fold")
    for row in cells:
        table.add_row(*row)
    Console(markup=False, emoji=False, highlight=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(terminal(str(value)).splitlines())


def percent(value: float) -> str:
    """A fraction as a percentage."""
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
    """A terminal on standard error that can show lines and bars together."""
    # Loaded only where a person watches; a script that reads JSON does not wait for it.
    from rich.console import Console

    return Console(file=raw(sys.stderr))


def is_watched() -> bool:
    """Whether standard error is a terminal, so that bars make sense."""
    return sys.stderr.isatty()


def guard_streams() -> None:
    """Escape control characters in a name, and characters that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        # Test runners and notebooks put other streams in their place, which take any text.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    streams: Any = (SafeStream(sys.stdout), SafeStream(sys.stderr))
    sys.stdout, sys.stderr = streams
