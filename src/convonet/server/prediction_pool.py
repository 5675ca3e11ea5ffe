"""The workers that answer predictions: started, replaced when they die, exchanged one after another, ended."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from convonet.errors import WorkerError
from convonet.own_process import child_environment, neutral_folder, python_words
from convonet.server.metrics import CounterKey, added, from_json

_MODULE = "convonet.server.prediction_worker"
_WATCH_SECONDS = 0.1
_READY_SECONDS = 60.0
_END_SECONDS = 4.0
_STEADY_SECONDS = 10.0
_MOST_PAUSE = 30.0

_log = logging.getLogger("convonet.server")


class _Worker:
    """One worker process and what it has told so far."""

    def __init__(self, order: Mapping[str, Any], listening: socket.socket) -> None:
        self.process = subprocess.Popen(
            python_words("-m", _MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=neutral_folder(),
            env=child_environment(),
            pass_fds=(listening.fileno(),),
            start_new_session=True,
        )
        self.ready = threading.Event()
        self.started = time.monotonic()
        self.counts: dict[CounterKey, float] = {}
        self.gauges: dict[str, float] = {}
        self.models: list[str] = []
        self._asked = False
        self._reader = threading.Thread(target=self._read, name="worker", daemon=True)
        self._reader.start()
        self._send(json.dumps(order))

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self.process.poll() is None

    def ask_to_end(self) -> None:
        """Let it finish what it does. Asked once: a second signal would mean that it shall not wait for that."""
        if not self._asked:
            self._asked = True
            self.process.terminate()

    def end(self, seconds: float) -> None:
        """Let it finish what it does; after some seconds it is killed."""
        self.ask_to_end()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self) -> None:
        """Wait for its last words once it has ended."""
        self._reader.join(1.0)
        self.gauges = {}
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, line: str) -> None:
        stdin = self.process.stdin
        try:
            if stdin is not None:
                stdin.write(line + "\n")
                stdin.flush()
        except OSError:  # it has died already, which is noticed by whoever watches it
            return

    def _read(self) -> None:
        for line in self.process.stdout or ():
            told = json.loads(line)
            if told.get("ready"):
                self.ready.set()
            else:
                self.counts, self.gauges = from_json(told["counts"]), told["gauges"]
                self.models = told["models"]


class PredictionPool:
    """Keeps a number of workers behind one listening socket. Its methods may be called from any thread.

    The socket's queue belongs to all of them, and this process holds it too: while a worker is replaced, clients that
    connect wait for another and are not refused.

    Args:
        count: how many workers.
        listening: the socket they take connections from.
        order: what each of them is told first, as JSON.
    """

    def __init__(self, count: int, listening: socket.socket, order: Mapping[str, Any]) -> None:
        self._count, self._listening, self._order = count, listening, order
        self._workers: list[_Worker] = []
        self._ending: list[_Worker] = []
        self._ended: Counter[CounterKey] = Counter()
        self._lock = threading.RLock()
        self._stop, self._exchange = threading.Event(), threading.Event()
        self._pause = 0.0
        self._thread = threading.Thread(target=self._watch, name="workers", daemon=True)

    @property
    def size(self) -> int:
        """Workers that answer."""
        with self._lock:
            return sum(worker.ready.is_set() and worker.alive for worker in self._workers)

    def start(self) -> None:
        """Start the workers; returns when the first one answers.

        Raises:
            WorkerError: none does.
        """
        self._workers = [self._begun() for _ in range(self._count)]
        end = time.monotonic() + _READY_SECONDS
        while not self.size:
            if time.monotonic() > end or not any(worker.alive for worker in self._workers):
                self.stop()
                raise WorkerError(
                    "The prediction workers cannot be started", hint="The log lines above say why"
                )
            time.sleep(0.02)
        self._thread.start()

    def exchange(self) -> None:
        """Replace every worker, one after another: each begins before the one it replaces ends."""
        self._exchange.set()

    def begin_to_end(self) -> None:
        """Take no more connections, and let the workers finish what they do."""
        with self._lock:
            self._stop.set()
            self._listening.close()
            for worker in self._workers:
                worker.ask_to_end()

    def stop(self) -> None:
        """Wait for the workers' end."""
        self.begin_to_end()
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)
        for worker in self._workers:
            worker.end(_END_SECONDS)

    def counts(self) -> dict[CounterKey, float]:
        """The counters of all workers, also of those that have ended."""
        with self._lock:
            return added([self._ended, *(worker.counts for worker in self._workers + self._ending)])

    def gauges(self) -> dict[str, float]:
        """The gauges of all workers, added up."""
        with self._lock:
            total = Counter[str]()
            for worker in self._workers:
                total.update(worker.gauges)
            return dict(total)

    def _new(self) -> _Worker | None:
        """Another worker; None once the end has begun."""
        with self._lock:
            return None if self._stop.is_set() else self._begun()

    def _begun(self) -> _Worker:
        """A worker that opens the models that the others have open, before it takes connections."""
        models = sorted({name for worker in self._workers for name in worker.models})
        return _Worker({**self._order, "models": models}, self._listening)

    def _watch(self) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            if self._exchange.is_set():
                self._exchange.clear()
                self._exchange_all()
            for index, worker in enumerate(self._workers):
                if not worker.alive and not self._stop.is_set():
                    self._replace_dead(index, worker)

    def _replace_dead(self, index: int, worker: _Worker) -> None:
        """Start another one; one that dies again and again is started less and less often."""
        _log.error("prediction worker %d ended with code %s", worker.process.pid, worker.process.returncode)
        steady = time.monotonic() - worker.started > _STEADY_SECONDS
        self._pause = 0.0 if steady else min(2 * self._pause + 0.5, _MOST_PAUSE)
        if not self._stop.wait(self._pause) and (new := self._new()) is not None:
            self._put(index, new)
        worker.close()
        self._fold(worker)

    def _exchange_all(self) -> None:
        for index, old in enumerate(list(self._workers)):
            new = self._new()
            if new is None:
                return
            while not new.ready.wait(_WATCH_SECONDS) and new.alive and not self._stop.is_set():
                continue
            if self._stop.is_set() or not new.alive:
                # The old one goes on: what cannot start must not replace what works.
                _log.error("prediction worker %d could not be replaced", old.process.pid)
                new.end(_END_SECONDS)
                return
            self._put(index, new)
            old.end(_END_SECONDS)
            self._fold(old)
        _log.info("all prediction workers have been replaced")

    def _put(self, index: int, new: _Worker) -> None:
        with self._lock:
            self._ending.append(self._workers[index])
            self._workers[index] = new

    def _fold(self, old: _Worker) -> None:
        """Keep the counters of a worker that has ended: a counter never falls."""
        with self._lock:
            if old in self._ending:
                self._ending.remove(old)
                self._ended.update(old.counts)
