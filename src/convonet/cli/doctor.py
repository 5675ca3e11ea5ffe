"""`doctor`: versions, device, and what is missing."""

from __future__ import annotations

import typer

from convonet.cli import options as opt
from convonet.cli.output import print_json, print_table
from convonet.launch.doctor import examine


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(doctor)


def doctor(json: opt.Json = False) -> None:
    """Show versions, the device, folders, and what is missing."""
    report = examine()
    if json:
        print_json(report)
    else:
        print_table(("package", "version"), list(report.versions.items()))
        facts = report.machine.to_dict() | report.folders.to_dict()
        print_table(("property", "value"), [[name, str(value)] for name, value in facts.items()])
        print_table(("part", "state"), [[part.name, part.state] for part in report.parts])
    if not report.ready:
        raise typer.Exit(1)
