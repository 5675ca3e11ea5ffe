"""The application: routes, guards and the page, over one set of services."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from convonet._version import __version__
from convonet.launch.supervisor import Supervisor
from convonet.server.guard import OPEN, Guard
from convonet.server.leaving import Leaving
from convonet.server.limits import Bounds
from convonet.server.prediction_pool import PredictionPool
from convonet.server.refusals import PROBLEM, add_handlers
from convonet.server.routes import (
    PREFIX,
    about,
    images,
    imports,
    kernels,
    models,
    params,
    predict,
    results,
    runs,
    sorting,
    uploads,
)
from convonet.server.services import Services
from convonet.server.settings import Settings
from convonet.server.watching import Watching
from convonet.server.with_keras import predict_with_keras

_DESCRIPTION = (
    "From folders of images to a trained, tested and usable image classifier. Paths are relative to the folder "
    "that the server was started with. Every error response is a problem document that says what happened, where, "
    "what was expected and received, and what to do next."
)


def create_app(
    settings: Settings, supervisor: Supervisor | None = None, pool: PredictionPool | None = None
) -> FastAPI:
    """The server as an ASGI application; its services start and stop with its lifespan.

    Args:
        pool: workers that answer predictions, hand on everything else, and count and log all requests.
    """
    parts = Services.of(settings, predict_with_keras, supervisor, pool)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts.start()
        yield
        parts.stop()

    app = FastAPI(
        title="Convonet",
        version=__version__,
        description=_DESCRIPTION,
        # The documentation pages of FastAPI load scripts from another site, which the content security policy forbids.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "MIT"},
    )
    app.state.services = parts
    # Routes are tried in this order: predictions come first, since they come by the thousand.
    for module in (predict, about, images, params, runs, results, models, uploads, imports, kernels, sorting):
        app.include_router(module.router, prefix=PREFIX)
    add_handlers(app)
    # What is added last is asked first: every request is counted, then guarded, and only then is its body read.
    app.add_middleware(Bounds, limits=settings.limits)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Leaving, stopping=lambda: parts.stopping)
    if pool is None:
        app.add_middleware(Watching, metrics=parts.metrics)
    app.openapi = _described(app, settings)  # type: ignore[method-assign]
    # Windows may call it text/plain in its registry, and a browser then refuses the module.
    mimetypes.add_type("text/javascript", ".js")
    page = Path(str(resources.files("convonet.server"))) / "web"
    # Mounted last: it answers every path, also those of the API.
    app.mount("/", _PageFiles(directory=page, html=True), name="page")
    return app


class _PageFiles(StaticFiles):
    """The files of the web page."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file of a path; a path with a null byte, which not every Starlette refuses, has none."""
        return ("", None) if "\0" in path else super().lookup_path(path)


def _described(app: FastAPI, settings: Settings) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document: problems under their own media type, and the token where one is asked for."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        # The plain method stores its document in this attribute, so a later call skips the changes below.
        if app.openapi_schema is None:
            # Made when somebody asks for it, and kept: it describes every route and document.
            document = plain()
            for operations in document["paths"].values():
                for operation in operations.values():
                    _name_problems(operation["responses"])
            if settings.token is not None:
                _ask_for_token(document)
        return app.openapi_schema or {}

    return openapi


def _name_problems(responses: dict[str, Any]) -> None:
    for status in ("4XX", "5XX"):
        content = responses[status]["content"]
        # FastAPI files every response under application/json; problems are sent under a media type of their own.
        content[PROBLEM] = content.pop("application/json", content.get(PROBLEM))


def _ask_for_token(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path in OPEN:
        for operation in document["paths"][path].values():
            # An empty list overrides the document's default, as these paths are answered without a token.
            operation["security"] = []
