"""A task done in this process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from convonet.api.inputs import Listener
from convonet.errors import OutOfMemoryError
from convonet.events import RunState
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.runs import Run
from convonet.runs.documents import read_result
from convonet.runs.memory import halve_batch
from convonet.scratch import Scratch
from convonet.tasks import Task


def answer_of(task: Task, listen: Listener) -> dict[str, Any]:
    """The answer of a task that leaves no run behind, done here."""
    with Scratch() as folder:
        run = Run.create(folder, task, owner=os.getpid())
        run_task(run, run.task(), listen)
        return read_result(run)


def run_task(run: Run, task: Task, listen: Listener, **more: Any) -> None:
    """Do the job here. Ctrl-C stops it after the present batch, keeps the work, and goes on as KeyboardInterrupt.

    Where the memory is not enough for a training, it goes on with half the batch.
    """
    with _interrupts() as asked:
        try:
            job = job_for(task, **more)
            state = execute(run, job, process=os.getpid(), should_stop=asked.is_set, listen=listen)
        except OutOfMemoryError:
            if not halve_batch(run):
                raise
            run_task(run, run.task(), listen, **more)
            return
    if state is RunState.CANCELLED and asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set when the person presses Ctrl-C; once more ends the work where it is.

    Outside the main thread, where that cannot be heard, it is never set.
    """
    asked = threading.Event()
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
