"""The window on a server's images, models and workers."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from convonet.desktop.app import open_window
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.places import ServerAsker
from convonet.desktop.widgets.connection import ConnectionLabel
from convonet.desktop.widgets.thumbnails import show_pictures_of
from convonet.desktop.window_state import WindowState
from convonet.session.remote.backend import RemoteBackend, open_server
from convonet.session.session import Session

__all__ = ["open_remote", "open_server"]


def open_remote(state: WindowState, backend: RemoteBackend) -> AppWin:
    """The same window as on this machine; what a person chooses lies on the server."""
    app = QApplication.instance()
    assert app is not None
    show_pictures_of(app, backend.images.picture)
    window = open_window(state, session=Session(backend))
    window.setWindowTitle(f"Convonet – {backend.url}")
    # Folders that a dialog of this machine lists mean nothing to the server.
    window.controller.ask = ServerAsker(window, backend.list_folder, window.controller.background)
    window.statusBar().insertPermanentWidget(1, ConnectionLabel(backend.connection))
    return window
