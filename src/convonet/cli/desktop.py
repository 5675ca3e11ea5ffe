"""`desktop`."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from convonet.errors import ConvonetError, MissingPackageError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(desktop)


def desktop(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="What to open: a folder of images, a model, a run, images or a parameter file.",
        ),
    ] = None,
    snap: Annotated[
        Path | None,
        typer.Option("--snap", metavar="FILE.png", help="Save a screenshot of the window and close it."),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Connect to a Convonet server, such as http://host:8765."
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="CONVONET_TOKEN", help="The server's token.", show_envvar=True),
    ] = None,
) -> None:
    """Open the desktop window."""
    if importlib.util.find_spec("PySide6") is None:
        raise MissingPackageError(
            "The window needs PySide6, which is not installed", hint="Run pip install 'convonet[desktop]'"
        )
    if (reason := no_display()) is not None:
        raise ConvonetError(
            "The window needs a display", reason=reason, hint="Use `convonet serve` and a browser instead"
        )
    # By its name: the command line does not stand on the window.
    window = importlib.import_module("convonet.desktop.app")
    raise typer.Exit(window.run(snap, server, token, paths or ()))


def no_display() -> str | None:
    """Why no window can be shown here; None if one can. Qt itself would abort the process."""
    # The platform may have arguments behind a colon, such as `vnc:size=1024x768`.
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    # Other platforms, such as offscreen, draw without a display.
    if sys.platform != "linux" or platform not in ("", "xcb", "wayland", "wayland-egl"):
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    if wayland and not platform.startswith("xcb"):
        socket_file = os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), wayland)
        # A variable that outlived its session, as in tmux or ssh, names a socket that is gone.
        if os.path.exists(socket_file):
            return None
    if x11 and _answers(x11):
        return None
    return f"nothing responds at {x11 or wayland}"


def _answers(display: str) -> bool:
    """Whether an X server answers at an address such as `:0` or `host:10.0`."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdigit():
        return False
    # X listens at a file and at an abstract name, and containers often share only one of them.
    unix = f"/tmp/.X11-unix/X{number}"
    local: list[str] = [] if host not in ("", "unix") else [unix, f"\0{unix}"]
    for address in local:
        with socket.socket(socket.AF_UNIX) as tried:
            # A hung server would otherwise hang the command without a word.
            tried.settimeout(2)
            if tried.connect_ex(address) == 0:
                return True
    if not host or host == "unix":
        return False
    try:
        # Display N of a host listens at TCP port 6000 + N, as ssh -X forwards it.
        socket.create_connection((host, 6000 + int(number)), timeout=2).close()
    except OSError:
        return False
    return True
