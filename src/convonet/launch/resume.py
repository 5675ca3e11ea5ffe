"""Resuming a run: what its state allows."""

from __future__ import annotations

import time

from convonet import tasks
from convonet.errors import InputError, RunAliveError
from convonet.events import RunState
from convonet.params import DataParams
from convonet.runs import Run
from convonet.runs.environment import process_exists
from convonet.tasks.moved import check_images, moved

_GRACE_SECONDS = 6.0


def resumable_kinds() -> list[str]:
    """The kinds of runs that continue where they were left, in alphabetical order."""
    return [kind for kind, task in tasks.kinds().items() if task.resumable]


def can_resume(run: Run) -> bool:
    """Whether runs of this kind continue where they were left."""
    return tasks.traits_of(run.read().kind).resumable


def prepare_resume(run: Run, *, accept_changed_data: bool = False, data: DataParams | None = None) -> bool:
    """Make a run ready to be started again; False when it is done and nothing is left to do.

    A worker whose owner has died gets a few seconds to put its work away.

    Args:
        data: its folders, where the images are in another place now. That they are the same is checked by the job.

    Raises:
        RunAliveError: a process works on it.
        ImagesMovedError: the images are not where they were, and no other place is given.
        InputError: runs of this kind cannot be resumed.
    """
    record = run.read()
    if not can_resume(run):
        raise InputError(
            "Runs of this kind cannot be resumed",
            where=run.path,
            expected=f"one of {', '.join(resumable_kinds())}",
            received=record.kind,
        )
    deadline = time.monotonic() + _GRACE_SECONDS
    # A worker sees that its owner has gone, and saves a checkpoint before it frees the lock.
    while run.is_locked() and not _owned(run) and time.monotonic() < deadline:
        time.sleep(0.05)
    state = run.state()
    if state in (RunState.RUNNING, RunState.WAITING) and (state is RunState.RUNNING or _owned(run)):
        record = run.read()
        # A run that still waits has an owner but may have no worker yet.
        process = record.process or record.owner
        raise RunAliveError(
            f"Process {process} is working on this run", where=run.path, hint="Stop the run first"
        )
    if state is RunState.DONE:
        return False
    task = run.task()
    if isinstance(task, tasks.ResumableTask):
        again = moved(task.changed(accept_changed_data=accept_changed_data), data)
        check_images(again, run.path)
        if again != task:
            spec = again.to_dict()
            run.update(task=spec, params=record.params.changed(data=spec["data"]))
    return True


def _owned(run: Run) -> bool:
    owner = run.read().owner
    return bool(owner) and process_exists(owner)
