"""The next commands that `demo` and `suspects` print at their ends can be copied into a shell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from convonet.cli import results, training
from convonet.cli.app import command_tree
from convonet.documents.suspects import SuspectsDocument
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import SuspectsTask
from stored_runs import copy_assets

NOT_WINDOWS = pytest.mark.skipif(os.name == "nt", reason="quoted for a POSIX shell")


def _commands(out: str) -> list[list[str]]:
    """The lines that are commands, as a shell reads them."""
    return [shlex.split(line) for line in out.splitlines() if line.startswith("  convonet ")]


@NOT_WINDOWS
def test_the_set_and_the_table_of_suspicious_labels_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DataParams(train_dir=str(tmp_path / "my set"))
    run = Run.create(tmp_path / "my runs", SuspectsTask(data=data, hyper=HyperParams()), name="run")
    document = SuspectsDocument.of(
        {"run": str(run.path), "state": "done", "images": 8, "folds": 5, "repeats": 3, "accuracy": 0.9}
        | {"likely": 1, "suspects": [], "seconds": 1.0}
    )
    results.print_suspects(document)
    mark = ["convonet", "mark", str(tmp_path / "my set")]
    out = capsys.readouterr().out
    assert "1 of 8 labels is probably wrong" in out
    assert _commands(out) == [
        [*mark, "PATH", "--label", "CLASS"],
        [*mark, "--from", str(run.file("suspects.csv")), "--first", "N", "--leave-out"],
    ]


@NOT_WINDOWS
def test_each_next_command_has_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = copy_assets("before_documents", tmp_path / "my runs") / "runs"
    run = Run.open(next(file.parent for file in sorted(runs.glob("*/evaluation.json"))))
    training._print_demo(run, as_json=False)
    commands = _commands(capsys.readouterr().out)
    assert commands == [
        ["convonet", "predict", str(run.path), "IMAGE"],
        ["convonet", "train", "FOLDER"],
    ]
    assert {words[1] for words in commands} <= set(command_tree().commands)
