"""A look at the images of a set, as a job."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.params.data_params import DataParams
from convonet.specs.tasks import Task


@dataclass(frozen=True, kw_only=True)
class InspectTask(Task):
    """Look for what may be wrong with the training images and, where they are given, the test images."""

    kind = "inspect"
    data: DataParams
