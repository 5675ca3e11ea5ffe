"""One of several processes behind a server's listening socket: answers predictions, hands everything else on.

The control process starts it with one line of JSON on its standard input and ends it by SIGTERM, or by closing that
pipe. It tells on its standard output when it answers, and then its counters.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from convonet._version import __version__
from convonet.errors import ConvonetError
from convonet.json_values import JsonObject
from convonet.own_process import end_at_once, enter_folder
from convonet.runs.environment import available_cores
from convonet.server.answers import Json
from convonet.server.confine import Root
from convonet.server.forwarding import Control
from convonet.server.guard import Guard
from convonet.server.known import KnownRuns
from convonet.server.leaving import Leaving
from convonet.server.limits import Bounds
from convonet.server.metrics import Metrics, to_json
from convonet.server.refusals import Refusal, add_handlers
from convonet.server.routes import PREFIX, predict
from convonet.server.served import ServedModels
from convonet.server.services import PredictParts, PredictServices
from convonet.server.serving import Server, allow_open_files, log_to_stderr
from convonet.server.settings import Limits, Settings, settings_from_json
from convonet.server.watching import Watching

_TELL_SECONDS = 0.5
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_prediction_app(settings: Settings, control: Control, models: Sequence[str] = ()) -> FastAPI:
    """The application of one worker.

    Args:
        models: runs whose models are opened before it takes connections, so that no client waits for that.
    """
    root = Root(settings.root)
    metrics = Metrics()
    limits = share_of(settings.limits, settings.workers)
    threads = max(1, available_cores() // settings.workers)
    parts = PredictServices(
        settings=replace(settings, limits=limits),
        root=root,
        known=KnownRuns(root, settings.runs),
        metrics=metrics,
        models=ServedModels(limits, metrics, threads),
        with_keras=control.with_keras,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.gather(*(_open(parts, name) for name in models))
        yield
        parts.models.close()
        await control.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.services = parts
    app.include_router(predict.router, prefix=PREFIX)
    app.include_router(_router(control))
    add_handlers(app)
    app.add_middleware(Bounds, limits=limits)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Leaving, stopping=lambda: parts.stopping)
    app.add_middleware(Watching, metrics=metrics)
    return app


async def _open(parts: PredictServices, run: str) -> None:
    # A run that is gone, or whose model cannot be opened any more, is told to whoever asks for it.
    with suppress(ConvonetError, Refusal):
        await parts.models.can_answer(await asyncio.to_thread(parts.known.find, run))


def _router(control: Control) -> APIRouter:
    router = APIRouter()

    @router.get(f"{PREFIX}/health")
    async def health(parts: PredictParts) -> Json:
        """As the control process would answer: a worker that answers is a server that is there."""
        needed = parts.settings.token is not None
        return Json({"status": "ok", "version": __version__, "token_needed": needed})

    @router.get(f"{PREFIX}/ready")
    async def ready(request: Request, parts: PredictParts) -> Response:
        """Not while this worker ends, whatever the others do: its clients shall go elsewhere."""
        if parts.stopping:
            raise Refusal(503, "The server is shutting down", retry_after=5)
        return await control.forward(request)

    @router.api_route("/{path:path}", methods=_METHODS)
    async def other(request: Request) -> Response:
        """Everything else is the control process's."""
        return await control.forward(request)

    return router


def share_of(limits: Limits, workers: int) -> Limits:
    """The limits of one of several workers: what all of them may hold together is divided among them."""
    return replace(
        limits,
        waiting_bytes=max(limits.waiting_bytes // workers, limits.upload_bytes),
        waiting_images=max(limits.waiting_images // workers, limits.files),
    )


class _Told:
    """What the control process hears of this one: a line when it answers, then its counters as they change."""

    def __init__(self, server: Server, parts: PredictServices) -> None:
        self._server, self._parts = server, parts
        self._last: list[Any] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._tell, name="told", daemon=True).start()

    def counts(self) -> None:
        """Tell the counters, if they have changed."""
        with self._lock:
            counts = to_json(self._parts.metrics.counts())
            if counts != self._last:
                self._last = counts
                models = self._parts.models.names
                self._line({"counts": counts, "gauges": self._parts.gauges(), "models": models})

    def _tell(self) -> None:
        while not self._server.started:
            time.sleep(0.01)
        self._line({"ready": True})
        while True:
            time.sleep(_TELL_SECONDS)
            self.counts()

    def _line(self, content: JsonObject) -> None:
        try:
            sys.stdout.write(json.dumps(content) + "\n")
            sys.stdout.flush()
        except OSError:  # nobody listens any more: the pipe's other end says so too
            return


def _end_with_owner() -> None:
    # Not through `sys.stdin`: Python cannot end while a thread waits inside of it.
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until told to end."""
    given = json.loads(sys.stdin.readline())
    enter_folder()
    end_at_once()
    log_to_stderr()
    allow_open_files()
    settings = settings_from_json(given["settings"])
    app = create_prediction_app(settings, Control(given["control"]), given["models"])
    server = Server(app, shared=True)
    told = _Told(server, app.state.services)
    threading.Thread(target=_end_with_owner, daemon=True).start()
    with socket.socket(fileno=given["socket"]) as listening:
        server.run(sockets=[listening])
    told.counts()


if __name__ == "__main__":
    main()
