"""The application: routes, guards and the page, over one set of services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from convonet._version import __version__
from convonet.server.guard import Guard
from convonet.server.limits import Bounds
from convonet.server.refusals import add_handlers
from convonet.server.routes import PREFIX, about, images, params, predict, results, runs
from convonet.server.services import Services
from convonet.server.settings import Settings
from convonet.server.watching import Watching
from convonet.workbench.supervisor import Supervisor

_DESCRIPTION = (
    "From folders of images to a trained, tested and usable image classifier. Paths are relative to the folder "
    "that the server was started with. Every refusal is a problem document that says what, where, expected, "
    "received and what to do next."
)


def create_app(settings: Settings, supervisor: Supervisor | None = None) -> FastAPI:
    """The server as an ASGI application; its services start and stop with its lifespan."""
    parts = Services.of(settings, supervisor)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts.start()
        yield
        parts.stop()

    app = FastAPI(
        title="Convonet",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "MIT"},
    )
    app.state.services = parts
    for module in (about, images, params, runs, results, predict):
        app.include_router(module.router, prefix=PREFIX)
    add_handlers(app)
    app.add_middleware(Bounds, limits=settings.limits)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Watching, metrics=parts.metrics)
    app.openapi = _described(app, settings)  # type: ignore[method-assign]
    page = Path(str(resources.files("convonet.server"))) / "web"
    app.mount("/", StaticFiles(directory=page, html=True), name="page")
    return app


def _described(app: FastAPI, settings: Settings) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document, with the token where one is asked for."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        if settings.token is not None and "security" not in document:
            schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["token"] = {"type": "http", "scheme": "bearer"}
            document["security"] = [{"token": []}]
            for path in ("health", "login", "logout"):
                for operation in document["paths"][f"{PREFIX}/{path}"].values():
                    operation["security"] = []
        return document

    return openapi
