"""What a client brings along: images for a question that a worker answers, and the samples it asks for."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from fastapi import APIRouter, Request

from convonet.data.names import IMAGE_SUFFIXES
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.multipart import Upload, read_uploads
from convonet.server.routes import REFUSED
from convonet.server.routes.predict import MULTIPART, pixels_within, receiving
from convonet.server.services import Parts, Services
from convonet.session.demo import write_sample_set

router = APIRouter(tags=["images"], responses=REFUSED)

_writing = threading.Lock()


def _write(parts: Services, uploads: list[Upload]) -> list[str]:
    paths = []
    with parts.uploads.new() as folder:
        for place, upload in enumerate(uploads):
            suffix = Path(upload.name).suffix.lower()
            file = folder / f"{place:04}{suffix if suffix.lstrip('.') in IMAGE_SUFFIXES else '.image'}"
            file.write_bytes(upload.content)
            paths.append(parts.root.shown(file.resolve()))
    return paths


@router.post("/uploads", status_code=201, response_model=schemas.Uploaded, openapi_extra=MULTIPART)
async def upload(request: Request, parts: Parts) -> Json:
    """Upload images as multipart `files`, for `explain` or `predict` with a model file."""
    with receiving(request, parts) as took:
        uploads = await read_uploads(request, parts.settings.limits.files, took)
        await pixels_within(uploads, parts.settings.limits)
        async with parts.saving:
            return Json({"paths": await asyncio.to_thread(_write, parts, uploads)}, 201)


@router.post("/samples", status_code=201, response_model=schemas.SampleFolders)
def sample(wish: schemas.Sample, parts: Parts) -> Json:
    """Write a sample set below the root. The digits take seconds; the others are downloaded, which takes minutes."""
    folder = parts.root.inside(Path("samples") / wish.name)
    with _writing:
        if not (folder / "train").is_dir():
            write_sample_set(wish.name, folder)
    shown = {f"{split}_dir": parts.root.shown(folder / split) for split in ("train", "test")}
    return Json(shown, 201)
