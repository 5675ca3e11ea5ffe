"""Predictions of models that have no ONNX file of their own: a worker with Keras gives them, which takes seconds."""

from __future__ import annotations

import asyncio

from fastapi import Request, Response

from convonet.documents.predictions import PredictionRow
from convonet.documents.run_record import Fault
from convonet.inference.answers import AnswerOptions
from convonet.runs import Run
from convonet.runs.documents import read_result
from convonet.scratch import Scratch
from convonet.server.answers import Json
from convonet.server.jobs import JobQueue
from convonet.server.multipart import Upload, read_uploads
from convonet.server.routes.predict import pixels_within, receiving
from convonet.server.services import PredictServices, services
from convonet.tasks import PredictTask

_POLL_SECONDS = 0.05
_SLOW_SECONDS = 300.0


async def predict_with_keras(
    request: Request, parts: PredictServices, run: Run, options: AnswerOptions
) -> Response:
    """Answer a prediction request by a run of its own, which does not wait behind trainings.

    Raises:
        Refusal: too many images, bytes or runs.
        ConvonetError: the worker's reason.
    """
    with receiving(request, parts) as took:
        uploads = await read_uploads(request, parts.settings.limits.files, took)
        await pixels_within(uploads, parts.settings.limits)
        return Json({"predictions": await _predicted(services(request).queue, run, uploads, options)})


async def _predicted(
    queue: JobQueue, run: Run, uploads: list[Upload], options: AnswerOptions
) -> list[PredictionRow]:
    scratch = Scratch()
    try:
        files = [scratch.path / f"{index}.image" for index in range(len(uploads))]
        for file, upload in zip(files, uploads, strict=True):
            await asyncio.to_thread(file.write_bytes, upload.content)
        task = PredictTask(
            model=str(run.path),
            paths=tuple(map(str, files)),
            top=options.top,
            unsure_below=options.unsure_below,
        )
        rows = await _answered(queue, await asyncio.to_thread(queue.submit, task))
    finally:
        scratch.close()
    for row, upload in zip(rows, uploads, strict=True):
        row["path"] = upload.name
    return rows


async def _answered(queue: JobQueue, asked: Run) -> list[PredictionRow]:
    """The predictions of a run, when its worker is done."""
    try:
        async with asyncio.timeout(_SLOW_SECONDS):
            while not (state := await asyncio.to_thread(asked.state)).ended:
                await asyncio.sleep(_POLL_SECONDS)
    except (TimeoutError, asyncio.CancelledError):
        queue.cancel(asked)
        raise
    if state != "done":
        raise (asked.read().error or Fault()).error()
    # As plain dictionaries, like those of the models that answer at once.
    rows: list[PredictionRow] = read_result(asked)["predictions"]
    return rows
