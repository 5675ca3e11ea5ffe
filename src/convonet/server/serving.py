"""Runs the application with uvicorn until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import uvicorn
from fastapi import FastAPI

from convonet.errors import OutputError
from convonet.scratch import Scratch
from convonet.server.app import create_app
from convonet.server.prediction_pool import PredictionPool
from convonet.server.protocol import GuardedProtocol
from convonet.server.services import PredictServices
from convonet.server.settings import Settings, settings_to_json

_GRACE_SECONDS = 2
_WORKER_GRACE_SECONDS = 4
"""For requests under way. The server's own process needs the rest of its 5 seconds for runs that save a checkpoint."""
_END_SECONDS = 4.5
_BACKLOG = 2048
_OPEN_FILES = 65536
_FIRST_HANDED_OVER = 3


class Server(uvicorn.Server):
    """Serves an application; tells the event streams to say goodbye when it is asked to end.

    Args:
        shared: other processes take connections from the same socket.
    """

    def __init__(self, app: FastAPI, *, shared: bool = False) -> None:
        config = uvicorn.Config(
            app,
            http=GuardedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            # Nobody needs to know the versions that answer.
            server_header=False,
            # A client could otherwise claim any address and host name.
            proxy_headers=False,
            # As many connections as asyncio takes at once. A worker that took all that wait would leave none to others.
            backlog=1 if shared else _BACKLOG,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_WORKER_GRACE_SECONDS if shared else _GRACE_SECONDS,
        )
        super().__init__(config)
        self._parts: PredictServices = app.state.services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets)
        for listening in sockets or ():
            # The queue of the socket is another thing than what asyncio takes at once, though it sets both.
            listening.listen(_BACKLOG)

    def end(self) -> None:
        """Ask it to end; asked again, it does not wait for open requests."""
        self._parts.begin_to_end()
        # The first signal asks politely; the second one has no patience left.
        self.force_exit = self.should_exit
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came. What does not end by itself is left: a library that computes cannot be interrupted."""
        if not self.should_exit:
            timer = threading.Timer(_END_SECONDS, os._exit, [0])
            timer.daemon = True
            timer.start()
        self.end()


def serve(settings: Settings, announce: Callable[[str], None] = lambda url: None) -> None:
    """Serve until SIGINT or SIGTERM; a second one does not wait for open requests.

    Args:
        announce: told where the page is, once clients can connect.

    Raises:
        OutputError: the port is taken, or the host is not this machine's.
        WorkerError: the prediction workers cannot be started.
    """
    log_to_stderr()
    allow_open_files()
    with listening(settings) as port:
        # With port 0 only the bound socket knows the number.
        url = replace(settings, port=port.getsockname()[1]).url
        if settings.workers > 1:
            _serve_with_workers(settings, port, lambda: announce(url))
            return
        server = Server(create_app(settings))
        announce(url)
        server.run(sockets=[port])


def _serve_with_workers(settings: Settings, port: socket.socket, announce: Callable[[], None]) -> None:
    """Let workers take the connections; this process has the runs, and answers what they hand on."""
    with Scratch() as folder, socket.socket(socket.AF_UNIX) as control:
        control.bind(str(folder / "control"))
        control.listen(_BACKLOG)
        order = {
            "settings": settings_to_json(settings),
            "control": str(folder / "control"),
            "socket": port.fileno(),
        }
        pool = PredictionPool(settings.workers, port, order)
        server = Server(create_app(settings, pool=pool))
        pool.start()
        # Windows, where there are no such workers, lacks this signal too.
        signal.signal(signal.SIGHUP, lambda number, frame: pool.exchange())
        announce()
        server.run(sockets=[control])


def listening(settings: Settings) -> socket.socket:
    """A bound socket; port 0 takes any free one. Or the one that a process manager, such as systemd, hands over.

    A socket that is handed over outlives the server: while one ends and the next one starts, clients wait in its queue.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        return socket.socket(fileno=_FIRST_HANDED_OVER)
    made = None
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        # With its protocol named, asyncio sends small answers at once instead of waiting 40 ms for more.
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # A server that was just ended leaves its port in use for a minute.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError as error:
        if made is not None:
            made.close()
        raise OutputError(
            f"The server cannot listen on this address: {(error.strerror or str(error)).lower()}",
            where=f"{settings.host}:{settings.port}",
            hint="Choose a different --port or --host",
        ) from error
    return made


def log_to_stderr() -> None:
    """Write what the server has to say, and the access log, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("convonet", logging.INFO), ("uvicorn.error", logging.WARNING)):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(level)


def allow_open_files() -> None:
    """As many connections as the system lets one process have."""
    try:
        # Windows has no such module, and no such bound.
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
