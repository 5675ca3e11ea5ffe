"""The part of an answer that names the file or folder which the job has written."""

from __future__ import annotations

from convonet.documents.document import Document


class WrittenFile(Document):
    """An export, a report or a picture."""

    path: str
