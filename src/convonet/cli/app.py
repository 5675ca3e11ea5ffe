"""The application, and the one place where errors become exit codes.

Each command is in a module that is imported when it is called (`lazy`), so `--help` and shell completion answer
at once.
"""

from __future__ import annotations

import signal
import sys
import traceback
from typing import Annotated

import typer

from convonet._version import __version__
from convonet.cli.lazy import LazyGroup
from convonet.cli.output import guard_streams, note, print_json, say
from convonet.cli.paths import PathTyper
from convonet.cli.state import STATE
from convonet.errors import Cancelled, ConvonetError
from convonet.packages import missing_package

app = PathTyper(
    name="convonet",
    cls=LazyGroup,
    help="From folders of images to a trained, tested and usable image classifier. Nothing leaves your machines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"convonet {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    STATE.debug = debug


def command_tree() -> LazyGroup:
    """The application with every command loaded, for pages that describe them all."""
    group = typer.main.get_group(app)
    assert isinstance(group, LazyGroup)
    return group.load_all()


def run() -> None:
    """Run the command line and end the process with the documented exit code."""
    # Read before Typer reads anything: its own errors obey these two switches as well.
    STATE.debug = "--debug" in sys.argv
    # --debug is taken anywhere on the line; Typer would want it before the command.
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    STATE.json = "--json" in arguments
    guard_streams()
    code: int = 0
    try:
        app(arguments)
    except ConvonetError as error:
        code = _failed(error)
    # Ctrl-C before a worker runs, while modules are imported, ends in the same sentence and code.
    except (Cancelled, KeyboardInterrupt):
        _ignore_further_stops()
        note("Stopped.")
        code = Cancelled.exit_code
    # `convonet runs list | head`: the reader has what it wanted, so there is nothing to say.
    except BrokenPipeError:
        code = 1
    except Exception as error:
        code = _failed(missing_package(error) or _unexpected(error))
        if STATE.debug:
            raise
    _ignore_further_stops()
    sys.exit(code)


def _ignore_further_stops() -> None:
    """The command is over: one more Ctrl-C would only put the number of the signal in place of the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _unexpected(error: Exception) -> ConvonetError:
    return ConvonetError(
        f"Unexpected error: {type(error).__name__}: {error}",
        hint="Run `convonet --debug …` to see the traceback",
    )


def _failed(error: ConvonetError) -> int:
    """Print the error as one plain sentence and, with --json, as a JSON document too."""
    if STATE.debug:
        traceback.print_exception(error)
    note(error.sentence("command"))
    # A script reads one document: after a result, an error is only a sentence on standard error.
    if STATE.json and not STATE.printed:
        print_json({"error": error.to_dict("command")})
    return error.exit_code
