"""Runs: start, list, show, cancel, resume, delete, compare, and follow."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from convonet.documents.runs import RunComparison, RunRow
from convonet.errors import InputError, ParamError
from convonet.events import RunState
from convonet.runs import Run, RunStore
from convonet.runs.documents import list_row, show_document
from convonet.runs.grouping import with_evaluations
from convonet.runs.naming import distinct, rename, title_of
from convonet.server import schemas
from convonet.server.answers import Json
from convonet.server.refusals import Refusal
from convonet.server.routes import PREFIX, REFUSED
from convonet.server.routes.params import task_of
from convonet.server.services import Parts, Services
from convonet.server.stream import stream
from convonet.tasks.moved import moved
from convonet.text import url_part

router = APIRouter(tags=["runs"], responses=REFUSED)

RunId = Annotated[str, Path(max_length=255, examples=["train-20260101T000000Z-0000"])]
_MOST_COMPARED = 20
_MOST_LISTED = 200
_MESSAGE = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "id": {"type": "string", "description": "Send it as `Last-Event-ID` to continue from there."},
        "event": {"type": "string", "description": "`message`; the last one is `end` or `away`."},
        "data": {"type": "string", "description": "A JSON object, as in the run's events.jsonl."},
    },
}


def row(parts: Services, run: Run) -> RunRow:
    """A row of the list, with its position in the queue."""
    return list_row(run).changed(position=parts.queue.position(run))


@router.get("/runs", response_model=schemas.RunList)
def list_runs(
    parts: Parts,
    kind: Annotated[str | None, Query(max_length=50)] = None,
    state: Annotated[RunState | None, Query()] = None,
    run: Annotated[list[str] | None, Query(max_length=_MOST_LISTED, description="Only these ids.")] = None,
    grouped: Annotated[
        bool, Query(description="Leave out evaluations that are listed in the `evaluations` of another run.")
    ] = False,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """Runs below the root, newest first."""
    rows = [
        item
        for item in with_evaluations(parts.known.rows())
        if (not run or item.id in run)
        and kind in (None, item.kind)
        and state in (None, item.state)
        and not (grouped and item.belongs_to is not None)
    ]
    positions = parts.queue.positions()
    shown = [item.changed(position=positions.get(item.run)) for item in rows[offset : offset + limit]]
    return Json({"total": len(rows), "runs": shown})


@router.post("/runs", status_code=201, response_model=schemas.ListedRun)
def start(wish: schemas.StartRun, parts: Parts, response: Response) -> Json:
    """Start a run. It waits in the queue; follow it with `events`."""
    task = task_of(parts, wish)
    parts.tasks.check_images(task)
    run = parts.queue.submit(task, wish.name)
    return Json(row(parts, run), 201, {"Location": f"{PREFIX}/runs/{url_part(run.id)}"})


@router.get("/runs/{run}", response_model=schemas.ShownRun)
def show(run: RunId, parts: Parts) -> Json:
    """The whole record of a run."""
    found = parts.known.find(run)
    return Json(show_document(found).changed(position=parts.queue.position(found)))


@router.patch("/runs/{run}", response_model=schemas.ListedRun)
def change(run: RunId, wish: schemas.Rename, parts: Parts) -> Json:
    """Rename a run; an empty name restores the default. The id and the folder stay the same."""
    found = parts.known.find(run)
    rename(found, wish.title)
    return Json(row(parts, found))


@router.post("/runs/{run}/cancel", status_code=202, response_model=schemas.ListedRun)
def cancel(run: RunId, parts: Parts) -> Json:
    """Stop a run after the current batch. Finished work is kept."""
    found = parts.known.find(run)
    parts.queue.cancel(found)
    return Json(row(parts, found), 202)


@router.post("/runs/{run}/resume", status_code=202, response_model=schemas.ListedRun)
def resume(run: RunId, parts: Parts, wish: schemas.Resume | None = None) -> Json:
    """Resume a run that was stopped or interrupted, or that failed. A finished run is left as it is."""
    found = parts.known.find(run)
    wish, faults = wish or schemas.Resume(), dict[str, str]()
    data = None if wish.data is None else parts.tasks.data(wish.data, faults)
    if faults:
        raise ParamError.of(faults)
    # The folders may have got links since the run began.
    parts.tasks.check_images(moved(found.task(), data))
    parts.queue.resume(found, accept_changed_data=wish.accept_changed_data, data=data)
    return Json(row(parts, found), 202)


@router.delete("/runs/{run}", status_code=204)
def delete(run: RunId, parts: Parts) -> Response:
    """Delete a run folder with everything in it."""
    parts.queue.delete(parts.known.find(run))
    return Response(status_code=204)


@router.get("/compare", response_model=RunComparison)
def compare(parts: Parts, run: Annotated[list[str], Query(min_length=1, max_length=_MOST_COMPARED)]) -> Json:
    """Compare runs: scores, parameters that differ, and McNemar's test of each pair.

    The sentences refer to the runs by name.
    """
    # The same run named twice is one.
    found = list({item.path: item for item in map(parts.known.find, run)}.values())
    if len(found) < 2:
        raise InputError("A comparison needs two or more runs", received=len(found))
    return Json(RunStore(parts.root.path).compare(found, distinct(map(title_of, found))))


@router.get(
    "/runs/{run}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _MESSAGE}}}},
)
def events(
    request: Request,
    run: RunId,
    parts: Parts,
    thin: Annotated[
        bool, Query(description="Send only the last of several consecutive batch events.")
    ] = False,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> StreamingResponse:
    """Server-sent events: first the past events, then new ones. Resume with `Last-Event-ID`."""
    found = parts.known.find(run)
    if parts.metrics.streams >= parts.settings.limits.streams:
        raise Refusal(429, "Too many event streams are open", retry_after=10)
    offset = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0

    async def counted() -> Any:
        parts.metrics.streams += 1
        try:
            async for part in stream(found, offset, thin=thin, stopping=lambda: parts.stopping):
                yield part
        finally:
            parts.metrics.streams -= 1

    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)
