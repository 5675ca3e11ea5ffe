"""Every path on the command line is read in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from convonet.cli.app import command_tree
from convonet.cli.given import present
from convonet.cli.paths import PathTyper
from convonet.errors import InputError
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.runs.begin import results_folder
from convonet.session.models import model_path
from convonet.tasks import TrainTask


def _commands(group: TyperGroup, above: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{above}{name} ")
        else:
            assert command.callback is not None
            yield f"{above}{name}", command.callback


COMMANDS = dict(_commands(command_tree()))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_reads_the_home_folder(name: str) -> None:
    """Whatever paths it takes: all of them go through one place."""
    assert getattr(COMMANDS[name], "reads_paths", False)


def test_the_home_folder_of_options_and_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    group, given = PathTyper(), dict[str, Any]()

    @group.command()
    def command(file: Path, more: list[Path], out: Path = Path("x"), name: str = "~") -> None:
        given.update(file=file, more=more, out=out, name=name)

    group(["~/a", "~/b", "c", "--out=~/d", "--name=~/e"], standalone_mode=False)
    assert given == {
        "file": tmp_path / "a",
        "more": [tmp_path / "b", Path("c")],
        "out": tmp_path / "d",
        "name": "~/e",
    }


def test_the_home_folder_of_runs_and_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    task = TrainTask(data=DataParams(train_dir="x"), hyper=HyperParams())
    run = Run.create(Path("~/runs"), task, name="run")
    assert run.path == tmp_path / "runs" / "run"
    assert RunStore().find("~/runs/run").path == model_path("~/runs/run") == run.path
    assert results_folder(task.changed(data=DataParams(result_dir="~/out"))) == tmp_path / "out"


def test_patterns_are_expanded_where_the_shell_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.png", "[1].png", "x.txt"):
        (tmp_path / name).touch()
    assert present([Path("*.png")]) == ("[1].png", "a.png", "b.png")
    assert present([Path("[1].png"), Path("x.txt")]) == ("[1].png", "x.txt")
    with pytest.raises(InputError, match=r"\*\.jpg"):
        present([Path("*.jpg")])
