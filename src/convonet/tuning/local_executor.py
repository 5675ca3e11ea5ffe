"""Trainers as processes of this machine. They live as long as the search, have keras loaded, and map one file."""

from __future__ import annotations

import multiprocessing
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
from convonet.tuning.messages import Message, TrainerDied, TrainerSettings, UnitEnded
from convonet.tuning.units import Unit

_PRUNE = "prune"


@dataclass
class _Trainer:
    """One process and what it is doing."""

    process: BaseProcess
    connection: Connection[Any, Any]
    unit: FoldKey | None = None


class LocalExecutor:
    """Up to `jobs` trainers, each started when there is work for it.

    Where the system can fork, they are forked from one server that has keras loaded, so that each starts in a
    tenth of a second and they share its memory.
    """

    def __init__(self, data: FoldData, settings: TrainerSettings, jobs: int) -> None:
        self._data, self._settings, self._jobs = data, settings, jobs
        self._trainers: list[_Trainer] = []
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self._context.set_forkserver_preload(["convonet.tuning.fold_training"])

    def free(self) -> int:
        """How many more units can be taken now."""
        return self._jobs - sum(trainer.unit is not None for trainer in self._trainers)

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
                trainer.unit = None
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
        for trainer in self._trainers:
            trainer.process.join()
            trainer.process.close()
            trainer.connection.close()
        self._trainers = []

    def _start(self) -> _Trainer:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._data, self._settings), name="trainer", daemon=True
        )
        with _no_main():
            process.start()
        theirs.close()
        trainer = _Trainer(process, ours)
        self._trainers.append(trainer)
        return trainer

    def _bury(self, trainer: _Trainer) -> TrainerDied:
        trainer.process.join()
        code = trainer.process.exitcode
        trainer.process.close()
        trainer.connection.close()
        self._trainers.remove(trainer)
        if code is not None and code < 0:
            reason = f"Out of memory, probably: its process was ended by signal {-code}"
            return TrainerDied(trainer.unit, reason, "memory")
        return TrainerDied(trainer.unit, f"A trainer ended with code {code}", "fault")


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the main module: a new process would run it again, be it a script without a guard or a test runner."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def serve(connection: Connection[Any, Any], data: FoldData, settings: TrainerSettings) -> None:
    """What a trainer's process does until the other end of its connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if settings.memory is not None:
        _limit_memory(settings.memory)
    from convonet.tuning.fold_training import FoldTrainer

    trainer = FoldTrainer(data, settings)
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
    connection.send(UnitEnded(key, _peak_bytes()))


def _limit_memory(count: int) -> None:
    """Let allocations beyond `count` bytes fail here, before the system looks for something to kill."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (count, count))


def _peak_bytes() -> int:
    """The most memory that this process has had at once."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else 1024 * peak)
