"""Makes the manual page `convonet.1` from the commands of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convonet._version import __version__
from convonet.cli.app import command_tree
from convonet.cli.paths import argument_usage

HEAD = """.\\" Made by `make generate` from the code; a test compares the two.
.TH CONVONET 1 "" "Convonet {version}" "User Commands"
.SH NAME
convonet \\- train, test, explain and use CNN image classifiers
.SH SYNOPSIS
.B convonet
[\\fB\\-\\-debug\\fR] \\fICOMMAND\\fR [\\fIOPTION\\fR ...]
.SH DESCRIPTION
Trains a convolutional network on a folder with one folder of images per class, tests it, explains its predictions and
classifies new images. Nothing leaves your machines.
.PP
With \\fB\\-\\-json\\fR, commands write one JSON document to standard output and nothing else.
Progress goes to standard error.
.SH COMMANDS
"""
TAIL = """.SH "EXIT STATUS"
.TP
.B 0
Done.
.TP
.B 1
The work failed; \\fBpredict\\fR did not find a file; \\fBpredict\\fR or \\fBexplain\\fR could read none of the images;
a set of \\fBmany\\fR failed; \\fBverify\\fR found a difference; \\fBdoctor\\fR found that something is missing.
.TP
.B 2
Wrong usage; input that is invalid or does not exist; an export that failed its check.
.TP
.B 130
Stopped by Ctrl\\-C or by another program. A checkpoint is kept, and \\fBconvonet resume\\fR continues the run.
.SH ENVIRONMENT
.TP
.B CONVONET_HOME
The folder for settings, the list of known runs and the cache of prepared images.
.TP
.B CONVONET_TOKEN
The token of \\fBconvonet serve\\fR and of \\fBconvonet desktop \\-\\-server\\fR.
.TP
.B KERAS_BACKEND
The backend of Keras. Default: \\fBtorch\\fR.
.TP
.B NO_COLOR
If set, no color in the terminal.
"""


def man_page() -> str:
    """The page in roff."""
    parts = [HEAD.format(version=_roff(__version__))]
    for name, command in _commands(command_tree(), ""):
        parts.append(f'.SS "{_roff(name)}{_arguments(command)}"\n{_line(command.help or "")}\n')
        for param in command.params:
            if param.param_type_name != "argument" and param.name != "help":
                names = ", ".join(
                    f"\\fB{_roff(option)}\\fR" for option in [*param.opts, *param.secondary_opts]
                )
                value = "" if param.is_flag else f" \\fI{_roff(_metavar(param))}\\fR"
                parts.append(f".TP\n{names}{value}\n{_line(param.help or '')}\n")
    return "".join(parts) + TAIL


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child in children:
        yield from _commands(children[child], f"{name} {child}".strip())


def _arguments(command: Any) -> str:
    return "".join(
        f" {_roff(argument_usage(param))}" for param in command.params if param.param_type_name == "argument"
    )


def _metavar(param: Any) -> str:
    return str(param.metavar or param.name).upper()


def _line(text: str) -> str:
    """Text on one line that no roff request begins."""
    line = _roff(" ".join(text.split()))
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _roff(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")
