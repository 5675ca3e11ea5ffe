"""Paths on the command line: every option and argument that takes one reads it in the same way."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer

from convonet.text import local_path

Command = TypeVar("Command", bound=Callable[..., Any])


class PathTyper(typer.Typer):
    """A group of commands in whose paths `~` is the home folder: the shell leaves it in `--out=~/runs`."""

    def command(self, *args: Any, **options: Any) -> Callable[[Command], Command]:
        """Add a command, as `typer.Typer.command` does."""
        add = super().command(*args, **options)
        return lambda command: add(_reading_paths(command))


def _reading_paths(command: Command) -> Command:
    @functools.wraps(command)
    def call(*args: Any, **given: Any) -> Any:
        return command(*args, **{name: _read(value) for name, value in given.items()})

    call.reads_paths = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def _read(value: Any) -> Any:
    if isinstance(value, Path):
        return Path(local_path(value))
    return [_read(item) for item in value] if isinstance(value, list) else value
