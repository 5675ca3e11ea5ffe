"""Uploading sets of images: begun, sent in parts, resumed, finished."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath

from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.multipart import Upload, read_uploads
from convonet.server.routes import REFUSED
from convonet.server.routes.predict import MULTIPART, receiving
from convonet.server.services import Parts

router = APIRouter(tags=["images"], responses=REFUSED)

ImportId = Annotated[str, InPath(max_length=64, examples=["0123456789abcdef"])]
_BYTES = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}


@router.post("/imports", status_code=201, response_model=schemas.ImportState)
def begin(wish: schemas.ImportRequest, parts: Parts) -> Json:
    """Start an upload of images: the files of a folder, or one zip archive."""
    begun = parts.imports.begin(wish.name, wish.kind, wish.files, wish.bytes)
    return Json(parts.imports.received(begun.id), 201)


@router.get("/imports/{upload}", response_model=schemas.ImportState)
def received(upload: ImportId, parts: Parts) -> Json:
    """What the server has received. After an interruption, send only the rest."""
    return Json(parts.imports.received(upload))


@router.post("/imports/{upload}/files", response_model=schemas.ImportResult, openapi_extra=MULTIPART)
async def files(upload: ImportId, request: Request, parts: Parts) -> Json:
    """Some files of a folder, as multipart `files`; each file's name is its percent-encoded relative path."""
    with receiving(request, parts) as took:
        uploads = await read_uploads(request, parts.settings.limits.files, took)
        named = [Upload(unquote(sent.name), sent.content) for sent in uploads]
        refused = await asyncio.to_thread(parts.imports.add, upload, named)
    skipped = [{"path": path, "reason": reason} for path, reason in refused]
    return Json({"taken": len(named) - len(skipped), "skipped": skipped})


@router.put("/imports/{upload}/archive", response_model=schemas.ImportBytes, openapi_extra=_BYTES)
async def archive(
    upload: ImportId, request: Request, parts: Parts, offset: Annotated[int, Query(ge=0, le=10**13)] = 0
) -> Json:
    """The next bytes of a zip archive, from `offset`."""
    with receiving(request, parts) as took:
        content = bytearray()
        async for chunk in request.stream():
            took(len(chunk))
            content += chunk
        size = await asyncio.to_thread(parts.imports.append, upload, offset, bytes(content))
    return Json({"received": size})


@router.post("/imports/{upload}/finish", response_model=schemas.Imported)
def finish(upload: ImportId, parts: Parts) -> Json:
    """Finish an upload: unpack the archive and move the images to a folder below the root."""
    return Json(parts.imports.finish(upload))


@router.delete("/imports/{upload}", status_code=204)
def drop(upload: ImportId, parts: Parts) -> Response:
    """Cancel an upload."""
    parts.imports.drop(upload)
    return Response(status_code=204)
