"""A run done once more, to see whether it gives the same."""

from __future__ import annotations

from typing import ClassVar

from convonet.specs.tasks import Task


class VerifyTask(Task):
    """Repeat a training, a search or a study, and compare.

    Attributes:
        run: the folder of the run; it is not changed. `threads` must be those of the run.
    """

    kind: ClassVar[str] = "verify"

    run: str
