"""What is asked of the jobs that lay images out by similarity, and find those that look like one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, InstanceOf

from convonet.params.data_params import DataParams
from convonet.tasks.task import Split, Task


class MapTask(Task):
    """Lay images out by similarity, and list outliers and labels that are likely wrong.

    Attributes:
        folder: any folder, as an absolute path; folders below it are classes. None: the set of `data`.
        data: a set as training and testing read it, with its marks.
        split: which set of `data`.
        model: a run folder or model file whose answers to the set the map also has; its classes count.
        out: the folder that gets `map.csv` and `map.png`; None: the job's own.
        seed: the same images and seed give the same map.
    """

    kind: ClassVar[str] = "map"
    title: ClassVar[str] = "Drawing the map"
    step: ClassVar[str] = "data"

    folder: str | None = None
    data: InstanceOf[DataParams] | None = None
    split: Split = "train"
    model: str | None = None
    out: str | None = None
    seed: int = Field(0, ge=0)


class SimilarTask(Task):
    """Find the images in a set that look most like a given image.

    Attributes:
        image: any image file, of the set or not.
        folder, data, split: the images that are searched, as in `MapTask`.
        top: how many are found.
    """

    kind: ClassVar[str] = "similar"
    title: ClassVar[str] = "Finding similar images"
    step: ClassVar[str] = "data"

    image: str
    folder: str | None = None
    data: InstanceOf[DataParams] | None = None
    split: Split = "train"
    top: int = Field(12, ge=1, le=1000)
