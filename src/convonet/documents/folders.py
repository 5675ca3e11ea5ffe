"""The contents of a server's root."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document


class FolderEntry(Document):
    """A folder, run or file below the root."""

    name: str
    path: str = Field(description="Relative to the root; pass it wherever a request needs a path.")
    kind: Literal["folder", "run", "file"]
    bytes: int | None = None


class FolderDocument(Document):
    """The contents of a folder; at the root, `path` is empty and `parent` None."""

    path: str
    parent: str | None
    entries: tuple[FolderEntry, ...]
    more: bool = Field(description="Whether there are more entries than listed.")
