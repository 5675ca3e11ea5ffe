"""A real server on loopback, in a thread of the test's process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from convonet.server.app import create_app
from convonet.server.serving import Server, listening
from convonet.server.settings import Settings

TOKEN = "for-this-test"
SECONDS = 120.0


class Served:
    """A server in a thread, which can be stopped and started again at the same port."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        settings = Settings(root=self.root, port=self.port, token=TOKEN, warm=False)
        self._socket = listening(settings)
        self.port = self._socket.getsockname()[1]
        self._server = Server(create_app(settings))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        wait(lambda: self._server.started)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.end()
            self._thread.join()
        self._socket.close()


def wait(there: Callable[[], object], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)
