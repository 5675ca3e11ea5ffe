"""A job whose images stand in another place now."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from convonet.errors import ImagesMovedError, InputError
from convonet.hints import Hint, Spelling, call
from convonet.params.data_params import DataParams
from convonet.params.fields import fields_of
from convonet.tasks.task import Task
from convonet.text import absolute

FOLDERS = ("train_dir", "val_dir", "test_dir", "image_dir")

T = TypeVar("T", bound=Task)


def moved(task: T, given: DataParams | None) -> T:
    """The job with other folders of images; everything else is as it was.

    Args:
        given: its folders take the places of the job's; what else it sets must be what the job has.

    Raises:
        InputError: it sets anything else in another way, or the job has no images.
    """
    if given is None:
        return task
    data: DataParams | None = getattr(task, "data", None)
    if data is None:
        raise InputError(f"Runs of kind {task.kind} have no image folders to change")
    folders = {name: value for name, value in given.set_values().items() if name in FOLDERS}
    other = [
        name
        for name, value in given.set_values().items()
        # Where results go has no influence on what is computed.
        if name not in (*FOLDERS, "result_dir") and value != getattr(data, name)
    ]
    if other:
        labels = ", ".join(fields_of(DataParams)[name].label for name in other)
        raise InputError(
            f"The run was started with different values for {labels}",
            expected="new folders with the same images, and otherwise the same values as in the run",
        )
    return task.changed(data=data.changed(**folders).anchored())


def check_images(task: Task, run: Path, asked: Literal["resume", "verify"] = "resume") -> None:
    """Say how to tell where the images are now, when they are not where they were.

    Args:
        asked: the function and command that needs them, which takes their new folder.

    Raises:
        ImagesMovedError: a folder or file of the job is gone.
    """
    data: DataParams | None = getattr(task, "data", None)
    for name in FOLDERS:
        place = getattr(data, name, None)
        if place and not Path(absolute(place)).exists():
            raise ImagesMovedError(
                "The images of this run have been moved or deleted",
                field=name,
                where=place,
                hint=Hint.of(
                    "If they were moved, specify the new folder: {}",
                    _asked_again(asked, name, run),
                    window=f"If they were moved, click {asked.capitalize()} and choose the new folder",
                ),
            )


def _asked_again(asked: str, name: str, run: Path) -> Spelling:
    """The call for a run whose `name` has moved; `image_dir` has no option of its own."""
    given = "--data FILE" if name == "image_dir" else f"--{name.replace('_', '-')} DIR"
    return call(f"{asked}({str(run)!r}, data={{{name!r}: DIR}})", f"{asked} {run} {given}")
