"""Work on many small items: in threads, in order, with progress, and with an ear for the wish to stop."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from convonet.events import Progressed, Watch

_TELL_SECONDS = 0.1
_MOST_WORKERS = 16
# Of smaller files most time is spent in Python itself, where threads only get in each other's way.
_THREADS_FROM_BYTES = 8192

Item = TypeVar("Item")
Result = TypeVar("Result")


def free_cores() -> int:
    """Processor cores that this process may use, at most 16."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    return min(os.cpu_count() or 1, _MOST_WORKERS)


def decoding_workers(mean_bytes: float) -> int:
    """Threads that decode files of this size fastest: one a core, and a single one for small files."""
    return free_cores() if mean_bytes >= _THREADS_FROM_BYTES else 1


def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, watch: Watch
) -> Iterator[Result]:
    """`work(item)` for each item, in their order, computed at most a few items ahead.

    Raises:
        Cancelled: between two items; what was begun is waited for.
    """
    if workers == 1:
        for item in items:
            watch.check()
            yield work(item)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers, "convonet") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * workers:
                    yield _result(waiting.popleft(), watch)
            while waiting:
                yield _result(waiting.popleft(), watch)
        finally:
            for future in waiting:
                future.cancel()


def _result(future: Future[Result], watch: Watch) -> Result:
    watch.check()
    while not wait([future], timeout=_TELL_SECONDS).done:
        watch.check()
    return future.result()


class Meter:
    """Tells progress at most ten times a second, and at the end."""

    def __init__(self, watch: Watch, stage: str, total: int) -> None:
        self._watch, self._stage, self._total = watch, stage, total
        self._started = self._told = time.perf_counter()

    def tell(self, done: int) -> None:
        """`done` items are finished."""
        now = time.perf_counter()
        if now - self._told < _TELL_SECONDS and done < self._total:
            return
        self._told = now
        left = (now - self._started) / max(done, 1) * (self._total - done)
        self._watch.tell(Progressed(stage=self._stage, done=done, total=self._total, seconds_left=left))
