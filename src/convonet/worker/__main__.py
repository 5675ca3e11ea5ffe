"""A worker process: `python -m convonet.worker [--warm] [RUN]`.

It takes up the run in folder RUN; without RUN it reads the folder's path from standard input, and `--warm`
lets it load keras while it waits. Standard input is its owner's pipe: when that closes, nobody waits any
more and the worker stops after the present batch; a line `detach` lets it go on alone.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from convonet.atomic import is_no_room
from convonet.errors import Cancelled, ConvonetError
from convonet.events import CancelAcknowledged, RunState
from convonet.jobs import job_for
from convonet.jobs.runner import execute
from convonet.own_process import NO_ROOM_CODE, be_expendable, end_at_once, enter_folder
from convonet.runs import Run
from convonet.scratch import Scratch

_POLL_SECONDS = 0.1
_SLOW_TO_LOAD = "convonet.jobs.warm"
"""With all that a training needs, keras before all."""
_LATE_EXIT_SECONDS = 5.0


class Owner:
    """The other end of standard input, and what it wants."""

    def __init__(self) -> None:
        self._gone = threading.Event()
        self._detached = False

    def next_line(self) -> str | None:
        """The next line that the owner writes; None when it is gone."""
        line = sys.stdin.readline()
        return line.strip() if line else None

    def watch(self) -> None:
        """Listen in the background for `detach` and for the end."""
        threading.Thread(target=self._listen, name="owner", daemon=True).start()

    def _listen(self) -> None:
        while (line := self.next_line()) is not None:
            if line == "detach":
                self._detached = True
        if self._detached:
            return
        self._gone.set()
        # The owner may have been killed in the middle of something that never asks whether to stop.
        timer = threading.Timer(_LATE_EXIT_SECONDS, os._exit, [3])
        timer.daemon = True
        timer.start()

    def is_gone(self) -> bool:
        """Whether nobody waits for the work any more."""
        return self._gone.is_set()


class CancelPoll:
    """Looks for the wish to stop in the background, so that it is acknowledged also inside long imports."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._ended = threading.Event()
        self._seen = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="cancel", daemon=True)

    def __enter__(self) -> CancelPoll:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def seen(self) -> bool:
        """Whether somebody asked to stop."""
        return self._seen.is_set()

    def _poll(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            if self._run.cancel_requested():
                self._seen.set()
                with contextlib.suppress(ConvonetError):
                    self._run.events().tell(CancelAcknowledged())
                return


def main(arguments: list[str]) -> int:
    """Take up one run and end; the exit code is 0 done, 130 cancelled, else that of the error."""
    # Keys and a closed terminal are its owner's business: the pipe tells what to do.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_at_once()
    be_expendable()
    with contextlib.suppress(OSError):
        _use_own_temporary_folder()
    warm = "--warm" in arguments
    folders = [argument for argument in arguments if not argument.startswith("--")]
    owner = Owner()
    if warm:
        # Before the run is known: this is what the next run need not wait for.
        importlib.import_module(_SLOW_TO_LOAD)
    folder = folders[0] if folders else owner.next_line()
    if not folder:
        return 0
    run = Run.open(Path(folder))
    enter_folder()
    _log_into(run)
    # A service or `timeout` ends the whole group: that is a wish to stop, and the work is put away.
    signal.signal(signal.SIGTERM, lambda number, frame: run.request_cancel())
    owner.watch()
    return _work(run, owner)


def _work(run: Run, owner: Owner) -> int:
    try:
        task = run.task()
        with CancelPoll(run) as poll:
            state = execute(
                run,
                job_for(task),
                process=os.getpid(),
                should_stop=lambda: poll.seen() or owner.is_gone(),
                # A person who asked to stop and then closed the window wanted it stopped.
                interrupted=lambda: owner.is_gone() and not poll.seen(),
            )
    except (ConvonetError, OSError) as error:
        # On a full disk the log may find no room either: then the exit code alone tells the reason.
        with contextlib.suppress(OSError):
            if error.__cause__ is not None:
                traceback.print_exception(error.__cause__)
            sys.stderr.write(f"{error}\n")
        if is_no_room(error):
            return NO_ROOM_CODE
        return error.exit_code if isinstance(error, ConvonetError) else 1
    return 0 if state is RunState.DONE else Cancelled.exit_code


def _use_own_temporary_folder() -> None:
    """Temporary files of this process and its children go where a later call removes them, should we be killed."""
    scratch = Scratch()
    atexit.register(scratch.close)
    tempfile.tempdir = os.environ["TMPDIR"] = str(scratch.path)


def _log_into(run: Run) -> None:
    """Standard streams go to the run's log, whatever they were."""
    log = os.open(run.file("worker.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    # As file descriptors: libraries in C write there too.
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
