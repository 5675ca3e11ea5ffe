"""Commands are loaded when they are called; all printing is done in one module."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import convonet.cli
from convonet.cli.app import command_tree
from convonet.cli.lazy import COMMANDS

ROOM = Path(convonet.cli.__file__).parent
_PROBE = """
import sys
from convonet.cli import app
sys.argv = ["convonet", *{words}]
try:
    app.run()
except SystemExit as end:
    assert not end.code, end.code
rooms = sorted(name for name in sys.modules if name.startswith("convonet."))
print("LOADED", *rooms, file=sys.stderr)
"""


def _loaded(*words: str) -> set[str]:
    """The modules that a call of the command line has loaded."""
    said = subprocess.run(
        [sys.executable, "-c", _PROBE.format(words=list(words))], capture_output=True, text=True, check=True
    )
    return set(said.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_the_list_of_commands_loads_none_of_them(words: list[str]) -> None:
    loaded = _loaded(*words)
    assert not {f"convonet.cli.{home.module}" for home in COMMANDS.values()} & loaded
    assert not {
        name
        for name in loaded
        if name.split(".")[1] in ("params", "tasks", "runs", "data", "session", "launch")
    }


@pytest.mark.parametrize(
    ("words", "module"), [(["cache", "--help"], "cache"), (["train", "--help"], "training")]
)
def test_a_command_loads_its_own_module(words: list[str], module: str) -> None:
    homes = {f"convonet.cli.{home.module}" for home in COMMANDS.values()}
    assert homes & _loaded(*words) == {f"convonet.cli.{module}"}


def test_the_list_says_of_each_command_what_its_own_help_says() -> None:
    for name, command in command_tree().commands.items():
        assert (command.help or "").partition("\n\n")[0].replace("\n", " ") == COMMANDS[name].sentence, name


def test_every_command_of_a_module_is_in_the_list() -> None:
    import importlib

    import typer

    for module in {home.module for home in COMMANDS.values()}:
        app = typer.Typer()
        importlib.import_module(f"convonet.cli.{module}").register(app)
        listed = {name for name, home in COMMANDS.items() if home.module == module}
        assert set(typer.main.get_group(app).commands) == listed


def _prints(source: str) -> Iterator[str]:
    """Whatever writes to a stream of the process."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "typer.echo", "typer.secho"):
            yield ast.unparse(node.func)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            yield ast.unparse(node)


def test_all_printing_is_in_one_module() -> None:
    prints = {path.name for path in ROOM.glob("*.py") if list(_prints(path.read_text(encoding="utf-8")))}
    assert prints == {"output.py"}
