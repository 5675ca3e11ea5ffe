"""What a run has left: its files, history, scores, trials, and the images behind the numbers."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from convonet.data.locations import location_of
from convonet.documents.evaluation import SPLIT_TITLES, EvaluationDocument, SetsTable
from convonet.documents.history import HistoryTable
from convonet.documents.predictions import ClassProbability
from convonet.errors import InputError
from convonet.params import DataParams
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.search_space import SearchSpace
from convonet.runs import Run
from convonet.runs.documents import RESULT, adopted_hyper, read_result, run_document
from convonet.runs.sets_table import sets_table
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.confine import Root
from convonet.server.folder_zip import folder_zip, sent
from convonet.server.held import HeldResponse
from convonet.server.refusals import Refusal, no_such
from convonet.server.routes import REFUSED
from convonet.server.routes.runs import RunId
from convonet.server.services import Parts
from convonet.session.predictions import Answers
from convonet.tasks import traits_of
from convonet.text import url_part

router = APIRouter(tags=["results"], responses=REFUSED)

_INTERNAL = ("run.lock", "cancel")
_ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml")
_SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; font-src data:"
)
_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".log": "text/plain; charset=utf-8",
}
_TYPES |= {
    ".txt": "text/plain; charset=utf-8",
    ".onnx": "application/octet-stream",
    ".keras": "application/zip",
}


@router.get("/runs/{run}/files", response_model=schemas.FileList)
def files(run: RunId, parts: Parts) -> Json:
    """The files of a run, including subfolders."""
    held = parts.known.find(run)
    folder, found = held.folder, []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = FilePath(at) / name
            if not name.startswith(".") and name not in _INTERNAL and not path.is_symlink():
                found.append(_file_row(folder, path))
    return Json({"files": found})


def _file_row(folder: FilePath, path: FilePath) -> schemas.RunFile:
    info = path.stat()
    return schemas.RunFile(
        name=path.relative_to(folder).as_posix(),
        bytes=info.st_size,
        modified=info.st_mtime,
        media_type=_media_type(path),
    )


@router.get(
    "/runs/{run}/files/{name:path}",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
)
def file(run: RunId, name: str, parts: Parts, download: bool = False) -> Response:
    """A file of a run."""
    found = parts.known.find(run)
    held = Root.of_open(found.path).opened(name)
    path = held.real
    if not held.is_file or path.name in _INTERNAL:
        raise no_such("There is no such file in the run", ascii(name)[1:-1][:200])
    media_type = _media_type(path)
    active = media_type.split(";")[0] in _ACTIVE
    headers = {"cache-control": "no-cache"} | ({"content-security-policy": _SANDBOX} if active else {})
    shown = "attachment" if download else "inline"
    return HeldResponse(
        held, headers=headers, media_type=media_type, filename=path.name, content_disposition_type=shown
    )


@router.get(
    "/runs/{run}/archive/{name:path}",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
def archive(run: RunId, name: str, parts: Parts) -> StreamingResponse:
    """A folder of a run, such as an exported page, as a zip archive."""
    made = folder_zip(Root.of_open(parts.known.find(run).path), name)
    size = os.fstat(made.fileno()).st_size
    file = url_part(f"{FilePath(name).name}.zip")
    headers = {"content-length": str(size), "content-disposition": f"attachment; filename*=UTF-8''{file}"}
    return StreamingResponse(sent(made), headers=headers, media_type="application/zip")


def _media_type(path: FilePath) -> str:
    kind = _TYPES.get(path.suffix.lower())
    return kind or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


@router.get("/runs/{run}/history", response_model=HistoryTable)
def history(run: RunId, parts: Parts) -> Json:
    """The columns of the history, such as epoch, loss and accuracy. Values that were not measured are null."""
    return Json(parts.known.find(run).history())


@router.get("/runs/{run}/result")
def result(run: RunId, parts: Parts) -> Json:
    """The result of a run, as the command prints it. For a search, also available while it is running."""
    found = parts.known.find(run)
    if traits_of(found.read().kind).reported:
        return Json(run_document(found))
    if not found.file(RESULT).is_file():
        raise Refusal(409, "The run has no result yet", where=found.id, received=str(found.state()))
    return Json(read_result(found))


@router.get("/runs/{run}/trials")
def trials(run: RunId, parts: Parts) -> Json:
    """The table of a search or study so far."""
    found = parts.known.find(run)
    if not traits_of(found.read().kind).fills_table:
        raise InputError("Only a search or a study has trials", where=found.id)
    return Json(run_document(found))


@router.get("/runs/{run}/best")
def best(run: RunId, parts: Parts, trial: Annotated[int | None, Query(ge=1, le=10**9)] = None) -> Json:
    """The hyperparameters of the best setting of a search, or of one of its trials."""
    hyper = adopted_hyper(parts.known.find(run), trial)
    values = hyper_to_dict(SearchSpace.single(hyper))
    return Json({"hyper": {name: value for name, value in values.items() if name != VERSION_KEY}})


@router.get("/runs/{run}/evaluation", response_model=EvaluationDocument)
def evaluation(run: RunId, parts: Parts, split: schemas.SplitName = "test") -> Json:
    """The scores of a run's model on one set, including the confusion matrix."""
    return Json(_scores(parts.known.find(run), split))


def _scores(run: Run, split: str) -> EvaluationDocument:
    found = EvaluationDocument.in_folder(run.folder, split)
    if found is None:
        raise _untested(run, split)
    return found


def _untested(run: Run, split: str) -> Refusal:
    return no_such(
        f"This run was not tested on its {SPLIT_TITLES[split]} images", run.id, "Test the model first"
    )


@router.get("/runs/{run}/sets", response_model=SetsTable)
def sets(run: RunId, parts: Parts) -> Json:
    """The main scores of each set, and a warning if test accuracy is significantly below validation accuracy."""
    return Json(sets_table(parts.known.find(run).read().scores))


@router.get("/runs/{run}/answers", response_model=schemas.AnswerPage)
def answers(
    run: RunId,
    parts: Parts,
    split: schemas.SplitName = "test",
    mistakes: Annotated[bool, Query(description="Only wrong predictions.")] = False,
    true: Annotated[
        str | None, Query(description="With `predicted`: one cell of the confusion matrix.")
    ] = None,
    predicted: str | None = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:
    """Predictions for a tested set, highest confidence first: all, mistakes, or one cell of the matrix."""
    found = parts.known.find(run)
    if (true is None) != (predicted is None):
        raise InputError(
            "A cell of the confusion matrix is specified by its true class and its predicted class"
        )
    name = "predictions.csv" if split == "test" else f"predictions_{split}.csv"
    if not found.file(name).is_file():
        raise _untested(found, split)
    table = Answers(found.file(name), _set_root(found, split))
    if true is not None and predicted is not None:
        places = table.cell(true, predicted).tolist()
    else:
        places = table.mistakes().tolist() if mistakes else list(range(len(table)))
    items = [_answer(parts.root, table, index) for index in places[offset : offset + limit]]
    return Json({"total": len(places), "offset": offset, "answers": items})


def _answer(root: Root, table: Answers, index: int) -> schemas.Answer:
    found = table[index]
    address = FilePath(found.address)
    inside = root.holds(FilePath(os.path.normpath(address)))
    return schemas.Answer(
        name=address.name,
        image=root.shown(FilePath(os.path.normpath(address))) if inside else None,
        true=found.true,
        predicted=found.predicted,
        confidence=found.confidence,
        top=[ClassProbability(class_=name, probability=probability) for name, probability in found.top],
    )


def _set_root(run: Run, split: str) -> FilePath:
    """The folder that the paths in a predictions table are relative to."""
    record = run.read()
    known = record.set_record(split)
    if known is not None:
        return FilePath(known.root)
    values = {k: v for k, v in (record.params.data or {}).items() if k != VERSION_KEY}
    data = DataParams.of(values)
    wanted: Any = split
    location = location_of(data, wanted) or location_of(data, "train")
    if location is None:
        return FilePath(data.train_dir or run.path)
    return location.path if location.path.is_dir() or location.pair else location.path.parent
