"""Answers as JSON that hold whatever a run holds: numbers that are none, names that are no Unicode text."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from convonet.atomic import json_text


class Json(Response):
    """A document as JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """UTF-8; NaN is null."""
        return json_text(content).encode("utf-8", "backslashreplace")
