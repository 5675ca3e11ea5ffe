"""A folder over HTTP on this machine alone, as a browser needs it, and one address that takes the browser's answer."""

from __future__ import annotations

import http.server
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

REPORT = "/convonet-report"
_MOST_BYTES = 2**26
# The system's table of types may say anything, and browsers run no module that comes as another type.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
}


class StaticServer(http.server.ThreadingHTTPServer):
    """The server; `url` is its address, `reports` what pages have sent to `REPORT`."""

    # A browser may keep a connection open, and its thread must not keep the program from ending.
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        # Port 0 lets the system choose a free one, so several exports can run at once.
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.reports: queue.Queue[bytes] = queue.Queue()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser may leave in the middle of a file."""

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != REPORT or size > _MOST_BYTES:
            self.send_error(404)
            return
        assert isinstance(self.server, StaticServer)
        self.server.reports.put(self.rfile.read(size))
        self.send_response(204)
        self.end_headers()

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """The type of a file by its name."""
        return _TYPES.get(os.path.splitext(path)[1], "application/octet-stream")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[StaticServer]:
    """Serve a folder for the time of the block."""
    with StaticServer(folder) as server:
        # The poll interval bounds how long shutdown waits; the default is half a second.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
