"""Runs a task in a worker process, shows its progress, and turns Ctrl-C into a stop that keeps the work."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from convonet.cli.output import note
from convonet.cli.progress import create_display
from convonet.errors import InputError, MissingPackageError
from convonet.launch.supervisor import Supervisor
from convonet.launch.worker import Worker
from convonet.runs import Run, RunStore
from convonet.runs.documents import read_result
from convonet.scratch import Scratch
from convonet.tasks import Task

_STOPS = (signal.SIGINT, signal.SIGTERM)


def do_run(run: Run, threads: int | None, progress: str) -> None:
    """Let a worker execute the run until it ends.

    Raises:
        Cancelled, ConvonetError: depending on how the worker ended.
    """
    display = create_display(progress)
    with _Signals() as signals:
        # The handlers are set before the worker starts: Ctrl-C in between would leave it running alone.
        worker = Supervisor().start(run, threads)
        try:
            for stamped in worker.follow(asked=lambda: signals.obey(worker)):
                display.show(stamped)
        finally:
            display.close()
        # After the display is closed, so that the error does not stand in the middle of a bar.
        worker.finish()


def do_new_run(run: Run, threads: int | None, progress: str) -> None:
    """`do_run` for a new run: if it is rejected before it starts, the run leaves nothing."""
    try:
        do_run(run, threads, progress)
    # Bad input is found in the worker, where images are read; the person sees an error and no empty run.
    except (InputError, MissingPackageError):
        RunStore().drop_unbegun(run)
        raise


def ask(task: Task, progress: str = "none") -> object:
    """The result of a task that keeps no run, as the JSON of the document for that kind of task."""
    with Scratch() as folder:
        run = Run.create(folder, task, owner=os.getpid())
        do_run(run, task.threads, progress)
        return read_result(run)


@contextmanager
def without_stops() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, while the last lines of a command are printed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Signals:
    """Counts Ctrl-C and SIGTERM: the first one asks the worker to stop, the second kills it.

    A handler may come between any two operations of the work, even while another one runs. It therefore only counts;
    whoever follows the worker looks at the count.
    """

    def __init__(self) -> None:
        self._came = self._obeyed = 0

    def __enter__(self) -> _Signals:
        self._before = {number: signal.signal(number, self._count) for number in _STOPS}
        return self

    def __exit__(self, *_: object) -> None:
        # Python programs that call the command line keep their own handlers.
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self._came += 1

    def obey(self, worker: Worker) -> None:
        """Act on the signals received since the last call."""
        # Several signals may have come since the last look; each step is still taken, once.
        while self._obeyed < min(self._came, 2):
            self._obeyed += 1
            if self._obeyed == 2:
                worker.kill()
            else:
                worker.cancel()
                note(
                    "Stopping after the current batch; finished work is kept. Press Ctrl-C again to stop at once."
                )
