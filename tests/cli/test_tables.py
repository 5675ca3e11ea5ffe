"""Tables of the command line: aligned in a terminal's columns, whole lines in a pipe, fast when they are long."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest

from convonet.cli import output
from convonet.cli.safe_stream import SafeStream


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(
    monkeypatch: pytest.MonkeyPatch,
    stream: io.StringIO,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    **options: str,
) -> list[str]:
    monkeypatch.setattr(sys, "stdout", SafeStream(stream))
    output.print_table(columns, rows, **options)
    return stream.getvalue().splitlines()


def test_numbers_stand_on_the_right_and_wide_letters_take_two_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [["山水", 7, None], ["[red]a", 12_000, 0.123456]]
    lines = printed(monkeypatch, io.StringIO(), ("class", "images", "share"), rows)
    assert lines == [
        "class   images  share",
        "山水         7  –",
        "[red]a  12,000  0.1235",
    ]


def test_a_title_stands_above(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, io.StringIO(), ("a",), [[1]], title="All") == ["All", "a", "1"]


def test_a_table_without_rows_is_its_heading(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, io.StringIO(), ("one", "two"), []) == ["one  two"]


def test_a_pipe_gets_each_row_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300
    assert printed(monkeypatch, io.StringIO(), ("a",), [[f"{long}\n{long}"]]) == ["a", f"{long} {long}"]


def test_a_narrow_terminal_folds_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = printed(monkeypatch, Terminal(), ("a", "b"), [["x" * 50, "y" * 10]])
    assert max(map(len, lines[1:])) <= 40
    assert "".join(lines).count("x") == 50


def test_a_terminal_obeys_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, Terminal(), ("a",), [["\x1b[2Jend"]])
    assert lines[1] == "\\x1b[2Jend"


def test_ten_thousand_rows_are_printed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"run-{number}", "photographs", "Training", number] for number in range(10_000)]
    for stream in (io.StringIO(), Terminal()):
        started = time.process_time()
        assert len(printed(monkeypatch, stream, ("name", "set", "kind", "images"), rows)) == 10_001
        assert time.process_time() - started < 5
