"""A run done once more, to see whether it gives the same."""

from __future__ import annotations

from typing import ClassVar

from pydantic import InstanceOf

from convonet.params.data_params import DataParams
from convonet.tasks.main_tasks import Task


class VerifyTask(Task):
    """Repeat a training, a search or a study, and compare.

    Attributes:
        run: the folder of the run; it is not changed. `threads` must be those of the run.
        data: its folders, where the images are in another place now; their content must be the same.
    """

    kind: ClassVar[str] = "verify"

    run: str
    data: InstanceOf[DataParams] | None = None
