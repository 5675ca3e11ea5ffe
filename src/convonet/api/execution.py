"""Tasks executed in the calling process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any

from convonet.api.inputs import Listener, PathLike
from convonet.api.new_files import NewFiles
from convonet.api.progress import shown
from convonet.errors import InputError, MissingPackageError, OutOfMemoryError
from convonet.events import RunState
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.runs import Run, RunStore
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.documents import read_result
from convonet.runs.memory import train_with_less
from convonet.scratch import Scratch
from convonet.tasks import Task
from convonet.trackers import Tracker, checked_addresses
from convonet.trackers.addresses import track_run
from convonet.user_code import UserCodeError


def answer_of(task: Task, listen: Listener, progress: bool | None = None) -> dict[str, Any]:
    """Execute a task without a run folder and return its result."""
    with Scratch() as folder:
        run = Run.create(folder, task, owner=os.getpid())
        run_task(run, run.task(), listen, progress)
        return read_result(run)


def new_run(
    task: Task,
    out: PathLike | None,
    name: str | None,
    listen: Listener,
    progress: bool | None = None,
    track: str | Sequence[str] = (),
    files: NewFiles | None = None,
    **more: Any,
) -> Run:
    """Start and execute a run in this process. If its input is rejected before it has results, its folder is removed.

    Args:
        out: parent folder of the run folder.
        name: name of the run folder; None: made from the kind and the time.
        track: addresses of trackers.
        files: what was written for the task; kept if the run is kept.
        more: arguments that a task cannot store as JSON, such as `callbacks`.
    """
    addresses = checked_addresses(track)
    run = begin_run(task, results_folder(task, out), name=name)
    try:
        track_run(run, addresses)
        run_task(run, task, listen, progress, **more)
    except (InputError, MissingPackageError):
        if not RunStore().drop_unbegun(run) and files is not None:
            files.keep()
        raise
    return run


def run_task(run: Run, task: Task, listen: Listener, progress: bool | None = None, **more: Any) -> None:
    """Execute the job. Ctrl-C stops it after the current batch, saves the work, and raises KeyboardInterrupt.

    If memory runs out, training continues with half the batch size, or a plan without the candidate. An exception from
    the user's listener or callback is raised unchanged.
    """
    try:
        following = listen.following(run) if isinstance(listen, Tracker) else nullcontext()
        with _interrupts() as asked, shown(listen, progress) as tell, following:
            state = _execute(run, task, asked, tell, more)
    except UserCodeError as error:
        # Without the wrapper, the person sees the traceback of their own function alone.
        raise error.error from None
    # A run that was cancelled in any other way ends without an interrupt that nobody sent.
    if state is RunState.CANCELLED and asked.is_set():
        raise KeyboardInterrupt


def _execute(run: Run, task: Task, asked: threading.Event, tell: Any, more: Mapping[str, object]) -> RunState:
    try:
        job = job_for(task, **more)
        return execute(run, job, process=os.getpid(), should_stop=asked.is_set, listen=tell)
    except OutOfMemoryError:
        if not train_with_less(run):
            raise
        # The task is read again, since it may have half the batch now.
        return _execute(run, run.task(), asked, tell, more)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C ends the work immediately.

    It is never set outside the main thread, where signals cannot be handled.
    """
    asked = threading.Event()
    # Python lets only the main thread install signal handlers.
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
