"""The demo: the handwritten digits that ship with Convonet, and parameters that suit them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from convonet import tasks
from convonet.errors import WorkerError
from convonet.home import home
from convonet.own_process import child_environment, neutral_folder, python_words
from convonet.params import DataParams, HyperParams
from convonet.runs.environment import available_cores

DEMO_HYPER = HyperParams.of({"epochs": 12, "num_units": 256, "batch_size": 32})
"""What suits the digits."""


def is_demo(data: DataParams) -> bool:
    """Whether these are the images of the demonstration on this machine."""
    return data.train_dir == str(home() / "samples" / "digits" / "train")


def demo_task() -> tasks.TrainTask:
    """Train and test on the digits; the images are written into the person's Convonet folder once."""
    folder = home() / "samples" / "digits"
    if not (folder / "train").is_dir():
        write_digits(folder)
    return task_for(str(folder / "train"), str(folder / "test"))


def task_for(train_dir: str, test_dir: str) -> tasks.TrainTask:
    """Parameters that suit the digits, wherever they lie."""
    data = DataParams.of({"train_dir": train_dir, "test_dir": test_dir, "image_size": 16})
    return tasks.TrainTask(data=data, hyper=DEMO_HYPER, threads=available_cores())


def write_digits(folder: Path) -> None:
    """Write the digits as class folders. Takes seconds.

    Raises:
        WorkerError: they cannot be written there.
    """
    write_sample_set("digits", folder)


def write_sample_set(name: str, folder: Path) -> None:
    """Write a sample set as class folders; all but the digits are fetched, which may take minutes.

    In a process of its own: what a set comes from takes 200 MB that an interface shall not keep.

    Raises:
        WorkerError: it cannot be fetched, or not be written there.
    """
    # Name and folder travel as arguments, so that no quotation mark in a path can change the code.
    code = "import sys; from convonet.data.samples import write_samples; write_samples(*sys.argv[1:])"
    done = subprocess.run(
        python_words("-c", code, name, str(folder)),
        capture_output=True,
        text=True,
        check=False,
        cwd=neutral_folder(),
        env=child_environment(),
    )
    if done.returncode:
        # The last line of a traceback is the error itself.
        lines = done.stderr.strip().splitlines()
        raise WorkerError(
            f"The sample set {name} could not be written", where=folder, received=lines[-1] if lines else None
        )
