"""Prediction of uploaded images."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from convonet.documents.predictions import Predictions
from convonet.errors import ConvonetError
from convonet.inference.answers import TOP, AnswerOptions
from convonet.server.answers import Json
from convonet.server.batching import all_pixels
from convonet.server.multipart import FIELD, Upload, read_uploads
from convonet.server.refusals import Refusal, status_of
from convonet.server.routes import REFUSED
from convonet.server.routes.runs import RunId
from convonet.server.services import PredictParts, PredictServices
from convonet.server.settings import Limits

router = APIRouter(tags=["prediction"], responses=REFUSED)

MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {
                        FIELD: {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Image files of any supported type.",
                        }
                    },
                }
            }
        },
    }
}
_FEW = 8
_HEAVY = 4_000_000


@router.post("/runs/{run}/predict", response_model=Predictions, openapi_extra=MULTIPART)
async def predict(
    request: Request,
    run: RunId,
    parts: PredictParts,
    top: Annotated[int, Query(ge=1, le=1000, description="Number of classes listed per image.")] = TOP,
    unsure_below: Annotated[float | None, Query(ge=0, le=1)] = None,
) -> Response:
    """Predict the classes of images sent as multipart `files`; images of several requests are batched."""
    # In the event loop only what is quick: a run that was found before costs one look at the disk.
    found = parts.known.at_hand(run)
    if found is None:
        found = await asyncio.to_thread(parts.known.find, run)
    options = AnswerOptions(top, unsure_below)
    with counted(parts, found.id):
        if not await parts.models.can_answer(found):
            return await parts.with_keras(request, parts, found, options)
        with receiving(request, parts) as took:
            uploads = await read_uploads(request, parts.settings.limits.files, took)
            heavy = await pixels_within(uploads, parts.settings.limits) > _HEAVY
            predictions = await parts.models.answer(found, uploads, options, heavy=heavy)
    return Json({"predictions": predictions})


@contextmanager
def counted(parts: PredictServices, model: str) -> Iterator[None]:
    """Count a model's prediction request by its outcome."""
    started, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "ok"
    except Refusal as refusal:
        outcome = "refused" if refusal.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
        raise
    except ConvonetError as error:
        outcome = "refused" if status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
        raise
    finally:
        parts.metrics.predicted(model, outcome, time.monotonic() - started)


@contextmanager
def receiving(request: Request, parts: PredictServices) -> Iterator[Callable[[int], None]]:
    """Count a request's bytes while they are in memory; yields the function to call as bytes arrive.

    Only received bytes count, not those that a client announces: connections that stay open and send nothing take no
    memory from others.

    Raises:
        Refusal: 429, other requests are using the memory.
    """
    told, held = request.headers.get("content-length", ""), 0

    def check(more: int) -> None:
        # A single request may always go on: its own size is bounded elsewhere.
        if parts.upload_bytes > held and parts.upload_bytes + more > parts.settings.limits.waiting_bytes:
            raise Refusal(
                429,
                "Too many images are being received",
                retry_after=1,
                close=True,
                hint="Try again in a second",
            )

    def took(more: int) -> None:
        nonlocal held
        check(more)
        held += more
        parts.upload_bytes += more

    check(int(told[:20]) if told.isdecimal() else 0)
    try:
        yield took
    finally:
        parts.upload_bytes -= held


async def pixels_within(uploads: list[Upload], limits: Limits) -> int:
    """The total pixel count of a request's images, from their headers.

    Raises:
        Refusal: 413, more than may be decoded for one request.
    """
    # A thread costs more than reading the headers of a few files.
    few = len(uploads) <= _FEW
    total = all_pixels(uploads) if few else await asyncio.to_thread(all_pixels, uploads)
    if total > limits.request_pixels:
        raise Refusal(
            413,
            "The images of the request have too many pixels in total",
            expected=f"at most {limits.request_pixels:,}",
            received=f"{total:,}",
            hint="Send them in several requests",
        )
    return total
