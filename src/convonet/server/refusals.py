"""Errors over HTTP: a problem document (RFC 9457) with what, where, expected, received and a hint."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from convonet.atomic import json_text
from convonet.errors import (
    ConvonetError,
    InputError,
    OutputError,
    ParamError,
    RunAliveError,
    RunNotFoundError,
    StorageError,
)
from convonet.packages import missing_package

PROBLEM = "application/problem+json"

_STATUS: tuple[tuple[type[ConvonetError], int], ...] = (
    (RunNotFoundError, 404),
    (RunAliveError, 409),
    (OutputError, 409),
    (StorageError, 507),
    (InputError, 422),
    (ConvonetError, 500),
)


class Refusal(HTTPException):
    """A request that is answered with a status and a sentence.

    Args:
        what, hint: as of a ConvonetError.
        close: end the connection: what the client still sends is not read.
        retry_after: seconds after which it is worth trying again.
    """

    def __init__(
        self,
        status: int,
        what: str,
        *,
        hint: str | None = None,
        close: bool = False,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
        **rest: object,
    ) -> None:
        self.error = ConvonetError(what, hint=hint, **rest)
        more = dict(headers or {})
        if close:
            more["Connection"] = "close"
        if retry_after is not None:
            more["Retry-After"] = str(retry_after)
        super().__init__(status, self.error.sentence(), more or None)


def no_such(what: str, where: object, hint: str | None = None) -> Refusal:
    """404 about something that is not there."""
    return Refusal(404, what, where=where, hint=hint)


def status_of(error: ConvonetError) -> int:
    """The status that an error of the core means."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def problem(status: int, error: ConvonetError, headers: Any = None) -> Response:
    """The answer that tells an error."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    document |= {"detail": error.sentence("http"), "error": error.to_dict("http")}
    # Names of files may hold bytes that are no text.
    content = json_text(document).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, media_type=PROBLEM)


def add_handlers(app: FastAPI) -> None:
    """Let every error leave the server as a problem document."""

    @app.exception_handler(ConvonetError)
    async def of_core(request: Request, error: ConvonetError) -> Response:
        return problem(status_of(error), error)

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> Response:
        known = error.error if isinstance(error, Refusal) else ConvonetError(str(error.detail))
        return problem(error.status_code, known, error.headers)

    @app.exception_handler(FileNotFoundError)
    @app.exception_handler(NotADirectoryError)
    async def of_vanished(request: Request, error: OSError) -> Response:
        # Other programs move and delete what lies below the root, also while a request reads it.
        gone = ConvonetError("The file has been moved or deleted", hint="Reload the folder")
        return problem(404, gone)

    @app.exception_handler(Exception)
    async def of_us(request: Request, error: Exception) -> Response:
        if missing := missing_package(error):
            return problem(500, missing)
        hint = "The server's log has the details"
        # Only its class: the message of an unknown error may hold paths or contents.
        return problem(500, ConvonetError(f"Unexpected error: {type(error).__name__}", hint=hint))

    @app.exception_handler(RequestValidationError)
    async def of_shape(request: Request, error: RequestValidationError) -> Response:
        faults = {_place(part["loc"]): f"{_place(part['loc'])}: {part['msg']}" for part in error.errors()}
        return problem(422, _faults(faults))


def _place(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place[1:]) or str(place[0])


def _faults(faults: dict[str, str]) -> ConvonetError:
    return ParamError.of(faults)
