"""A look at the images of a set, as a job."""

from __future__ import annotations

from typing import ClassVar

from pydantic import InstanceOf

from convonet.params.data_params import DataParams
from convonet.tasks.task import Task


class InspectTask(Task):
    """Look for what may be wrong with the training images and, where they are given, the test images."""

    kind: ClassVar[str] = "inspect"
    title: ClassVar[str] = "Checking the images"
    step: ClassVar[str] = "data"

    data: InstanceOf[DataParams]
