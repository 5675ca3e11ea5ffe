"""`desktop`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from convonet.errors import ConvonetError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(desktop)


def desktop(
    snap: Annotated[
        Path | None,
        typer.Option("--snap", metavar="FILE.png", help="Save a picture of the window and close it."),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Work on a Convonet server, such as http://host:8765."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="CONVONET_TOKEN", help="The server's token.", show_envvar=True),
    ] = None,
) -> None:
    """Open the window."""
    if importlib.util.find_spec("PySide6") is None:
        raise ConvonetError(
            "The window needs PySide6, which is not installed", hint="pip install 'convonet[desktop]'"
        )
    # By its name: the command line does not stand on the window.
    window = importlib.import_module("convonet.desktop.app")
    raise typer.Exit(window.run(snap, server, token))
