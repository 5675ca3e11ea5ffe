"""Networks that answer predictions: opened when they are asked for, the last few kept, checked when files change."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from weakref import WeakValueDictionary

from convonet.documents.predictions import PredictionRow
from convonet.errors import ConvonetError, ModelFileError, error_from_dict
from convonet.file_stats import FileStats, file_stats
from convonet.inference.answers import AnswerOptions
from convonet.runs import Run
from convonet.server.batching import Batcher, best_batch
from convonet.server.metrics import Metrics
from convonet.server.model_process import ModelProcess
from convonet.server.multipart import Upload
from convonet.server.refusals import Refusal
from convonet.server.settings import Limits

_OPENERS, _DECODERS = 4, 2
_REFUSED_KEPT = 100


class _State(NamedTuple):
    """What changes when a model's files are written anew."""

    keras: FileStats | None
    onnx: FileStats


class ServedModels:
    """Answers for the models of runs. Belongs to the event loop.

    Args:
        threads: that each network computes with.
    """

    def __init__(self, limits: Limits, metrics: Metrics, threads: int) -> None:
        self._limits = limits
        self._threads = threads
        self._metrics = metrics
        self._open: OrderedDict[Path, tuple[_State, Batcher]] = OrderedDict()
        self._refused: dict[Path, tuple[_State, ConvonetError | None]] = {}
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        # A thread for each open model and some that are being replaced: they wait for the models' processes.
        self._executor = ThreadPoolExecutor(limits.models + 2, thread_name_prefix="predict")
        self._openers = ThreadPoolExecutor(_OPENERS, thread_name_prefix="open")
        self._decoders = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
        self._images = 0

    @property
    def waiting(self) -> int:
        """Images that wait for an answer."""
        return self._images

    def __len__(self) -> int:
        return len(self._open)

    @property
    def names(self) -> list[str]:
        """The runs whose models are open, the longest unused first."""
        return [path.name for path in self._open]

    def close(self) -> None:
        """End the models' processes and the threads."""
        for _, batcher in self._open.values():
            batcher.close()
        self._open.clear()
        self._openers.shutdown(wait=False, cancel_futures=True)
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._decoders.shutdown(wait=False, cancel_futures=True)

    async def can_answer(self, run: Run) -> bool:
        """Open the model; False where only keras can open it. Raises as `answer`."""
        return await self._batcher(run) is not None

    async def answer(
        self, run: Run, uploads: list[Upload], wish: AnswerOptions, *, heavy: bool
    ) -> list[PredictionRow]:
        """The predictions.

        Args:
            heavy: the images have many pixels; they are decoded apart, so that other requests need not wait.

        Raises:
            Refusal: 404 no model, 429 too many images wait, 503 its files have just been replaced.
            ConvonetError: the model cannot be opened, or gives no probabilities.
        """
        # Better refused at once than answered after the client has given up.
        if self._images + len(uploads) > self._limits.waiting_images:
            raise Refusal(429, "Too many images are waiting", retry_after=1, hint="Try again in a second")
        self._images += len(uploads)
        try:
            batcher = await self._batcher(run)
            if batcher is None:
                raise Refusal(503, "The model is being replaced", retry_after=1, hint="Try again in a second")
            try:
                return await batcher.answer(uploads, wish, heavy=heavy)
            except ModelFileError as error:
                state = _state(run)
                if state is not None and not batcher.alive:
                    self._refuse(run, state, error)
                raise
        finally:
            self._images -= len(uploads)

    async def _batcher(self, run: Run) -> Batcher | None:
        state = _state(run)
        if state is None:
            return None
        known = self._known(run, state)
        if known is None:
            # Many requests come at once for a model that is not open: the first opens it, the others wait for
            # that.
            lock = self._locks.setdefault(run.path, asyncio.Lock())
            async with lock:
                known = self._known(run, state) or await self._opened_now(run, state)
        if known is None:
            return None
        self._open.move_to_end(run.path)
        return known[1]

    async def _opened_now(self, run: Run, state: _State) -> tuple[_State, Batcher] | None:
        """Open a model in threads of its own: one that takes long holds up nobody else.

        Raises:
            ConvonetError: it cannot be opened; nor is it tried again until its files change.
        """
        if run.path in self._refused and self._refused[run.path][0] == state:
            error = self._refused[run.path][1]
            if error is None:
                return None
            raise error_from_dict(error.to_dict())
        loop = asyncio.get_running_loop()
        try:
            model = await loop.run_in_executor(self._openers, _opened, run, self._threads)
            if model is None:
                self._refuse(run, state, None)
                return None
            # Tried here, before anybody waits for an answer, and once for each opening.
            batch = await loop.run_in_executor(self._openers, best_batch, model, self._limits.batch)
        except ConvonetError as error:
            self._refuse(run, state, error)
            raise
        batcher = Batcher(run.id, model, batch, self._executor, self._decoders, self._metrics, self._limits)
        self._put(run.path, (state, batcher))
        return state, batcher

    def _refuse(self, run: Run, state: _State, error: ConvonetError | None) -> None:
        """Remember a model that is not opened here; None: keras may open it."""
        self._refused[run.path] = state, error
        # Dictionaries keep their order, so the first is the oldest.
        while len(self._refused) > _REFUSED_KEPT:
            self._refused.pop(next(iter(self._refused)))

    def _known(self, run: Run, state: _State) -> tuple[_State, Batcher] | None:
        """The model that is open for these very files."""
        known = self._open.get(run.path)
        return known if known is not None and known[0] == state and known[1].alive else None

    def _put(self, path: Path, known: tuple[_State, Batcher]) -> None:
        """Keep an open model; the longest unused beyond the bound, and the one that it replaces, are ended."""
        old = [self._open.pop(path, None)]
        self._open[path] = known
        while len(self._open) > self._limits.models:
            old.append(self._open.popitem(last=False)[1])
        for replaced in filter(None, old):
            replaced[1].retire()


def _state(run: Run) -> _State | None:
    """The files as they are now; None where there is no ONNX file."""
    keras, onnx = _stat(run.file("model.keras")), _stat(run.file("model.onnx"))
    if keras is None and onnx is None:
        raise Refusal(
            404,
            "This run has no model",
            where=run.id,
            hint="Only training runs have a model. It is saved when training ends or is stopped; with a recipe, "
            "when the first candidate is done",
        )
    return None if onnx is None else _State(keras, onnx)


def _stat(file: Path) -> FileStats | None:
    try:
        info = os.stat(file)
    except OSError:
        return None
    return file_stats(info)


def _opened(run: Run, threads: int) -> ModelProcess | None:
    """The ONNX model if it was made from the run's `.keras` file and is sound."""
    try:
        model = ModelProcess(run.file("model.onnx"), threads)
        keras = run.file("model.keras")
        if keras.is_file():
            with keras.open("rb") as content:
                # The ONNX file may be of an earlier training in the same folder; its answers would be another
                # network's.
                if hashlib.file_digest(content, "sha256").hexdigest() != model.info.keras_sha256:
                    model.close()
                    return None
    except (ModelFileError, OSError):
        # A damaged ONNX file is no reason to refuse a model that Keras can open.
        if run.file("model.keras").is_file():
            return None
        raise
    return model
