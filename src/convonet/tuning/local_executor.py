"""Trainers as processes of this machine. They live as long as the search, have keras loaded, and map one file."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import psutil

from convonet.runs.trials import FoldKey
from convonet.tuning.fold_data import FoldData
from convonet.tuning.gpus import VISIBLE, GpuRoom
from convonet.tuning.messages import Message, TrainerDied, TrainerSettings, UnitEnded
from convonet.tuning.units import Unit

_PRUNE = "prune"
_FORKS = "forkserver" in multiprocessing.get_all_start_methods()
_PRELOADED = "convonet.tuning.preloaded"


@dataclass
class _Trainer:
    """One process, its GPU where it has one, and what it is doing."""

    process: BaseProcess
    connection: Connection[Any, Any]
    gpu: str | None = None
    unit: FoldKey | None = None


def load_trainers() -> None:
    """Let the server that trainers are forked from load keras already; does not wait for it.

    Where the system cannot fork, each trainer loads it when it starts.
    """
    if _FORKS:
        # Not a name that every system has: its module cannot be imported on Windows.
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload([_PRELOADED])
        with _no_main():
            forkserver.ensure_running()


class LocalExecutor:
    """Up to `jobs` trainers, each started when there is work for it.

    Where the system can fork, they are forked from one server that has keras loaded, so that each starts in a
    tenth of a second and they share its memory. CUDA does not outlive a fork: on GPUs each loads keras itself.

    Args:
        room: of the GPUs, where there are any; it then tells how many trainers there are.
    """

    def __init__(
        self, data: FoldData, settings: TrainerSettings, jobs: int, room: GpuRoom | None = None
    ) -> None:
        self._data, self._settings, self._jobs, self._room = data, settings, jobs, room
        self._trainers: list[_Trainer] = []
        forks = _FORKS and room is None
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            load_trainers()

    def free(self) -> int:
        """How many more units can be taken now."""
        return self._allowed() - sum(trainer.unit is not None for trainer in self._trainers)

    def submit(self, unit: Unit) -> None:
        """Let an idle trainer, or a new one, begin with a unit."""
        trainer = next((one for one in self._trainers if one.unit is None), None) or self._start()
        trainer.unit = unit.keys()[-1]
        # A trainer that has just died is noticed by `wait`.
        with suppress(OSError):
            trainer.connection.send(unit)

    def wait(self, seconds: float) -> list[Message]:
        """Messages of all trainers; those of a dead one end with `TrainerDied`."""
        by_connection = {trainer.connection: trainer for trainer in self._trainers}
        messages: list[Message] = []
        for connection in wait(list(by_connection), seconds):
            trainer = by_connection[connection]  # type: ignore[index]
            try:
                message = trainer.connection.recv()
            except (EOFError, OSError):
                message = self._bury(trainer)
            if isinstance(message, UnitEnded):
                self._set_free(trainer, message)
            messages.append(message)
        return messages

    def prune(self, unit: FoldKey) -> None:
        """Ask the trainer of that unit to leave it."""
        for trainer in self._trainers:
            if trainer.unit == unit:
                with suppress(OSError):
                    trainer.connection.send((_PRUNE, unit))

    def close(self) -> None:
        """Kill all trainers."""
        for trainer in self._trainers:
            trainer.process.kill()
        for trainer in list(self._trainers):
            self._remove(trainer)

    def _allowed(self) -> int:
        return self._jobs if self._room is None else self._room.jobs()

    def _set_free(self, trainer: _Trainer, ended: UnitEnded) -> None:
        """The trainer can take another unit, unless its GPU has no room for so many any more."""
        trainer.unit = None
        if self._room is not None:
            self._room.learn(ended.gpu_bytes)
            if len(self._trainers) > self._allowed():
                trainer.process.kill()
                self._remove(trainer)

    def _remove(self, trainer: _Trainer) -> int | None:
        """Forget a process that ends; gives its exit code."""
        trainer.process.join()
        code = trainer.process.exitcode
        trainer.process.close()
        trainer.connection.close()
        self._trainers.remove(trainer)
        return code

    def _start(self) -> _Trainer:
        ours, theirs = self._context.Pipe()
        gpus = [trainer.gpu for trainer in self._trainers if trainer.gpu is not None]
        gpu = None if self._room is None else self._room.choose(gpus)
        process = self._context.Process(
            target=serve, args=(theirs, self._data, self._settings, gpu), name="trainer", daemon=True
        )
        with _no_main():
            process.start()
        theirs.close()
        trainer = _Trainer(process, ours, gpu)
        self._trainers.append(trainer)
        return trainer

    def _bury(self, trainer: _Trainer) -> TrainerDied:
        code = self._remove(trainer)
        if code is not None and code < 0:
            reason = f"Probably out of memory: its process was ended by signal {-code}"
            return TrainerDied(trainer.unit, reason, "memory")
        return TrainerDied(trainer.unit, f"A worker process ended with code {code}", "fault")


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module: a new process would run it again, be it a script without a guard or a test runner."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def serve(
    connection: Connection[Any, Any], data: FoldData, settings: TrainerSettings, gpu: str | None = None
) -> None:
    """What a trainer's process does until the other end of its connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gpu is not None:
        os.environ[VISIBLE] = gpu
    if settings.memory is not None:
        _limit_memory(settings.memory)
    # Keras is loaded in the process that trains, with the limits that were just set.
    from convonet.tuning.fold_training import FoldTrainer

    trainer = FoldTrainer(data, settings)
    # What keras has made while it was loaded stays: no look for garbage need go through it again.
    gc.freeze()
    with suppress(EOFError, OSError):
        while True:
            unit = connection.recv()
            if isinstance(unit, Unit):
                _train(trainer, unit, connection)


def _train(trainer: Any, unit: Unit, connection: Connection[Any, Any]) -> None:
    key = unit.keys()[-1]

    def should_stop() -> bool:
        # The connection is readable when it was closed, too: then nobody waits any more and `recv` raises.
        return connection.poll() and connection.recv() == (_PRUNE, key)

    trainer.train(unit, connection.send, should_stop)
    connection.send(UnitEnded(key, _peak_bytes(), trainer.gpu_bytes))


def _limit_memory(count: int) -> None:
    """Let allocations beyond `count` bytes fail here, before the system looks for something to kill."""
    if sys.platform != "linux":
        return
    # Windows has no such module.
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (count, count))


def _peak_bytes() -> int:
    """The most memory that this process has had at once."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    # Windows has no such module.
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else 1024 * peak)
