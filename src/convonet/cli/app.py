"""The application: every group of commands, and the one place where errors become exit codes.

Modules of this room import only typer and the standard library at their top; the core is imported inside the
commands, so that `--help` and shell completion answer at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convonet._version import __version__
from convonet.cli import (
    cache,
    data,
    desktop,
    doctor,
    explaining,
    kernels,
    many,
    marking,
    network,
    params,
    runs,
    serve,
    technique,
    testing,
    training,
    tuning,
    verify,
)
from convonet.cli.paths import PathTyper
from convonet.cli.safe_stream import SafeStream
from convonet.cli.state import STATE

if TYPE_CHECKING:
    from convonet.errors import ConvonetError

app = PathTyper(
    name="convonet",
    help="From folders of images to a trained, tested and usable image classifier. Nothing leaves this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    training,
    many,
    tuning,
    testing,
    data,
    marking,
    technique,
    network,
    explaining,
    kernels,
    params,
    runs,
    verify,
    cache,
    desktop,
    serve,
    doctor,
):
    group.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"convonet {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    STATE.debug = debug


def _keep_names_only(group: typer.Typer) -> None:
    """Drop the commands' options: the list of commands does not show them, and reading them all takes a while."""
    for command in group.registered_commands:
        described = command.callback
        command.callback = lambda: None
        command.name = command.name or getattr(described, "__name__", "").replace("_", "-")
        command.help = command.help or getattr(described, "__doc__", "")
    for part in group.registered_groups:
        if part.typer_instance is not None:
            _keep_names_only(part.typer_instance)


def run() -> None:
    """Run the command line and end the process with the contract's exit code."""
    from convonet.errors import Cancelled, ConvonetError

    STATE.debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    STATE.json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding lacks is shown escaped rather than ending the command.
            stream.reconfigure(errors="backslashreplace")
    streams: Any = (SafeStream(sys.stdout), SafeStream(sys.stderr))
    sys.stdout, sys.stderr = streams
    code: int = 0
    if arguments and set(arguments) <= {"--help", "-h"}:
        _keep_names_only(app)
    try:
        app(arguments)
    except ConvonetError as error:
        code = _failed(error)
    except (Cancelled, KeyboardInterrupt):
        sys.stderr.write("Cancelled.\n")
        code = Cancelled.exit_code
    except BrokenPipeError:
        code = 1
    except Exception as error:
        code = _failed(
            ConvonetError(
                f"An unexpected fault: {type(error).__name__}: {error}",
                hint="`convonet --debug …` shows where",
            )
        )
        if STATE.debug:
            raise
    sys.exit(code)


def _failed(error: ConvonetError) -> int:
    """One plain sentence, and with --json also the error as the document."""
    from convonet.cli.output import print_json

    if STATE.debug:
        import traceback

        traceback.print_exception(error)
    sys.stderr.write(f"{error.sentence()}\n")
    if STATE.json and not STATE.printed:
        print_json({"error": error.to_dict()})
    return error.exit_code
