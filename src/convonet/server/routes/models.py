"""Models by the id of their run or by their path, and a way to take them home."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.held import HeldResponse
from convonet.server.refusals import no_such
from convonet.server.routes import REFUSED
from convonet.server.services import Parts, Services
from convonet.session.opened import OpenedModel, open_model

router = APIRouter(tags=["models"], responses=REFUSED)

ModelWord = Annotated[
    str,
    Query(alias="path", max_length=4096, description="The id of a run, or the path of a run or model file."),
]


def _opened(parts: Services, word: str) -> OpenedModel:
    return open_model(parts.tasks.model(word))


@router.get("/models", response_model=schemas.ModelDescription)
def model(word: ModelWord, parts: Parts) -> Json:
    """The metadata in a model file. Whether the network can be built is checked only when it is used."""
    opened = _opened(parts, word)
    # The model may be a link; what it leads to must lie inside the root.
    held, run = parts.root.opened(opened.file), opened.run
    return Json(
        {
            "path": str(opened.path),
            "name": opened.name,
            "run": run.id if run else None,
            "file": opened.file.name,
            "bytes": held.info.st_size,
            "onnx": opened.onnx is not None,
            "info": json.loads(opened.info.to_json()) if opened.info else None,
        }
    )


@router.get(
    "/models/file",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
)
def model_file(word: ModelWord, parts: Parts, onnx: bool = False) -> Response:
    """The model file, or the ONNX file beside it."""
    opened = _opened(parts, word)
    file = opened.onnx if onnx else opened.file
    if file is None:
        raise no_such("This model has no ONNX file", opened.name, "Export it")
    # A link beside a model may lead anywhere.
    held = parts.root.opened(file)
    return HeldResponse(held, media_type="application/octet-stream", filename=file.name)
