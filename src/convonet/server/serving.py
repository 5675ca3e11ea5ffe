"""Runs the application with uvicorn until it is told to end."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import uvicorn
from fastapi import FastAPI

from convonet.errors import OutputError
from convonet.server.app import create_app
from convonet.server.protocol import GuardedProtocol
from convonet.server.services import Services
from convonet.server.settings import Settings

_GRACE_SECONDS = 2
_END_SECONDS = 4.5
_BACKLOG = 2048
_OPEN_FILES = 65536


class Server(uvicorn.Server):
    """Serves an application; tells the event streams to say goodbye when it is asked to end."""

    def __init__(self, app: FastAPI) -> None:
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
            backlog=_BACKLOG,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self._parts: Services = app.state.services

    def end(self) -> None:
        """Ask it to end; asked again, it does not wait for open requests."""
        self._parts.stopping = True
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
    """
    _log_to_stderr()
    _allow_open_files()
    server = Server(create_app(settings))
    with listening(settings) as port:
        # With port 0 only the bound socket knows the number.
        announce(replace(settings, port=port.getsockname()[1]).url)
        server.run(sockets=[port])


def listening(settings: Settings) -> socket.socket:
    """A bound socket; port 0 takes any free one."""
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
            f"The server cannot listen there: {(error.strerror or str(error)).lower()}",
            where=f"{settings.host}:{settings.port}",
            hint="Choose another --port or --host",
        ) from error
    return made


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("convonet", logging.INFO), ("uvicorn.error", logging.WARNING)):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(level)


def _allow_open_files() -> None:
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
