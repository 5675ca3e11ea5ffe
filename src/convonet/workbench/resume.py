"""Taking a run up again: what its state allows."""

from __future__ import annotations

import time

import psutil

from convonet.errors import InputError, RunAliveError
from convonet.events import RunState
from convonet.runs import Run
from convonet.specs import ResumableTask, Task, traits_of

_GRACE_SECONDS = 6.0


def can_resume(run: Run) -> bool:
    """Whether runs of this kind go on where they were left."""
    return traits_of(run.read()["kind"]).resumable


def prepare_resume(run: Run, *, accept_changed_data: bool = False) -> bool:
    """Make a run ready to be started again; False when it is done and nothing is left to do.

    A worker whose owner has died gets a few seconds to put its work away.

    Raises:
        RunAliveError: a process works on it.
        InputError: runs of this kind cannot be resumed.
    """
    record = run.read()
    if not can_resume(run):
        raise InputError(
            "Runs of this kind cannot be resumed",
            where=run.path,
            expected=f"one of {', '.join(kind for kind, task in Task.registry.items() if task.resumable)}",
            received=record["kind"],
        )
    deadline = time.monotonic() + _GRACE_SECONDS
    while run.is_locked() and not _owned(run) and time.monotonic() < deadline:
        time.sleep(0.05)
    state = run.state()
    if state in (RunState.RUNNING, RunState.WAITING) and (state is RunState.RUNNING or _owned(run)):
        process = run.read()["process"] or run.read()["owner"]
        raise RunAliveError(
            f"Process {process} is working on this run", where=run.path, hint="Cancel it first"
        )
    if state is RunState.DONE:
        return False
    task = run.task()
    if isinstance(task, ResumableTask) and accept_changed_data != task.accept_changed_data:
        run.update(task=task.changed(accept_changed_data=accept_changed_data).to_dict())
    return True


def _owned(run: Run) -> bool:
    owner = run.read()["owner"]
    return bool(owner) and psutil.pid_exists(owner)
