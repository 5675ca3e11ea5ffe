"""What `demo` prints at its end can be copied into a shell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from convonet.cli import training
from convonet.cli.app import command_tree
from convonet.runs import Run
from stored_runs import copy_assets


@pytest.mark.skipif(os.name == "nt", reason="quoted for a POSIX shell")
def test_each_next_command_has_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = copy_assets("before_documents", tmp_path / "my runs") / "runs"
    run = Run.open(next(file.parent for file in sorted(runs.glob("*/evaluation.json"))))
    training._print_demo(run, as_json=False)
    _, _, last = capsys.readouterr().out.partition("What you can do next")
    commands = [shlex.split(line) for line in last.splitlines()[1:]]
    assert commands == [
        ["convonet", "predict", str(run.path), "IMAGE"],
        ["convonet", "train", "FOLDER"],
    ]
    assert {words[1] for words in commands} <= set(command_tree().commands)
