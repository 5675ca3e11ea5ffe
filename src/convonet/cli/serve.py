"""`serve`."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from convonet.cli.output import note
from convonet.errors import MissingPackageError

_LIMITS = "Limits"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)


def serve(
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on. Any address other than loopback requires a token."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for any free port.")
    ] = 8765,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="The only folder that clients can reach. Default: the current folder.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="CONVONET_TOKEN",
            help="Require this token. Setting CONVONET_TOKEN instead of this option is safer.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Additional host name of this server. Can be repeated.",
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option("--jobs", min=1, help="Maximum number of training runs and searches at the same time."),
    ] = 1,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=1,
            max=64,
            help="Number of processes that make predictions. One per core gives the highest throughput.",
        ),
    ] = 1,
    warm: Annotated[
        bool,
        typer.Option(
            "--warm/--no-warm",
            help="Keep one worker with Keras loaded (340 MB of memory), so that runs start sooner.",
        ),
    ] = True,
    max_upload: Annotated[
        int,
        typer.Option(
            "--max-upload",
            metavar="MIB",
            min=1,
            help="Maximum size in MiB of a request with images.",
            rich_help_panel=_LIMITS,
        ),
    ] = 64,
    max_files: Annotated[
        int,
        typer.Option(
            "--max-files", min=1, help="Maximum number of images in a request.", rich_help_panel=_LIMITS
        ),
    ] = 1000,
    max_pixels: Annotated[
        int,
        typer.Option(
            "--max-pixels",
            min=1,
            help="Maximum number of pixels in an uploaded image.",
            rich_help_panel=_LIMITS,
        ),
    ] = 50_000_000,
    max_waiting: Annotated[
        int,
        typer.Option("--max-waiting", min=1, help="Maximum number of waiting runs.", rich_help_panel=_LIMITS),
    ] = 50,
    max_batch: Annotated[
        int,
        typer.Option(
            "--max-batch",
            min=1,
            help="Maximum number of images predicted in one batch.",
            rich_help_panel=_LIMITS,
        ),
    ] = 256,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="S",
            min=0.1,
            help="Maximum time in seconds for a request to arrive.",
            rich_help_panel=_LIMITS,
        ),
    ] = 60.0,
) -> None:
    """Serve the web page and the HTTP API. Ctrl-C stops the server; runs can be resumed."""
    if any(importlib.util.find_spec(name) is None for name in ("fastapi", "uvicorn", "python_multipart")):
        # Before anything of the server is imported: an extra that lacks is no unexpected error.
        raise MissingPackageError(
            "The server needs FastAPI and uvicorn, which are not installed",
            hint="Run pip install 'convonet[server]'",
        )
    # By their names: the command line does not stand on the server.
    settings = importlib.import_module("convonet.server.settings")
    serving = importlib.import_module("convonet.server.serving")
    limits = settings.Limits(
        upload_bytes=max_upload * settings.MIB,
        files=max_files,
        pixels=max_pixels,
        waiting_runs=max_waiting,
        batch=max_batch,
        read_seconds=timeout,
    )
    chosen = settings.Settings(
        # Not the home folder: a server shows no more than the folder that it was started in.
        root=root or Path.cwd(),
        host=host,
        port=port,
        # An empty CONVONET_TOKEN is no token; it would let everybody in who sends an empty one.
        token=token or None,
        jobs=jobs,
        names=tuple(allow_host or ()),
        warm=warm,
        workers=workers,
        limits=limits,
    )

    def announce(url: str) -> None:
        note(f"Convonet at {url} serves {chosen.root}")
        # A token that the person gave is known to them, and stays out of logs.
        if chosen.token is not None and not token:
            note(f"Token: {chosen.token}")

    serving.serve(chosen, announce)
