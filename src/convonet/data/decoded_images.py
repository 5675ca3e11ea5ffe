"""Images of a set that are decoded when they are asked for, where prepared pixels would fill the disk.

They stand where the mapped pixels of a prepared set stand and are indexed in the same way, so whoever trains or
evaluates does not see the difference: the same decoder makes the same pixels.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from convonet.data.pixels import Pixels
from convonet.text import counted

Key = int | slice | npt.NDArray[Any] | Sequence[int]

_MOST_AHEAD_BYTES = 2**28
"""Decoded images that wait to be asked for take at most this much memory."""


class DecodedImages:
    """Behaves as an array (N, H, W, C) uint8 that is read by rows.

    Args:
        read: gives the pixels of a row, (H, W, C) uint8; called from several threads.
        count: N.
        shape: (H, W, C).
        workers: threads that decode.

    Indexing takes an integer, a slice or an array of rows, and after it what is cut out of each image; it raises
    whatever `read` raises.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self, read: Callable[[int], Pixels], count: int, shape: tuple[int, ...], workers: int
    ) -> None:
        self._read, self._workers = read, workers
        self.shape = (count, *shape)
        self._pool = ThreadPoolExecutor(workers, "convonet-decode")
        self._ahead: dict[int, Future[Pixels]] = {}
        self._most_ahead = max(1, _MOST_AHEAD_BYTES // int(np.prod(shape)))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Always 4."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """What all pixels would take."""
        return int(np.prod(self.shape))

    def __getitem__(self, key: Key | tuple[Any, ...]) -> Pixels:
        if isinstance(key, tuple):
            first, *rest = key
            whole = isinstance(first, int | np.integer)
            return self[first][tuple(rest) if whole else (slice(None), *rest)]
        if isinstance(key, int | np.integer):
            return self._taken(self._checked(int(key))).result()
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            rows = list(range(start, stop, step))
            # Who reads slice after slice, as an evaluation does, wants the next one soon.
            following = range(stop, min(stop + len(rows), len(self))) if step == 1 else range(0)
        else:
            array = np.asarray(key)
            rows = np.flatnonzero(array).tolist() if array.dtype == np.bool_ else array.tolist()
            rows, following = [self._checked(row) for row in rows], range(0)
        waiting = [self._taken(row) for row in rows]
        self.expect(following)
        out = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for i, future in enumerate(waiting):
            out[i] = future.result()
        return out

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = self[:]
        return whole if dtype is None else whole.astype(dtype)

    def view(self, rows: npt.NDArray[np.int64]) -> DecodedImages:
        """Some of the images, decoded when they are asked for as well."""
        read, chosen = self._read, rows.copy()
        _, *shape = self.shape
        return DecodedImages(lambda row: read(int(chosen[row])), len(chosen), tuple(shape), self._workers)

    def expect(self, rows: Sequence[int] | npt.NDArray[Any]) -> None:
        """Begin to decode rows that will be asked for next; more than fit into the memory set aside are left."""
        rows = np.asarray(rows, np.int64).tolist()
        wanted = set(rows)
        with self._lock:
            for row in rows:
                if row in self._ahead:
                    continue
                if len(self._ahead) >= self._most_ahead:
                    # What was never asked for, such as the rest of an epoch that ended early, gives way.
                    stale = next((other for other in self._ahead if other not in wanted), None)
                    if stale is None:
                        return
                    self._ahead.pop(stale).cancel()
                self._ahead[row] = self._pool.submit(self._read, row)

    def _taken(self, row: int) -> Future[Pixels]:
        with self._lock:
            future = self._ahead.pop(row, None)
        return future or self._pool.submit(self._read, row)

    def _checked(self, row: int) -> int:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of {counted(len(self), 'image')}")
        return row % len(self)
