"""The runs at work and those that wait: workers are started in turn, followed to their end, and put away."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from convonet.errors import ConvonetError, InputError, RunAliveError
from convonet.events import RunEnded, RunState
from convonet.launch.resume import prepare_resume
from convonet.launch.supervisor import Supervisor
from convonet.launch.work import Work
from convonet.params import DataParams
from convonet.runs import RECORD, Run
from convonet.runs.begin import begin_run
from convonet.runs.environment import available_cores
from convonet.runs.run import now
from convonet.server.held import HeldRun
from convonet.server.known import ASKED, KnownRuns
from convonet.server.refusals import Refusal
from convonet.server.settings import Settings
from convonet.tasks import Task
from convonet.tasks.shown_as import words_of

_POLL_SECONDS = 0.05
_LEAVE_SECONDS = 2.0
_EXIT_SECONDS = 10.0
"""How long a request waits for the worker of a run that has ended: libraries take a moment to let go."""
_ASKED_KEPT = 200
_QUESTIONS = 2
"""Questions (a prediction, a layer table) at work at one time; they do not wait behind a training."""

_log = logging.getLogger("convonet.server")


@dataclass
class _Job:
    run: Run
    task: Task

    @property
    def is_long(self) -> bool:
        return self.task.keeps_run


class JobQueue:
    """Starts runs in their order, as many at a time as the settings say.

    One thread of its own follows the workers; the methods may be called from any.
    """

    def __init__(self, settings: Settings, known: KnownRuns, supervisor: Supervisor | None = None) -> None:
        self._settings = settings
        self._known = known
        # Detached: Ctrl-C in the server's terminal must not reach the workers, which the server asks to stop itself.
        self._supervisor = supervisor or Supervisor(detached=True)
        self._waiting: list[_Job] = []
        self._working: dict[str, Work] = {}
        # Keras is loaded by a worker that waits, so that the first training begins at once.
        self._cold = settings.warm
        # Reentrant, since methods that hold it call one another.
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._refusing = False
        self._thread = threading.Thread(target=self._follow, name="runs", daemon=True)

    def start(self) -> None:
        """Begin to work. Runs that a killed server left waiting become interrupted."""
        self._mark_left_behind()
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether runs are started and followed."""
        return self._thread.is_alive()

    def refuse(self) -> None:
        """Take no more runs: the server ends."""
        self._refusing = True

    def stop(self) -> None:
        """Let every worker put its work away; the runs can be resumed."""
        self._stop.set()
        # Joining a thread that never started raises an error.
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for work in self._working.values():
                work.handle.leave()
            end = time.monotonic() + _LEAVE_SECONDS
            # Workers save a checkpoint in this time; what takes longer goes on without the server.
            while any(work.handle.is_alive() for work in self._working.values()) and time.monotonic() < end:
                time.sleep(_POLL_SECONDS)
            for job in self._waiting:
                # Running without an owner is what everybody reads as interrupted, so it can be resumed.
                job.run.update(owner=0, state=RunState.RUNNING)
            self._supervisor.close()

    def submit(self, task: Task, name: str | None = None) -> Run:
        """A new run, in its turn.

        Raises:
            Refusal: too many wait already.
            ConvonetError: its folder cannot be made.
        """
        with self._lock:
            self._check_room()
            run = begin_run(task, self._parent(task), name=name, words=words_of(task), store=self._known)
            self._waiting.append(_Job(run, run.task()))
        return run

    def resume(self, run: Run, *, accept_changed_data: bool = False, data: DataParams | None = None) -> bool:
        """Take a run up again, in its turn; False when it is done.

        Args:
            data: its folders, where the images are in another place now.

        Raises:
            Refusal: too many wait already, or it waits itself.
            ConvonetError: it is alive, or of a kind that cannot be resumed.
        """
        self._wait_for_exit(run)
        with self._lock:
            if self._place(run) is not None or run.id in self._working:
                raise Refusal(409, "The run is already running", where=run.id)
            self._check_room()
        # Without the lock: comparing the images with those of the run may take minutes, and other requests
        # need the queue.
        if not prepare_resume(run, accept_changed_data=accept_changed_data, data=data):
            return False
        with self._lock:
            # A cancel request left from the last time would stop the resumed run at once.
            run.clear_cancel()
            run.update(state=RunState.WAITING, owner=os.getpid(), error=None)
            self._waiting.append(_Job(run, run.task()))
        return True

    def cancel(self, run: Run) -> None:
        """Ask a run to stop; one that waits is cancelled at once.

        Raises:
            Refusal: it is not at work.
        """
        with self._lock:
            place = self._place(run)
            if place is not None:
                del self._waiting[place]
                _end_unbegun(run)
                return
            if run.id in self._working:
                self._working[run.id].stop()
                return
        if run.state().ended:
            raise Refusal(409, "The run is not active", where=run.id, received=str(run.state()))
        # The run belongs to another process, which reads the request from the run's folder.
        run.request_cancel()

    def delete(self, run: HeldRun) -> None:
        """Remove a run that is not at work. Raises RunAliveError."""
        self._wait_for_exit(run)
        with self._lock:
            if self._place(run) is not None or run.id in self._working:
                raise RunAliveError("The run is active", where=run.path, hint="Stop it first")
            self._known.delete(run)

    def position(self, run: Run) -> int | None:
        """How many runs come before one that waits; None for any other."""
        with self._lock:
            return self._place(run)

    def positions(self) -> dict[str, int]:
        """How many runs come before each one that waits, by the path of its folder."""
        with self._lock:
            return {str(job.run.path): place for place, job in enumerate(self._waiting)}

    def counts(self) -> dict[str, int]:
        """How many runs wait and how many are at work."""
        with self._lock:
            return {"waiting": len(self._waiting), "running": len(self._working)}

    def _wait_for_exit(self, run: Run) -> None:
        """Everybody sees that a run has ended before its worker is gone, and may press Resume at once."""
        end = time.monotonic() + _EXIT_SECONDS
        while run.id in self._working and run.state().ended and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)

    def _place(self, run: Run) -> int | None:
        return next((place for place, job in enumerate(self._waiting) if job.run.path == run.path), None)

    def _parent(self, task: Task) -> Path:
        data = getattr(task, "data", None)
        if not task.leaves_run:
            self._sweep_asked()
            return self._settings.runs / ASKED
        return Path(data.result_dir) if data is not None and data.result_dir else self._settings.runs

    def _check_room(self) -> None:
        if self._refusing:
            raise Refusal(
                503, "The server is shutting down", retry_after=5, hint="Try again in a few seconds"
            )
        if len(self._waiting) >= self._settings.limits.waiting_runs:
            raise Refusal(
                429,
                "Too many runs are waiting",
                expected=f"at most {self._settings.limits.waiting_runs}",
                retry_after=30,
                hint="Try again when some of them have ended",
            )

    def _follow(self) -> None:
        # Workers are processes: nothing wakes us when one ends, so they are looked at often.
        while not self._stop.wait(_POLL_SECONDS):
            with self._lock:
                self._put_away()
                self._begin()

    def _put_away(self) -> None:
        # A copy, since a dictionary must not shrink while it is iterated.
        for name, work in list(self._working.items()):
            # Asked before the events are read: what it wrote last is then not missed.
            alive = work.handle.is_alive()
            work.handle.poll()
            if not alive:
                del self._working[name]
                try:
                    ended = work.end()
                    _log.info("run %s: %s", name, ended.state)
                # A run whose record is damaged must not end the thread that follows all others.
                except (ConvonetError, OSError, ValueError) as error:
                    _log.error("run %s: %s", name, error)

    def _begin(self) -> None:
        # A copy, since runs that begin are removed from the list inside the loop.
        for job in list(self._waiting):
            # A question behind a training that waits may begin all the same.
            if not self._has_room(job):
                continue
            self._waiting.remove(job)
            try:
                worker = self._supervisor.start(job.run, job.task.threads)
            except (ConvonetError, OSError) as error:
                _log.error("run %s could not be started: %s", job.run.id, error)
                _end_unbegun(job.run, error)
                continue
            self._working[job.run.id] = Work(job.task, job.run, worker)
            # A start uses up the waiting worker, so the next one has to be warmed again.
            self._cold = self._settings.warm
        if self._cold and not self._waiting:
            self._supervisor.warm(available_cores())
            self._cold = False

    def _has_room(self, job: _Job) -> bool:
        # Questions have places of their own, so that a prediction does not wait for hours behind a search.
        same = sum(work.task.keeps_run == job.is_long for work in self._working.values())
        return same < (self._settings.jobs if job.is_long else _QUESTIONS)

    def _sweep_asked(self) -> None:
        """Remove the oldest answers beyond what is kept, and those of earlier servers."""
        folder = self._settings.runs / ASKED
        if not folder.is_dir():
            return
        # A link there would have us delete what it leads to.
        held = (self._known.at(path) for path in folder.iterdir() if not path.is_symlink())
        runs = sorted((run for run in held if run is not None), key=_age)
        for run in runs[: max(len(runs) - _ASKED_KEPT, 0)]:
            if run.id not in self._working and self._place(run) is None and run.state().ended:
                self._known.delete(run)

    def _mark_left_behind(self) -> None:
        """A waiting run of an earlier server with the number of this process would wait for ever."""
        for run in self._known.all():
            record = run.read()
            if record.state is RunState.WAITING and record.owner == os.getpid():
                run.update(owner=0, state=RunState.RUNNING)


def _age(run: Run) -> float:
    return run.file(RECORD).stat().st_mtime


def _end_unbegun(run: Run, error: Exception | None = None) -> None:
    """Write down the end of a run that no worker has taken up."""
    state = RunState.CANCELLED if error is None else RunState.FAILED
    # The system's own words are told as they are; our errors keep their class.
    known = error if isinstance(error, ConvonetError) or error is None else InputError(str(error))
    said = known.to_dict() if known else None
    record = run.update(state=state, ended=now(), error=said)
    run.events().tell(RunEnded(state=state, seconds=record.seconds, error=said))
