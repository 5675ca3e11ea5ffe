"""The part of a result that names the file or folder written by the job."""

from __future__ import annotations

from convonet.documents.document import Document


class WrittenFile(Document):
    """A file or folder written by a job: an export, a report or a picture."""

    path: str
