"""Paths on the command line: every option and argument that takes one reads it in the same way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from convonet.text import local_path

Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """Typer lets pydantic read values, and puts the prefix `Value error,` before its message."""
    try:
        yield
    except typer.BadParameter as error:
        error.message = error.message.removeprefix("Value error, ")
        raise


class PlainCommand(TyperCommand):
    """A command whose switches take no value, and whose usage line names arguments such as `RUN` and `[PATH...]`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is left of the arguments after the options."""
        with _plain_refusals():
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> Any:
        """Its options and arguments, `--help` among them."""
        return without_switch_types(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The parts of the usage line. Typer's versions differ in how they write an argument, so none is asked."""
        arguments = [param for param in self.get_params(ctx) if param.param_type_name == "argument"]
        return [self.options_metavar or "", *map(argument_usage, arguments)]


class PlainGroup(TyperGroup):
    """A group of commands, in the same way."""

    def get_params(self, ctx: Any) -> Any:
        """Its options, `--help` among them."""
        return without_switch_types(super().get_params(ctx))


def without_switch_types(params: Any) -> Any:
    """The parameters, arguments with their names in capitals.

    Typer would show the type of what a switch becomes in Python: <bool>.
    """
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
        elif param.param_type_name == "argument":
            param.metavar = argument_name(param)
    return params


def argument_name(param: Any) -> str:
    """What an argument is called in help and documentation, such as `RUN`."""
    return str(param.metavar or param.name.upper())


def argument_usage(param: Any) -> str:
    """An argument in a usage line: `RUN`, several as `PATH...`, optional ones in brackets."""
    name = argument_name(param) + ("..." if param.nargs != 1 else "")
    return name if param.required else f"[{name}]"


class PathTyper(typer.Typer):
    """A group of commands that expand `~` in paths; the shell does not do so in `--out=~/runs`."""

    def __init__(self, **options: Any) -> None:
        # The caller's class wins: the top group loads its commands lazily.
        super().__init__(**({"cls": PlainGroup} | options))

    def command(self, *args: Any, **options: Any) -> Callable[[Command], Command]:
        """Add a command, as `typer.Typer.command` does."""
        add = super().command(*args, **({"cls": PlainCommand} | options))
        return lambda command: add(_reading_paths(command))


def _reading_paths(command: Command) -> Command:
    @functools.wraps(command)
    def call(*args: Any, **given: Any) -> Any:
        return command(*args, **{name: _read(value) for name, value in given.items()})

    # A test walks all commands and asks for this mark, so that no new one reads paths its own way.
    call.reads_paths = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def _read(value: Any) -> Any:
    if isinstance(value, Path):
        return Path(local_path(value))
    return [_read(item) for item in value] if isinstance(value, list) else value
