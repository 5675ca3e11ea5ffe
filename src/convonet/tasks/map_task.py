"""What is asked of the job that draws a map of images."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from convonet.tasks.main_tasks import Task


class MapTask(Task):
    """Lay the images below a folder out by similarity, and list outliers and labels that are likely wrong.

    Attributes:
        folder: where the images are, as an absolute path. Folders below it are classes.
        out: the folder that gets `map.csv` and `map.png`.
        seed: the same images and seed give the same map.
    """

    kind: ClassVar[str] = "map"
    step: ClassVar[str] = "data"

    folder: str
    out: str
    seed: int = Field(0, ge=0)
