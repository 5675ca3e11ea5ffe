"""`verify`: a run done once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import options as opt
from convonet.cli.output import print_json, say
from convonet.cli.work import ask
from convonet.runs import RunStore
from convonet.specs import VerifyTask


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(verify)


def verify(
    run: Annotated[str, typer.Argument(help="A run's folder or id.")],
    root: opt.Root = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Repeat a training, search or study and say whether it gives the same; exit code 1 when it does not."""
    found = RunStore(root or Path("runs")).find(run)
    answer = ask(VerifyTask(run=str(found.path.resolve()), threads=found.task().threads), progress)
    if json:
        print_json(answer)
    else:
        say(answer["sentence"])
    if not answer["equal"]:
        raise typer.Exit(1)
