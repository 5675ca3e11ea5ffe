"""Runs a task in a worker process, shows its progress, and turns Ctrl-C into a stop that keeps the work."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from convonet.cli.output import note
from convonet.cli.progress import create_display
from convonet.errors import InputError
from convonet.runs import Run, RunStore
from convonet.runs.documents import read_result
from convonet.scratch import Scratch
from convonet.specs import Task
from convonet.workbench.supervisor import Supervisor, Worker


def do_run(run: Run, threads: int | None, progress: str) -> None:
    """Let a worker do the run to its end.

    Raises:
        Cancelled, ConvonetError: as the worker ended.
    """
    display = create_display(progress)
    worker = Supervisor().start(run, threads)
    try:
        with _stopping(worker):
            for stamped in worker.follow():
                display.show(stamped)
    finally:
        display.close()
    worker.finish()


def do_new_run(run: Run, threads: int | None, progress: str) -> None:
    """`do_run` for a run of this call: refused for its input before it began, it leaves nothing."""
    try:
        do_run(run, threads, progress)
    except InputError:
        RunStore().drop_unbegun(run)
        raise


def ask(task: Task, progress: str = "none") -> dict[str, Any]:
    """The answer of a task that leaves no run behind."""
    with Scratch() as folder:
        run = Run.create(folder, task, owner=os.getpid())
        do_run(run, task.threads, progress)
        return read_result(run)


@contextmanager
def _stopping(worker: Worker) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM asks the worker to stop; the second kills it."""
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            worker.kill()
            return
        asked = True
        worker.cancel()
        note("Stopping after the present batch; what was done is kept. Once more ends it at once.")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
