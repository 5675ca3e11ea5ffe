"""What the server is: health, metrics, declarations for forms, presets, the login of a browser."""

from __future__ import annotations

import dataclasses
import threading
from functools import cache
from typing import Literal

from fastapi import APIRouter, Request, Response

from convonet._version import __version__
from convonet.documents.evaluation import SCORES
from convonet.documents.installation import InstallationDocument
from convonet.documents.run_record import Machine
from convonet.inference.backbones import backbones_here
from convonet.json_values import JsonObject
from convonet.launch.doctor import examine
from convonet.params import DataParams, HyperParams, fields_of, preset, preset_names
from convonet.params.bases import BASES
from convonet.params.catalogue import family_document, models_document
from convonet.params.migrations import FORMAT_VERSION
from convonet.params.recipes import DEFAULT_MINUTES, DEFAULT_RECIPE, RECIPES, TRAIN_RECIPES
from convonet.params.values import ParamModel
from convonet.runs.environment import machine, versions
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.guard import COOKIE, same_token
from convonet.server.metrics import added
from convonet.server.metrics import text as metrics_text
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.services import Parts
from convonet.server.tasks import option_names
from convonet.tasks import kinds
from convonet.tasks.export_formats import EXPORT_FORMATS

router = APIRouter(tags=["about"], responses=REFUSED)
_examining = threading.Lock()

_DAYS = 30 * 24 * 3600


@router.get("/health", response_model=schemas.Health)
async def health(parts: Parts) -> Json:
    """Whether the server is running. Needs no token."""
    needed = parts.settings.token is not None
    return Json({"status": "ok", "version": __version__, "token_needed": needed})


@router.get("/ready", response_model=schemas.Ready)
async def ready(parts: Parts) -> Json:
    """Whether the server is ready to answer requests; 503 while it is starting or shutting down. Needs no token."""
    if not parts.ready:
        raise Refusal(503, "The server is starting or shutting down", retry_after=5)
    return Json({"status": "ready", "workers": 1 if parts.pool is None else parts.pool.size})


@router.post("/login", status_code=204)
async def login(login: schemas.Login, request: Request, parts: Parts) -> Response:
    """Set the token as a cookie, which browsers also send for pictures and event streams."""
    token = parts.settings.token
    if token is None:
        return Response(status_code=204)
    if not same_token(login.token, token):
        raise Refusal(401, "The token is wrong", headers={"WWW-Authenticate": 'Bearer realm="convonet"'})
    answer = Response(status_code=204)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, max_age=_DAYS, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout", status_code=204)
async def logout() -> Response:
    """Remove the cookie."""
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(parts: Parts) -> Response:
    """Counters in the Prometheus text format, including those of every model and all workers."""
    counts, gauges, workers = [parts.metrics.counts()], parts.gauges(), 1
    if parts.pool is not None:
        counts.append(parts.pool.counts())
        of_pool, workers = parts.pool.gauges(), parts.pool.size
        gauges = {name: value + of_pool.get(name, 0) for name, value in gauges.items()}
    gauges |= {f"runs_{state}": count for state, count in parts.queue.counts().items()}
    gauges |= {"event_streams": parts.metrics.streams, "uptime_seconds": parts.metrics.uptime}
    gauges["prediction_workers"] = workers
    text = metrics_text(added(counts), gauges)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/about", response_model=schemas.About)
def about(parts: Parts) -> Json:
    """Versions, machine, kinds of runs, and all parameters with everything that a form needs to show them."""
    declared: dict[str, type[ParamModel]] = {"data": DataParams, "hyper": HyperParams}
    document = {
        "version": __version__,
        "versions": _versions(),
        "machine": _machine(),
        "root": str(parts.root.path),
        "limits": dataclasses.asdict(parts.settings.limits),
        "kinds": [
            {"kind": name, "options": option_names(task), "needs": _needs(name), "traits": task.traits()}
            for name, task in kinds().items()
        ],
        "fields": {
            kind: [field.to_dict() for field in fields_of(model).values()] for kind, model in declared.items()
        },
        **_models(),
        "presets": {kind: preset_names(kind) for kind in ("data", "hyper")},
        "recipes": list(RECIPES),
        "format_version": FORMAT_VERSION,
        "export_formats": [{"name": one.name, "title": one.title} for one in EXPORT_FORMATS.values()],
        "train_recipes": list(TRAIN_RECIPES),
        "default_recipe": DEFAULT_RECIPE,
        "recipe_minutes": DEFAULT_MINUTES,
        "scores": [score._asdict() for score in SCORES],
    }
    return Json(document)


@router.get("/families/{name}")
def family(name: str) -> Json:
    """A family or backbone and its parameters."""
    return Json(family_document(name))


@router.get("/presets/{kind}/{name}")
def preset_values(kind: Literal["data", "hyper"], name: str) -> Json:
    """The parameters of a preset."""
    return Json(preset(kind, name))


@router.get("/doctor", response_model=InstallationDocument)
def doctor() -> Json:
    """What this installation can do: device, missing parts. The first request takes a few seconds."""
    # A second request waits for the first instead of starting another process.
    with _examining:
        return Json(_examined())


@cache
def _examined() -> InstallationDocument:
    return examine()


def _models() -> JsonObject:
    """Families and backbones; for each backbone, whether its weights are on this machine."""
    here = backbones_here()
    bases = [base.to_dict() | {"here": name in here} for name, base in BASES.items()]
    return models_document() | {"bases": bases}


@cache
def _versions() -> dict[str, str]:
    return versions()


@cache
def _machine() -> Machine:
    return machine()


def _needs(kind: str) -> list[str]:
    """What a kind of run requires: `data`, `hyper` or names of options."""
    named = {"space": "hyper"}
    return [
        named.get(name, name) for name, field in kinds()[kind].model_fields.items() if field.is_required()
    ]
