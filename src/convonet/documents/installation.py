"""The result of `doctor`: what an installation has and what is missing."""

from __future__ import annotations

from convonet.documents.document import Document
from convonet.documents.run_record import Machine


class ExaminedMachine(Machine):
    """The machine, the Keras backend and its device; `error` if Keras does not start."""

    sparse = True

    backend: str | None = None
    device: str | None = None
    error: str | None = None


class OwnFolders(Document):
    """The folders for the user's settings and for the cache of prepared images."""

    home: str
    cache: str


class InstalledPart(Document):
    """A part of the software: `ready`, or what is missing."""

    name: str
    state: str


class InstallationDocument(Document):
    """What an installation can do.

    Attributes:
        ready: whether networks can be trained.
        versions: versions of the packages.
    """

    ready: bool
    versions: dict[str, str]
    machine: ExaminedMachine
    folders: OwnFolders
    parts: tuple[InstalledPart, ...]
