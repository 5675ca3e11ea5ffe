"""Starts worker processes, and keeps one ready. Knows neither Keras nor a window."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import IO, Any

from convonet.errors import RunAliveError
from convonet.events import RunState
from convonet.launch.worker import Worker, send_line
from convonet.own_process import child_environment, neutral_folder, python_words, with_large_pages
from convonet.runs import Run
from convonet.runs.environment import available_cores

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class WorkerKey:
    """What is fixed when a worker process starts: a warm one fits only work of the same key."""

    backend: str
    threads: int

    @classmethod
    def of(cls, threads: int | None) -> WorkerKey:
        """The key for work with so many threads; None: one a core."""
        return cls(os.environ.get("KERAS_BACKEND", "torch"), threads or available_cores())

    def environment(self) -> dict[str, str]:
        """The environment of such a process."""
        threads = {name: str(self.threads) for name in _THREAD_VARIABLES}
        own = threads | {"KERAS_BACKEND": self.backend, "PYTHONUNBUFFERED": "1"}
        return with_large_pages(child_environment()) | own


class Supervisor:
    """Starts workers and keeps one warm: a process that has keras imported and waits for a run.

    Args:
        detached: workers get a process group of their own, so that a key pressed in the terminal does not
            reach them.
    """

    def __init__(self, *, detached: bool = False) -> None:
        self._detached = detached
        self._spare: tuple[WorkerKey, subprocess.Popen[bytes]] | None = None

    def warm(self, threads: int | None = None) -> None:
        """Start a spare worker in the background, so that the next run need not wait for imports."""
        key = WorkerKey.of(threads)
        if self._spare is not None and self._spare[0] == key and self._spare[1].poll() is None:
            return
        # A spare that has died or has another key fits no run, and would only hold memory.
        self.close()
        self._spare = key, self._spawn(key, ["--warm"], None)

    def start(self, run: Run, threads: int | None = None) -> Worker:
        """Let a worker take up the run: the warm one where it fits, else a new process.

        Raises:
            RunAliveError: a process works on it.
        """
        if run.is_locked():
            raise RunAliveError("A process is working on this run", where=run.path)
        # A wish to stop that was meant for the last attempt would end this one.
        run.clear_cancel()
        run.update(state=RunState.WAITING, owner=os.getpid())
        key = WorkerKey.of(threads)
        process = self._take(key)

        def fresh() -> subprocess.Popen[bytes]:
            # What it prints before it can write events is kept too, such as a library that cannot be loaded.
            with run.file("worker.log").open("ab") as log:
                return self._spawn(key, [str(run.path)], log)

        # The warm worker may have died since it was looked at.
        if process is None or not send_line(process.stdin, str(run.path)):
            process = fresh()
        return Worker(run, process, fresh)

    def close(self) -> None:
        """End the spare worker."""
        if self._spare is not None:
            process = self._spare[1]
            self._spare = None
            process.kill()
            # Without this, the ended process stays in the system's table as a zombie.
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def _take(self, key: WorkerKey) -> subprocess.Popen[bytes] | None:
        # Threads and backend are fixed when a process loads its libraries.
        if self._spare is None or self._spare[0] != key or self._spare[1].poll() is not None:
            return None
        process = self._spare[1]
        self._spare = None
        return process

    def _spawn(self, key: WorkerKey, arguments: list[str], log: IO[bytes] | None) -> subprocess.Popen[bytes]:
        # A warm worker has no run yet, and so no log to write to.
        output: Any = subprocess.DEVNULL if log is None else log
        return subprocess.Popen(
            python_words("-m", "convonet.worker", *arguments),
            cwd=neutral_folder(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=key.environment(),
            start_new_session=self._detached,
        )
