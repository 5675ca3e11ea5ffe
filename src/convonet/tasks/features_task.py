"""What is asked of the job that computes features of images."""

from __future__ import annotations

from typing import ClassVar

from convonet.tasks.task import Task


class FeaturesTask(Task):
    """Compute the features of all images below a folder, to sort them or to draw their map.

    Attributes:
        folder: where the images are, as an absolute path.
    """

    kind: ClassVar[str] = "features"
    title: ClassVar[str] = "Computing the features"
    step: ClassVar[str] = "data"

    folder: str
