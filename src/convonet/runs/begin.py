"""A new run, begun the same way on every interface."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from convonet import tasks
from convonet.runs.environment import command
from convonet.runs.run import Run
from convonet.runs.store import RunStore
from convonet.text import local_path

DEFAULT_FOLDER = Path("runs")
"""Where runs go when nothing names a folder."""


class RunIndex(Protocol):
    """What remembers runs."""

    def add(self, run: Run) -> None:
        """Remember a new run, or raise and leave nothing of it."""


def results_folder(
    task: tasks.Task, out: str | os.PathLike[str] | None = None, default: Path = DEFAULT_FOLDER
) -> Path:
    """The folder that a run goes into: `out`, else the results folder of the data parameters, else `default`."""
    data = getattr(task, "data", None)
    named = out or (data.result_dir if data is not None else None)
    return Path(local_path(named)) if named else default


def begin_run(
    task: tasks.Task,
    parent: Path,
    *,
    name: str | None = None,
    words: list[str] | None = None,
    store: RunIndex | None = None,
) -> Run:
    """A new run of this process in state `waiting`, which every interface finds where the task leaves a run.

    Args:
        parent: the folder that the run's folder is made in.
        name: of the run's folder; None: made up from the kind and the time.
        words: the command line that does the same; None: that of this process.
        store: remembers the run; None: the person's own.

    Raises:
        InputError: `name` is taken or is not a folder name.
        OutputError: `parent` cannot be written to, or the run cannot be remembered.
    """
    run = Run.create(
        # Owned by this process until a worker takes it up: a run whose owner has died waits for nobody.
        parent,
        task,
        name=name,
        command=command() if words is None else words,
        owner=os.getpid(),
    )
    # Questions are runs too, but nobody looks for them in a list.
    if task.leaves_run:
        (RunStore() if store is None else store).add(run)
    return run
