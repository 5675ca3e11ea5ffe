"""What lies below the root of a server."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document


class FolderEntry(Document):
    """A folder, run or file below the root."""

    name: str
    path: str = Field(description="Relative to the root; give it where a path is asked for.")
    kind: Literal["folder", "run", "file"]
    bytes: int | None = None


class FolderDocument(Document):
    """What is in a folder; `path` is empty and `parent` None at the root."""

    path: str
    parent: str | None
    entries: tuple[FolderEntry, ...]
    more: bool = Field(description="There are more entries than are listed.")
