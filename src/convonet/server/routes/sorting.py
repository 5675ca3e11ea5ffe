"""Sort unlabelled images."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from convonet.server.answers import Json
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.services import Parts, Services
from convonet.sorting import SortSession
from convonet.sorting.screen import Order
from convonet.sorting.session import COLUMNS, ROWS

router = APIRouter(tags=["sorting"], responses=REFUSED)

SortId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["0123456789abcdef"])]


class SortFolder(BaseModel):
    """A folder to sort."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"folder": "photos"}})
    folder: str = Field(max_length=4096)


class SortClasses(BaseModel):
    """Names of the classes, in the order of their number keys."""

    model_config = ConfigDict(extra="forbid")
    names: list[Annotated[str, Field(max_length=200)]] = Field(max_length=1000)


class SortAnswer(BaseModel):
    """The label of some images: a class, `none_of_these`, `skip`, or `keep` to confirm a suspicious label."""

    model_config = ConfigDict(extra="forbid")
    paths: list[Annotated[str, Field(max_length=4096)]] = Field(min_length=1, max_length=1000)
    label: str = Field(max_length=200)
    accepted: bool = Field(False, description="The label is the suggested one.")


class SortCopy(BaseModel):
    """The folder in which the class folders are created."""

    model_config = ConfigDict(extra="forbid")
    out: str = Field(max_length=4096)


@router.post("/sort")
def begin(wish: SortFolder, parts: Parts) -> Json:
    """Start sorting a folder. Repeat the request while `ready` is false: features are being computed."""
    folder = parts.root.existing(wish.folder)
    if not folder.is_dir():
        raise Refusal(404, "This is not a folder", where=ascii(wish.folder)[1:-1][:200])
    name = parts.sorting.begin(folder)
    if name is None:
        return Json({"ready": False})
    return Json({"ready": True, "id": name} | _state(parts, parts.sorting.find(name).session))


@router.get("/sort/{sort}/screen")
def screen(
    sort: SortId,
    parts: Parts,
    order: Annotated[Order, Query()] = "uncertain",
    rows: Annotated[int, Query(ge=1, le=50)] = ROWS,
    columns: Annotated[int, Query(ge=1, le=50)] = COLUMNS,
) -> Json:
    """The images to label next: rows with one suggestion each."""
    session, lock = parts.sorting.find(sort)
    with lock:
        found = session.screen(order, rows, columns)
    folder = parts.root.shown(session.folder)
    made = [
        {
            "suggestion": row.suggestion,
            "images": [
                image._asdict() | {"image": f"{folder}/{image.path}" if folder else image.path}
                for image in row.images
            ],
        }
        for row in found.rows
    ]
    return Json({"order": found.order, "left": found.left, "rows": made})


@router.post("/sort/{sort}/classes")
def name_classes(sort: SortId, wish: SortClasses, parts: Parts) -> Json:
    """Set the names of the classes."""
    session, lock = parts.sorting.find(sort)
    with lock:
        session.name_classes(wish.names)
        return Json(_state(parts, session))


@router.post("/sort/{sort}/labels")
def label(sort: SortId, wish: SortAnswer, parts: Parts) -> Json:
    """Label images. The labels are on disk when the response is sent."""
    session, lock = parts.sorting.find(sort)
    with lock:
        session.label(wish.paths, wish.label, accepted=wish.accepted)
        return Json(_state(parts, session))


@router.post("/sort/{sort}/folders")
def take_folders(sort: SortId, parts: Parts) -> Json:
    """Use the names of the class folders as labels. If classes are set, only folders with these names count."""
    session, lock = parts.sorting.find(sort)
    with lock:
        taken = session.take_folders()
        return Json(_state(parts, session) | {"taken": taken})


@router.post("/sort/{sort}/undo")
def undo(sort: SortId, parts: Parts) -> Json:
    """Undo the last step."""
    session, lock = parts.sorting.find(sort)
    with lock:
        answer = session.undo()
        return Json(_state(parts, session) | {"undone": None if answer is None else list(answer.paths)})


@router.post("/sort/{sort}/copy")
def copy(sort: SortId, wish: SortCopy, parts: Parts) -> Json:
    """Copy the images that have a class into class folders. Nothing is moved."""
    out = parts.root.inside(wish.out)
    session, lock = parts.sorting.find(sort)
    with lock:
        return Json({"copied": session.copy_class_folders(out), "folder": parts.root.shown(out)})


def _state(parts: Services, session: SortSession) -> dict[str, Any]:
    folder = parts.root.shown(session.folder)
    table = f"{folder}/labels.csv" if folder else "labels.csv"
    return session.state() | {"folder": folder, "table": table}
