"""Prediction of uploaded images."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from convonet.documents.predictions import Predictions
from convonet.documents.run_record import Fault
from convonet.inference.answers import TOP
from convonet.runs import Run
from convonet.runs.documents import read_result
from convonet.scratch import Scratch
from convonet.server.answers import Json
from convonet.server.batching import AnswerOptions, all_pixels
from convonet.server.multipart import FIELD, Upload, read_uploads
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.routes.runs import RunId
from convonet.server.services import Parts, Services
from convonet.server.settings import Limits
from convonet.tasks import PredictTask

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
                            "description": "Image files of any type that is read.",
                        }
                    },
                }
            }
        },
    }
}
_POLL_SECONDS = 0.05
_SLOW_SECONDS = 300.0
_FEW = 8
_HEAVY = 4_000_000


@router.post("/runs/{run}/predict", response_model=Predictions, openapi_extra=MULTIPART)
async def predict(
    request: Request,
    run: RunId,
    parts: Parts,
    top: Annotated[int, Query(ge=1, le=1000, description="Number of classes listed per image.")] = TOP,
    unsure_below: Annotated[float | None, Query(ge=0, le=1)] = None,
) -> Json:
    """Predict the classes of images sent as multipart `files`, together with those of other requests."""
    found = parts.known.at_hand(run)
    if found is None:
        found = await asyncio.to_thread(parts.known.find, run)
    with receiving(request, parts) as took:
        uploads = await read_uploads(request, parts.settings.limits.files, took)
        pixels = await pixels_within(uploads, parts.settings.limits)
        wish = AnswerOptions(top, unsure_below)
        predictions = await parts.models.answer(found, uploads, wish, heavy=pixels > _HEAVY)
        if predictions is None:
            predictions = await _by_worker(parts, found, uploads, wish)
    return Json({"predictions": predictions})


@contextmanager
def receiving(request: Request, parts: Services) -> Iterator[Callable[[int], None]]:
    """While a request's images are held in memory; gives what is to be told of the bytes that have come.

    What counts is what has come, not what a client says that it will send: connections that stay open and send
    nothing take no memory from others.

    Raises:
        Refusal: 429, others have taken the memory.
    """
    told, held = request.headers.get("content-length", ""), 0

    def check(more: int) -> None:
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
    """The pixels of all images of a request together, by their heads.

    Raises:
        Refusal: 413, more than are decoded for one request.
    """
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


async def _by_worker(
    parts: Services, run: Run, uploads: list[Upload], wish: AnswerOptions
) -> list[dict[str, Any]]:
    """The same by a worker with keras, for a model that has no ONNX file of its own."""
    scratch = Scratch()
    try:
        files = [scratch.path / f"{place}.image" for place in range(len(uploads))]
        for file, upload in zip(files, uploads, strict=True):
            await asyncio.to_thread(file.write_bytes, upload.content)
        task = PredictTask(
            model=str(run.path), paths=tuple(map(str, files)), top=wish.top, unsure_below=wish.unsure_below
        )
        document = await _answered(parts, await asyncio.to_thread(parts.queue.submit, task))
    finally:
        scratch.close()
    found: list[dict[str, Any]] = document["predictions"]
    return [item | {"path": upload.name} for item, upload in zip(found, uploads, strict=True)]


async def _answered(parts: Services, asked: Run) -> dict[str, Any]:
    """The result of a question, when its worker is done."""
    try:
        async with asyncio.timeout(_SLOW_SECONDS):
            while not (state := await asyncio.to_thread(asked.state)).ended:
                await asyncio.sleep(_POLL_SECONDS)
    except (TimeoutError, asyncio.CancelledError):
        parts.queue.cancel(asked)
        raise
    if state != "done":
        raise (asked.read().error or Fault()).error()
    return read_result(asked)
