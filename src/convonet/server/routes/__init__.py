"""The routes of the API, one file a subject."""

from __future__ import annotations

from typing import Any

from convonet.server.refusals import PROBLEM
from convonet.server.schemas import Problem

PREFIX = "/api/v1"
REFUSED: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": Problem,
        "description": "Rejected; the problem document says why.",
        "content": {PROBLEM: {}},
    },
    "5XX": {
        "model": Problem,
        "description": "Failed; the problem document says why.",
        "content": {PROBLEM: {}},
    },
}
"""What every route may answer besides its own document."""
