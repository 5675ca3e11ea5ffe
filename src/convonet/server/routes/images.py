"""Folders below the root, sets of images, and small pictures."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath

from convonet.data.marking import Change, list_marks, mark_images
from convonet.data.names import natural_key
from convonet.documents.folders import FolderDocument, FolderEntry
from convonet.errors import DataError, ParamError
from convonet.events import Watch
from convonet.file_stats import file_stats
from convonet.runs import RECORD
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.pictures import MOST_SIDE, encoded, picture, picture_file
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.services import Parts, Services
from convonet.session.look import find_sizes

router = APIRouter(tags=["images"], responses=REFUSED)

_MOST_ENTRIES = 2000
_MOST_MEANS = 40
_CACHED = "private, max-age=86400"

DataSetId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", examples=["0123456789abcdef"])]
Offset = Annotated[int, Query(ge=0, le=10**9)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/folders", response_model=FolderDocument)
def folders(parts: Parts, path: Annotated[str, Query(max_length=4096)] = "") -> Json:
    """Entries of a folder below the root."""
    found = parts.root.existing(path)
    if not found.is_dir():
        raise Refusal(404, "This is not a folder", where=ascii(path)[1:-1][:200])
    entries, more = _entries(parts, found)
    is_root = found == parts.root.path
    parent = None if is_root else parts.root.shown(found.parent)
    return Json(FolderDocument(path=parts.root.shown(found), parent=parent, entries=entries, more=more))


def _entries(parts: Services, folder: Path) -> tuple[tuple[FolderEntry, ...], bool]:
    """Visible entries that do not lead out of the root: folders first, natural-sorted."""
    found: list[FolderEntry] = []
    try:
        with os.scandir(folder) as items:
            for item in items:
                if item.name.startswith((".", "__MACOSX")):
                    continue
                if len(found) == _MOST_ENTRIES:
                    return _sorted(found), True
                if not item.is_symlink() or parts.root.holds(Path(os.path.realpath(item.path))):
                    found.append(_entry(parts, item))
    except OSError as error:
        raise Refusal(409, "The folder cannot be opened", where=parts.root.shown(folder)) from error
    return _sorted(found), False


def _entry(parts: Services, item: os.DirEntry[str]) -> FolderEntry:
    path = Path(item.path)
    shown = path.relative_to(parts.root.path).as_posix()
    if item.is_dir():
        kind: Literal["folder", "run"] = "run" if (path / RECORD).is_file() else "folder"
        return FolderEntry(name=item.name, path=shown, kind=kind)
    size = item.stat(follow_symlinks=False).st_size
    return FolderEntry(name=item.name, path=shown, kind="file", bytes=size)


def _sorted(entries: list[FolderEntry]) -> tuple[FolderEntry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.kind == "file", natural_key(entry.name))))


@router.post("/datasets", response_model=schemas.DataSetDocument)
def look(wish: schemas.DataSetRequest, parts: Parts) -> Json:
    """Read the image sets that the given data parameters describe: counts, classes, skipped files."""
    faults: dict[str, str] = {}
    data = parts.tasks.data(wish.data, faults)
    if faults:
        raise ParamError.of(faults)
    return Json(parts.datasets.document(parts.datasets.look(data, wish.classes)))


@router.get("/datasets/{dataset}", response_model=schemas.DataSetDocument)
def dataset(dataset: DataSetId, parts: Parts) -> Json:
    """A data set that has already been read."""
    return Json(parts.datasets.document(parts.datasets.find(dataset)))


@router.get("/datasets/{dataset}/{split}/images", response_model=schemas.ImagePage)
def images(
    dataset: DataSetId,
    split: schemas.SplitName,
    parts: Parts,
    class_: Annotated[str | None, Query(alias="class")] = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Json:
    """A page of images, of one class if `class` is given."""
    return Json(parts.datasets.page(parts.datasets.find(dataset), split, class_, offset, limit))


@router.get("/datasets/{dataset}/{split}/listing", response_model=schemas.Listing)
def listing(dataset: DataSetId, split: schemas.SplitName, parts: Parts) -> Json:
    """All images of a set, and the skipped files with the reasons."""
    return Json(parts.datasets.whole(parts.datasets.find(dataset), split))


@router.get("/datasets/{dataset}/sizes")
def sizes(dataset: DataSetId, parts: Parts) -> Json:
    """Heights, widths and pixel statistics of up to 1,000 images of each set. Takes a few seconds.

    `means` has the mean image of each class as a Base64-encoded PNG.
    """
    found = parts.datasets.find(dataset)
    if not found.sets.listings:
        raise DataError("There are no images", where=dataset)
    sizes = find_sizes(found.sets.listings, found.data, Watch(), parts.settings.limits.decode_seconds)
    return Json(
        {
            "shape": sizes.shape,
            "heights": {split: _counted(count) for split, count in sizes.heights.items()},
            "widths": {split: _counted(count) for split, count in sizes.widths.items()},
            "pixels": {split: {"mean": m, "deviation": d} for split, (m, d) in sizes.pixels.items()},
            "looked_at": sizes.looked_at,
            "means": {name: _png(pixels) for name, pixels in list(sizes.means.items())[:_MOST_MEANS]},
        }
    )


def _png(pixels: Any) -> str:
    return base64.b64encode(encoded(pixels)).decode()


def _counted(counts: dict[int, int]) -> list[dict[str, int]]:
    return [{"pixels": side, "images": count} for side, count in sorted(counts.items())]


@router.get("/datasets/{dataset}/marks")
def marks(dataset: DataSetId, parts: Parts) -> Json:
    """The marks: images that were relabeled or left out."""
    return Json({"marks": [mark.row() for mark in list_marks(parts.datasets.find(dataset).data)]})


@router.post("/datasets/{dataset}/marks")
def mark(dataset: DataSetId, wish: schemas.MarkRequest, parts: Parts) -> Json:
    """Mark images, or remove their marks. Read the set again afterward."""
    if (wish.label is None) == (wish.action == "label"):
        raise ParamError.of(
            {"label": "label: expected a class if the action is label, and nothing for other actions"}
        )
    paths = [parts.root.address(path) for path in wish.paths]
    change = Change(label=wish.label, undo=wish.action == "undo")
    found = mark_images(parts.datasets.find(dataset).data, paths, change)
    return Json({"marks": [mark.row() for mark in found]})


@router.get(
    "/images",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The client's copy is still current."},
    },
)
async def image(
    request: Request,
    parts: Parts,
    path: Annotated[str, Query(max_length=4096, examples=["digits/train/7/0012.png"])],
    side: Annotated[int, Query(ge=8, le=MOST_SIDE)] = 96,
    enlarge: Annotated[bool, Query(description="Enlarge tiny images without smoothing.")] = True,
) -> Response:
    """A thumbnail of an image below the root, as PNG."""
    file = await asyncio.to_thread(picture_file, parts.root, path)
    info = file.info
    state = "-".join(f"{number:x}" for number in file_stats(info))
    tag = f'"{state}-{side}{"" if enlarge else "p"}"'
    headers = {"etag": tag, "cache-control": _CACHED}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    loop = asyncio.get_running_loop()
    limits = parts.settings.limits
    content = await loop.run_in_executor(parts.pictures, picture, file, path, side, limits, enlarge)
    return Response(content, media_type="image/png", headers=headers)
