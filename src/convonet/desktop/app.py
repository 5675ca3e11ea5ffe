"""Starts the window: the application, the session in it, and what waits until it can be seen."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import PySide6
from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from convonet.desktop.app_win import AppWin
from convonet.desktop.controller import Controller
from convonet.desktop.kept_session import attach_running, restore_session
from convonet.desktop.style import Theme, apply_look
from convonet.desktop.window_state import WindowState
from convonet.errors import ConvonetError, OutputError
from convonet.home import home
from convonet.packages import missing_package
from convonet.params.recipes import TrainRecipe
from convonet.session.local.backend import LocalBackend
from convonet.session.session import Session
from convonet.text import local_path

FIRST_RECIPE: TrainRecipe = "auto"
"""What trains in the window where nothing is set."""
_WARM_AFTER_MS = 1500
_SNAP_AFTER_MS = 400
_SWITCH_SECONDS = 0.001


def check_versions(pyside: tuple[int, ...], python: tuple[int, ...]) -> None:
    """Refuse a pair of versions that aborts after some minutes: PySide6 6.12 counts on an immortal None.

    Raises:
        ConvonetError: PySide6 6.12 or later on Python 3.11.
    """
    if pyside >= (6, 12) and python < (3, 12):
        raise ConvonetError(
            "This version of PySide6 crashes after a few minutes on this version of Python",
            expected="PySide6 before 6.12, or Python 3.12 or later",
            received=f"PySide6 {'.'.join(map(str, pyside))} on Python {'.'.join(map(str, python))}",
            hint="Run pip install 'PySide6-Essentials<6.12'",
        )


def open_window(
    state: WindowState | None = None, *, restore: bool = True, session: Session | None = None
) -> AppWin:
    """Make the window in an application that is there already; nothing is started yet.

    Args:
        restore: take up what was loaded last time.
        session: of a server; None: of this machine.
    """
    # Threads that list and decode images give way to the window sooner than after Python's 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    state = state or WindowState.load()
    session = session or Session(LocalBackend(home() / "runs"))
    session.params.recipes.first = FIRST_RECIPE
    controller = Controller(session, state)
    window = AppWin(controller)
    known = bool(state.data or state.model)
    window.show_page("data" if restore and known else "start")
    if restore:
        # The files of last time are read once the event loop runs, so that the window is seen sooner.
        QTimer.singleShot(0, window, lambda: restore_session(controller))
    return window


def show_faults(controller: Controller) -> None:
    """From now on a fault that nobody expected becomes a dialog, and the window lives on."""

    def show(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        # KeyboardInterrupt and SystemExit are no faults, so no dialog stands in their way.
        if not isinstance(fault, Exception):
            sys.__excepthook__(kind, fault, trace)
            return
        controller.show_error(as_error(fault))

    sys.excepthook = show


def as_error(fault: Exception) -> ConvonetError:
    """What the dialog says of a fault; the traceback stands in its details."""
    if isinstance(fault, ConvonetError):
        return fault
    error = missing_package(fault) or ConvonetError(
        f"Unexpected error: {type(fault).__name__}: {fault}",
        hint="You can continue. To report the error, click Copy, then paste the details into your report",
    )
    error.__cause__ = fault
    return error.with_traceback(fault.__traceback__)


def run(
    snap: Path | None = None,
    server: str | None = None,
    token: str | None = None,
    paths: Sequence[Path] = (),
) -> int:
    """Open the window and stay until it is closed.

    Args:
        snap: save a picture of the window there and close it; no worker is started.
        server: the address of a Convonet server whose images and workers are used; None: this machine's.
        token: that the server wants.
        paths: opened as if they were dropped on the window; then nothing of the last session is.

    Returns:
        The exit code.

    Raises:
        ConvonetError: the server does not answer or refuses.
    """
    check_versions(PySide6.__version_info__[:3], sys.version_info[:3])
    app = QApplication.instance() or QApplication(sys.argv[:1])
    # `instance` may give an application without a screen, which can show no window.
    assert isinstance(app, QApplication)
    app.setApplicationName("Convonet")
    # Under Wayland, the desktop finds a window's name and icon through the desktop file of this name.
    app.setDesktopFileName("convonet")
    app.setWindowIcon(QIcon(str(Path(__file__).with_name("icon.svg"))))
    window = _local_window(app, restore=not paths) if server is None else _server_window(app, server, token)
    window.show()
    if paths:
        absolute = [Path(local_path(path)).absolute() for path in paths]
        QTimer.singleShot(
            0, window, lambda: window.controller.guard(lambda: window.files.take_paths(absolute))
        )
    if snap is not None:
        QTimer.singleShot(_SNAP_AFTER_MS, window, lambda: _snap(window, snap))
    else:
        # Not while a picture is taken, when nobody is there to close a dialog.
        show_faults(window.controller)
        QTimer.singleShot(0, window, lambda: attach_running(window.controller))
        # A first worker imports Keras for seconds: it starts before it is needed, but not while the window is drawn.
        QTimer.singleShot(_WARM_AFTER_MS, window, window.controller.session.backend.warm)
        QTimer.singleShot(_WARM_AFTER_MS, window, window.prepare_pages)
    code = int(app.exec())
    if snap is not None and not snap.is_file():
        raise OutputError("The screenshot cannot be saved", where=snap, hint="Choose a different location")
    return code


def _local_window(app: QApplication, *, restore: bool) -> AppWin:
    state = WindowState.load()
    apply_theme(app, state)
    return open_window(state, restore=restore)


def _server_window(app: QApplication, server: str, token: str | None) -> AppWin:
    # Only a window on a server needs the client and its widgets.
    from convonet.desktop.server_window import open_remote, open_server

    backend = open_server(server, token)
    state = WindowState.load(backend.name)
    apply_theme(app, state)
    return open_remote(state, backend)


def apply_theme(app: QApplication, state: WindowState) -> None:
    """Dress the application as the person has chosen."""
    theme: Theme = state.theme if state.theme in ("light", "dark") else "system"  # type: ignore[assignment]
    apply_look(app, theme)


def _snap(window: AppWin, path: Path) -> None:
    # Only a picture of the window needs it.
    from convonet.desktop.help_actions import save_picture

    # No dialog may wait for an answer here; `run` says that the file is missing.
    with contextlib.suppress(ConvonetError):
        save_picture(window, path)
    window.close()
